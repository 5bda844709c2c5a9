#include "events/codec/message.h"
#include "events/schema/vocabulary.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "commandhandler/import/json_text.h"
#include "commandhandler/import/tmdb.h"
#include "commandhandler/import/yts.h"
#include "tests/fuzz/targets/judging.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

using commandhandler::importing::add_yts_document, commandhandler::importing::decode_json_text,
    commandhandler::importing::JsonFileReader, commandhandler::importing::JsonValue,
    commandhandler::importing::Language, commandhandler::importing::Outcome, commandhandler::importing::Plan,
    commandhandler::importing::Planned, commandhandler::importing::Problem, commandhandler::importing::SourceOffer,
    commandhandler::importing::SourceRounds, commandhandler::importing::TmdbPlanner, commandhandler::importing::YtsPlan;

constexpr size_t most_files = 8, most_judged = 64;
constexpr std::string_view named = "//";

struct Document {
  std::string file, text;
};

// Several files: a line that begins with // names the one that follows.
std::vector<Document> documents_in(std::string_view text) {
  std::vector<Document> documents;
  if (!text.starts_with(named)) documents.push_back({"a.json", {}});
  while (!text.empty() && documents.size() <= most_files) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(named))
      documents.push_back({std::string(line.substr(named.size())), {}});
    else
      documents.back().text.append(line).append("\n");
  }
  return documents;
}

template <class Add>
void read_all(std::string_view text, std::vector<Problem>& problems, Add&& add) {
  JsonFileReader reader;
  for (Document& document : documents_in(text)) {
    auto decoded = decode_json_text(std::move(document.text));
    if (!decoded) {
      problems.push_back({document.file, decoded.error()});
    } else if (const auto root = reader.read_text(std::move(*decoded))) {
      add(document.file, *root);
    } else {
      problems.push_back({document.file, root.error()});
    }
  }
}

// The intake takes what an importer sends: it reads documents, so it must not hand on what cannot be a command.
class Sent {
 public:
  void add(Planned& planned) {
    auto command = planned.command();
    command.setId(fmt::format("01900000-0000-7000-8000-{:012x}", ++count_));
    auto read = events::read_command(
        events::encode(command.asReader(), events::Encoding::capnp, events::Secrets::shown), events::Encoding::capnp);
    if (!read) throw Broken(fmt::format("an importer sends what is malformed: {}", read.error().message));
    if (messages_.size() < most_judged) messages_.push_back(std::move(*read));
    bodies_ += events::encode(command.asReader(), events::Encoding::json, events::Secrets::shown);
  }
  const std::string& bodies() const { return bodies_; }
  void judge() const {
    if (!messages_.empty()) Judging::shared().judge(messages_);
  }

 private:
  std::vector<events::Message> messages_;
  std::string bodies_;
  size_t count_ = 0;
};

void check_problems(const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) must(!problem.reason.empty(), "a problem has no sentence");
}

Sent sent_of_tmdb(std::string_view text) {
  TmdbPlanner planner;
  std::vector<Problem> problems;
  read_all(text, problems, [&](const std::string& file, const JsonValue& root) { planner.add(file, root); });
  Plan plan = std::move(planner).finish();
  check_problems(problems);
  check_problems(plan.problems);
  Sent sent;
  for (Planned& planned : plan.commands) {
    sent.add(planned);
    if (planned.otherwise()) sent.add(*planned.otherwise());
  }
  return sent;
}

}  // namespace

// The same documents give the same plan, and each of its commands can be judged.
void try_tmdb(Input input) {
  const Sent sent = sent_of_tmdb(text_of(input));
  must(sent_of_tmdb(text_of(input)).bodies() == sent.bodies(), "the same documents give another plan");
  sent.judge();
}

void try_yts(Input input) {
  YtsPlan plan;
  const Language english{"en", ""};
  read_all(text_of(input), plan.problems, [&](const std::string& file, const JsonValue& root) {
    add_yts_document(file, root, {english, {}}, plan);
  });
  check_problems(plan.problems);
  Sent sent;
  for (SourceOffer& offer : plan.offers) {
    sent.add(offer.add);
    if (!offer.is_observed()) continue;
    Planned observation = offer.observation();
    sent.add(observation);
  }
  sent.judge();
  SourceRounds rounds(std::move(plan));
  for (auto round = rounds.next_round(); !round.empty(); round = rounds.next_round())
    for (const size_t at : round)
      rounds.judge(at, {at % 2 == 0 ? Outcome::Verdict::refused : Outcome::Verdict::unchanged,
                        events::schema::RefusalCode::NOT_FOUND, "", "no"});
  check_problems(std::move(rounds).problems());
}

}  // namespace catlog::tests
