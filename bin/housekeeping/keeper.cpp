#include "bin/housekeeping/keeper.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/datetime.h"

namespace catlog::housekeeping {

namespace {

Outcome run_task(Task& task, int64_t now_us) try { return task.run(now_us); } catch (const std::exception& exception) {
  return {End::failed, exception.what()};
} catch (...) {
  const auto failure = events::current_failure();
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    return {End::failed, exception.what()};
  }
}

}  // namespace

Keeper::Keeper(std::filesystem::path file, std::vector<Chore> chores, int64_t now_us, Tell tell)
    : file_(std::move(file)), chores_(std::move(chores)), tell_(std::move(tell)) {
  std::string fault;
  const Record known = read_record(file_, fault);
  if (!fault.empty()) tell_.warn(fmt::format("housekeeping begins anew, as if nothing had run before: {}", fault));
  for (size_t number = 0; number < chores_.size(); ++number) begin(known, number, now_us);
  written_ = known;
  keep();
}

void Keeper::begin(const Record& known, size_t number, int64_t now_us) {
  const Chore& chore = chores_[number];
  TaskRecord& task = record_.emplace_back();
  const auto before = std::ranges::find(known, chore.task->name(), &TaskRecord::task);
  if (before != known.end()) task = *before;
  const std::string timetable = chore.timetable ? chore.timetable->text() : "off";
  const Zone zone = chore.timetable ? chore.timetable->zone() : Zone::utc;
  if (before == known.end() || task.timetable != timetable || task.zone != zone) task.history.since_us = now_us;
  task.task = chore.task->name();
  task.timetable = timetable;
  task.zone = zone;
  auto& counters = *counters_.emplace_back(std::make_unique<TaskCounters>());
  counters.task = task.task;
  task.history = believed(task.history, now_us);
  schedule(number);
}

std::optional<int64_t> Keeper::look(int64_t now_us) {
  believe(now_us);
  if (const auto number = most_due(); number && *record_[*number].next_us <= now_us) run(*number, now_us);
  keep();
  const auto next = most_due();
  return next ? record_[*next].next_us : std::nullopt;
}

std::optional<size_t> Keeper::most_due() const {
  std::optional<size_t> most;
  for (size_t number = 0; number < record_.size(); ++number)
    if (record_[number].next_us && (!most || *record_[number].next_us < *record_[*most].next_us)) most = number;
  return most;
}

// The clock may have been set back.
void Keeper::believe(int64_t now_us) {
  for (size_t number = 0; number < record_.size(); ++number) {
    History& history = record_[number].history;
    const History before = std::exchange(history, believed(history, now_us));
    if (history != before) schedule(number);
  }
}

void Keeper::run(size_t number, int64_t now_us) {
  const int64_t begun_us = events::steady_now_us();
  Outcome outcome = run_task(*chores_[number].task, now_us);
  if (outcome.end == End::stopped) return;
  outcome.words = kept_words(outcome.words);
  record_[number].took_us = events::steady_now_us() - begun_us;
  note(number, outcome, now_us);
  schedule(number);
}

void Keeper::note(size_t number, const Outcome& outcome, int64_t now_us) {
  TaskRecord& task = record_[number];
  TaskCounters& counters = *counters_[number];
  History& history = task.history;
  history.run_us = now_us;
  history.is_unfinished = outcome.end == End::unfinished;
  ++counters.runs;
  if (outcome.end == End::failed) {
    history.failure_us = now_us;
    ++history.failures;
    ++counters.failed_runs;
    task.failure = outcome.words;
    // Once: `status` and the metrics have what comes after it.
    if (history.failures == 1)
      tell_.warn(fmt::format("housekeeping: {} failed, and is tried again: {}", task.task, outcome.words));
    return;
  }
  if (history.failures > 0) tell_.info(fmt::format("housekeeping: {} succeeds again: {}", task.task, outcome.words));
  history.failures = 0;
  history.success_us = now_us;
  task.result = outcome.words;
}

void Keeper::schedule(size_t number) {
  TaskRecord& task = record_[number];
  const auto& timetable = chores_[number].timetable;
  task.next_us = timetable ? std::optional(next_run(*timetable, task.history)) : std::nullopt;
  TaskCounters& counters = *counters_[number];
  counters.last_run_us = task.history.run_us.value_or(0);
  counters.last_success_us = task.history.success_us.value_or(0);
  counters.last_failure_us = task.history.failure_us.value_or(0);
  counters.next_run_us = task.next_us.value_or(0);
  counters.took_us = task.took_us;
  counters.failures_in_a_row = task.history.failures;
}

// Where it cannot be written, a restart knows an earlier one: something runs once more than it needs to.
void Keeper::keep() {
  if (record_ == written_) return;
  try {
    write_record(file_, record_);
    written_ = record_;
    is_file_told_ = false;
  } catch (const std::exception& exception) {
    if (!std::exchange(is_file_told_, true))
      tell_.warn(fmt::format("the record of housekeeping cannot be written: {}", exception.what()));
  }
}

}  // namespace catlog::housekeeping
