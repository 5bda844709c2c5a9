#include "tests/support/catalogue_scenario.h"

#include <array>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/support/commands.h"

namespace catlog::tests {

using events::Receipt;

namespace {

constexpr int64_t first_us = 1'790'000'000'000'000, step_us = 1'000'000;
constexpr size_t few_events = 5;
constexpr events::Position everything = UINT64_MAX;

std::string id_of(size_t number) { return fmt::format("01960000-0000-7000-8000-{:012x}", number); }

std::string with_id(size_t number, const std::string& command) {
  return in_envelope(fmt::format(R"("id":"{}")", id_of(number)), command);
}

std::string batch_with_ids(size_t number, const std::vector<std::string>& commands) {
  std::string members;
  for (size_t i = 0; i < commands.size(); ++i)
    members += (i ? "," : "") + with_id(number * 100 + i + 1'000, commands[i]);
  return with_id(number, fmt::format(R"({{"batch":{{"commands":[{}]}}}})", members));
}

// What is refused or unchanged stays so whatever comes after it.
std::vector<std::string> make_commands() {
  const std::string rate = R"({{"rateMovie":{{"movie":{},"popularity":{},"rating":7}}}})";
  std::vector<std::string> bodies{
      genre_fields(16).as("putGenre"), genre_fields(35).with("name", R"("Comedy")").as("putGenre"),
      movie_fields(603).with("genres", R"([{"tmdbId":16}])").as("putMovie"),
      movie_fields(604).with("title", R"("  ")").as("putMovie"),  // refused
      // two
      fmt::format(fmt::runtime(rate), movie_ref(603), 12.5), "batch", tv_show_fields(1930).as("putTvShow"),
      season_fields(1, 1930).as("putSeason"), user_fields("ada").as("registerUser"),
      trakt_fields("ada").as("linkTrakt"),
      genre_fields(16).as("putGenre"),  // unchanged
      // three
      token_fields("ada").as("issueRefreshToken"), source_fields(1, 603).as("addMovieSource"),
      fmt::format(R"({{"startDownload":{{"source":{}}}}})", source_ref(1)),
      // four
      user_fields("bob").as("registerUser"), trakt_fields("bob").as("linkTrakt"), list_fields().as("createMediaList"),
      R"({"listTitle":{"mediaList":{"id":1},"movie":{"tmdbId":603}}})",
      // five
      fmt::format(R"({{"removeTvShow":{{"tvShow":{},"withSeasons":true}}}})", show_ref(1930)),
      R"({"recordSync":{"key":"tmdb","lastSync":"2026-01-01T00:00:00Z"}})",
      movie_fields(605).with("overview", "\"" + std::string(6'000, 'x') + "\"").as("putMovie"),  // pages of its own
  };
  std::vector<std::string> commands;
  for (size_t i = 0; i < bodies.size(); ++i)
    commands.push_back(bodies[i] == "batch" ? batch_with_ids(i, {movie_fields(606).as("putMovie"),
                                                                 fmt::format(fmt::runtime(rate), movie_ref(606), 3)})
                                            : with_id(i, bodies[i]));
  return commands;
}

const std::vector<std::string>& commands() {
  static const std::vector<std::string> all = make_commands();
  return all;
}

enum class Do { send, fold, flush, project_some, project, checkpoint, rebuild, restart };
struct Step {
  Do what;
  size_t up_to = 0;
};
constexpr std::array steps{
    Step{Do::send, 4},    Step{Do::fold},         Step{Do::project},  Step{Do::send, 11}, Step{Do::flush},
    Step{Do::fold},       Step{Do::project_some}, Step{Do::send, 14}, Step{Do::flush},    Step{Do::checkpoint},
    Step{Do::project},    Step{Do::restart},      Step{Do::send, 18}, Step{Do::project},  Step{Do::rebuild},
    Step{Do::fold},       Step{Do::flush},        Step{Do::project},  Step{Do::send, 21}, Step{Do::project_some},
    Step{Do::checkpoint}, Step{Do::fold},
};

}  // namespace

Life& Scenario::life() {
  if (!life_) life_ = std::make_unique<Life>(data_);
  return *life_;
}

void Scenario::send_up_to(size_t end) {
  if (answered_ >= end) return;
  const std::span todo = std::span(commands()).subspan(answered_, end - answered_);
  const auto receipts = life().send(todo, first_us + static_cast<int64_t>(answered_) * step_us);
  const auto acknowledge = [this](const Receipt& receipt) {
    if (receipt.verdict == Receipt::Verdict::accepted) {
      acknowledged_[receipt.id] = {receipt.effect.first, receipt.effect.last};
      answers_[receipt.id] = fmt::format("{} to {}", receipt.effect.first, receipt.effect.last);
    } else {
      answers_[receipt.id] = receipt.verdict == Receipt::Verdict::unchanged ? "unchanged" : "refused";
    }
  };
  for (const Receipt& receipt : receipts) {
    for (const Receipt& member : receipt.receipts) acknowledge(member);
    acknowledge(receipt);
  }
  answered_ = end;
  acknowledging();
}

void Scenario::do_step(size_t step) {
  switch (steps[step].what) {
    case Do::send:
      return send_up_to(steps[step].up_to);
    case Do::fold:
      return life().fold();
    case Do::flush:
      return life().flush();
    case Do::project_some:
      return life().project(few_events);
    case Do::project:
      return life().project(everything);
    case Do::checkpoint:
      return life().checkpoint();
    case Do::rebuild:
      return life().rebuild();
    case Do::restart:
      life().close();
      life_.reset();
      return;
  }
}

void Scenario::run(const std::function<void()>& restarting) {
  for (size_t step = 0; step < steps.size(); ++step) {
    const bool was_open = life_ != nullptr;
    try {
      do_step(step);
    } catch (const events::StorageFull&) {
      ++storage_full_;
      if (!was_open && !life_) restarting();  // it could not even start
    } catch (const std::exception& failure) {
      ++failures_;
      last_failure_ = failure.what();
      if (life_) life_->end();
      life_.reset();
      restarting();
    }
  }
}

void Scenario::finish() {
  send_up_to(commands().size());
  life().fold();
  life().flush();
  life().project(everything);
  life().close();
  life_.reset();
}

}  // namespace catlog::tests
