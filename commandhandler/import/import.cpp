#include "commandhandler/import/import.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include <fmt/format.h>

#include "commandhandler/import/tmdb.h"
#include "commandhandler/import/yts.h"
#include "events/error.h"
#include "events/text/uuid.h"

namespace catlog::commandhandler::importing {
namespace {

using events::schema::RefusalCode;

// How often and after what time commands are sent again that the daemon was too busy for.
constexpr int max_attempts = 50;
constexpr std::chrono::milliseconds retry_after{100};

bool is_answered(const Outcome& outcome) {
  return outcome.verdict != Outcome::Verdict::refused || outcome.code != RefusalCode::UNSET;
}

// The daemon was too busy for it, or lost its receipt and changed nothing: in an import it may come behind others.
bool comes_again(const Outcome& outcome) {
  return outcome.code == RefusalCode::BUSY || outcome.code == RefusalCode::TOO_LATE;
}

// Sends commands through a client and keeps what came of them.
class Run {
 public:
  Run(events::Client& client, Result& report, const Progress& progress)
      : client_(client), report_(report), progress_(progress) {}

  const std::vector<Left>& left() const { return left_; }

  void expect(size_t commands) { total_ += commands; }
  // Sends the commands in order; the outcome of each, at its place. Once the daemon does not answer any more
  // (Result::interrupted) outcomes are missing: those are as they were made.
  std::vector<Outcome> send(const std::vector<Planned*>& commands);

 private:
  bool is_interrupted() const { return !report_.interrupted.empty(); }
  void send_again(const std::vector<Planned*>& commands, std::vector<size_t> which, std::vector<Outcome>& outcomes);
  void send_otherwise(std::vector<Planned*> commands, std::vector<Outcome>& outcomes);
  void send_once(const std::vector<Planned*>& commands, const std::vector<size_t>& which,
                 std::vector<Outcome>& outcomes);
  void settle(const std::vector<Planned*>& commands, const std::vector<Outcome>& outcomes);

  events::Client& client_;
  Result& report_;
  const Progress& progress_;
  std::vector<Left> left_;
  size_t done_ = 0, total_ = 0;
  size_t open_ = 0;  // commands that were sent when it was interrupted, and have no receipt
};

void Run::send_once(const std::vector<Planned*>& commands, const std::vector<size_t>& which,
                    std::vector<Outcome>& outcomes) {
  for (size_t at : which) {
    outcomes[at] = {};  // the one that came before does not count any more
    const Weight weight = commands[at]->weight();
    commands[at]->command().setCorrelationId(report_.correlation_id);
    client_.send(commands[at]->command(), [this, at, weight, &outcomes](auto receipt) {
      outcomes[at] = outcome_of(receipt, weight);
      if (comes_again(outcomes[at])) return;
      ++done_;
      if (progress_) progress_(done_, std::max(done_, total_));
    });
  }
  client_.finish();
}

// Until none is refused that comes again.
void Run::send_again(const std::vector<Planned*>& commands, std::vector<size_t> which, std::vector<Outcome>& outcomes) {
  for (int attempt = 1; attempt <= max_attempts && !which.empty(); ++attempt) {
    if (attempt > 1) std::this_thread::sleep_for(retry_after);
    send_once(commands, which, outcomes);
    bool was_busy = false;
    // What refers to something that was refused as busy is not found; it gets another chance behind it.
    std::erase_if(which, [&](size_t at) {
      bool is_busy = comes_again(outcomes[at]);
      was_busy = was_busy || is_busy;
      bool is_behind_busy = was_busy && outcomes[at].code == RefusalCode::NOT_FOUND;
      if (is_behind_busy) --done_;
      return !is_busy && !is_behind_busy;
    });
  }
}

void Run::send_otherwise(std::vector<Planned*> commands, std::vector<Outcome>& outcomes) {
  std::vector<size_t> which;
  for (size_t at = 0; at < commands.size(); ++at) {
    if (outcomes[at].verdict != Outcome::Verdict::left || !commands[at]->otherwise()) continue;
    commands[at] = commands[at]->otherwise();
    which.push_back(at);
  }
  expect(which.size());
  send_again(commands, std::move(which), outcomes);
}

std::vector<Outcome> Run::send(const std::vector<Planned*>& commands) {
  std::vector<Outcome> outcomes(commands.size());
  std::vector<size_t> all(commands.size());
  std::iota(all.begin(), all.end(), size_t{0});
  try {
    if (!is_interrupted()) {
      send_again(commands, std::move(all), outcomes);
      send_otherwise(commands, outcomes);
    }
  } catch (const events::Failure& failure) {
    // What was done until then must be told.
    if (failure.code() != events::Exit::unreachable) throw;
    report_.interrupted = failure.what();
    open_ = client_.unanswered() - client_.unsent();
  }
  settle(commands, outcomes);
  return outcomes;
}

void Run::settle(const std::vector<Planned*>& commands, const std::vector<Outcome>& outcomes) {
  for (size_t at = 0; at < commands.size(); ++at) {
    if (!is_answered(outcomes[at])) {
      ++(open_ > 0 ? report_.unanswered : report_.unsent);
      open_ -= std::min(open_, size_t{1});
      continue;
    }
    Tally& tally = report_.commands[std::string(commands[at]->name())];
    switch (outcomes[at].verdict) {
      case Outcome::Verdict::accepted:
        ++tally.accepted;
        if (!commands[at]->if_created().empty())
          report_.problems.push_back({commands[at]->file(), commands[at]->if_created()});
        break;
      case Outcome::Verdict::left:
        left_.push_back({commands[at]->weight(), commands[at]->file(), commands[at]->what(), commands[at]->detail()});
        ++tally.unchanged;
        break;
      case Outcome::Verdict::unchanged:
        ++tally.unchanged;
        break;
      case Outcome::Verdict::refused:
        ++tally.refused;
        break;
    }
  }
}

std::string explain(const Planned& planned, const Outcome& outcome) {
  std::string field = outcome.field.empty() ? std::string() : fmt::format(" ({})", outcome.field);
  return fmt::format("{} {}: {}{}: {}", planned.name(), planned.what(), spelling_of(outcome.code), field,
                     outcome.message);
}

// Refusals that one cause brings upon many commands of a file are one problem.
bool comes_in_swarms(const Outcome& outcome) { return outcome.code == RefusalCode::NOT_FOUND || is_passing(outcome); }

void report_refusals(const std::vector<Planned*>& commands, const std::vector<Outcome>& outcomes, Result& report) {
  struct Swarm {
    size_t problem, more;
  };
  std::map<std::pair<std::string, RefusalCode>, Swarm> swarms;
  for (size_t at = 0; at < commands.size(); ++at) {
    if (outcomes[at].verdict != Outcome::Verdict::refused || !is_answered(outcomes[at])) continue;
    if (comes_in_swarms(outcomes[at])) {
      auto [swarm, is_first] =
          swarms.try_emplace({commands[at]->file(), outcomes[at].code}, Swarm{report.problems.size(), 0});
      if (!is_first) {
        ++swarm->second.more;
        continue;
      }
    }
    report.problems.push_back({commands[at]->file(), explain(*commands[at], outcomes[at])});
  }
  for (const auto& [key, swarm] : swarms)
    if (swarm.more > 0)
      report.problems[swarm.problem].reason += fmt::format(" (and {} more of this file likewise)", swarm.more);
}

Result report_on(Files& files, const Options& options) {
  Result report;
  report.correlation_id =
      options.correlation_id.empty() ? events::to_string(events::new_uuid()) : options.correlation_id;
  report.files = files.paths.size();
  report.problems = std::move(files.problems);
  report.notes = std::move(files.notes);
  return report;
}

void note_left(const std::vector<Left>& left, Weight weight, std::string_view of_one, std::string_view of_many,
               Result& report) {
  const auto is_such = [weight](const Left& one) { return one.weight == weight; };
  const auto first = std::ranges::find_if(left, is_such);
  const auto count = std::ranges::count_if(left, is_such);
  if (count == 0) return;
  report.notes.push_back(fmt::format("{} {}, such as {} in {}{}{}", count, count == 1 ? of_one : of_many, first->what,
                                     first->file, first->detail.empty() ? "" : ": ", first->detail));
}

// "{what}: `images` of movies (3), .."; nothing when there is none.
void note_counts(std::string_view what, const LeftOut& counts, Result& report) {
  std::string parts;
  for (const auto& [part, count] : counts) parts += fmt::format("{}{} ({})", parts.empty() ? "" : ", ", part, count);
  if (!parts.empty()) report.notes.push_back(fmt::format("{}: {}", what, parts));
}

void add_notes(const LeftOut& left_out, const std::vector<Left>& left, Result& report) {
  note_counts("not imported, for the catalogue does not hold it", left_out, report);
  note_left(left, Weight::partial, "incomplete document left what was there as it is",
            "incomplete documents left what was there as it is", report);
  note_left(left, Weight::other_region, "name of another region than the language's own stays out where one is there",
            "names of other regions than the language's own stay out where one is there", report);
  note_left(left, Weight::season_document, "season stays as it is, for shows' documents describe seasons",
            "seasons stay as they are, for shows' documents describe seasons", report);
}

void add_problems(Result& report, std::vector<Problem> problems) {
  std::ranges::move(problems, std::back_inserter(report.problems));
}

void sort_by_file(std::vector<Problem>& problems) { std::ranges::stable_sort(problems, {}, &Problem::file); }

void observe_known(SourceRounds& rounds, Run& run, Result& report) {
  std::vector<Planned> observations;
  for (size_t at : rounds.known()) observations.push_back(rounds.offer(at).observation());
  std::vector<Planned*> commands;
  for (Planned& observation : observations) commands.push_back(&observation);
  run.expect(commands.size());
  report_refusals(commands, run.send(commands), report);
}

}  // namespace

Result import_tmdb(events::Client& client, const std::vector<std::string>& paths, const Progress& progress,
                   const Options& options) {
  Files files = collect_files(paths);
  Result report = report_on(files, options);
  Plan plan = plan_tmdb(files.paths, options.language);
  report.documents = plan.documents;
  add_problems(report, std::move(plan.problems));
  std::vector<Planned*> commands;
  for (Planned& planned : plan.commands) commands.push_back(&planned);
  Run run(client, report, progress);
  run.expect(commands.size());
  report_refusals(commands, run.send(commands), report);
  plan.left.insert(plan.left.end(), run.left().begin(), run.left().end());
  add_notes(plan.left_out, plan.left, report);
  sort_by_file(report.problems);
  return report;
}

Result import_yts(events::Client& client, const std::vector<std::string>& paths, const Progress& progress,
                  const Options& options) {
  Files files = collect_files(paths);
  Result report = report_on(files, options);
  YtsPlan plan = plan_yts(files.paths, {options.language, options.trackers});
  report.documents = plan.documents;
  note_counts("torrents do not say it, and it is stored as not known", plan.absent, report);
  SourceRounds rounds(std::move(plan));
  Run run(client, report, progress);
  for (auto round = rounds.next_round(); !round.empty(); round = rounds.next_round()) {
    std::vector<Planned*> commands;
    for (size_t at : round) commands.push_back(&rounds.offer(at).add);
    run.expect(commands.size());
    auto outcomes = run.send(commands);
    if (!report.interrupted.empty()) {
      report_refusals(commands, outcomes, report);
      break;
    }
    for (size_t at = 0; at < round.size(); ++at) rounds.judge(round[at], outcomes[at]);
  }
  if (report.interrupted.empty()) observe_known(rounds, run, report);
  add_problems(report, std::move(rounds).problems());
  sort_by_file(report.problems);
  return report;
}

}  // namespace catlog::commandhandler::importing
