#include "bin/daemon/housekeeping_metrics.h"

#include <string>

namespace catlog {

namespace {

double seconds_since_1970(int64_t us) { return static_cast<double>(us) / 1e6; }

}  // namespace

void show(Families& families, const std::vector<std::unique_ptr<housekeeping::TaskCounters>>& tasks) {
  const std::string begin = "catlog_housekeeping_";
  for (const auto& task : tasks)
    families.counter(begin + "runs_total", "Runs of a task of housekeeping.", task->runs, {{"task", task->task}});
  for (const auto& task : tasks)
    families.counter(begin + "failed_runs_total", "Those that failed.", task->failed_runs, {{"task", task->task}});
  for (const auto& task : tasks)
    families.gauge(begin + "failures_in_a_row", "Failures since the last success.", task->failures_in_a_row,
                   {{"task", task->task}});
  for (const auto& task : tasks)
    families.gauge(begin + "last_run_timestamp_seconds", "When the last run began; 0: there was none.",
                   seconds_since_1970(task->last_run_us), {{"task", task->task}});
  for (const auto& task : tasks)
    families.gauge(begin + "last_success_timestamp_seconds", "The same of the last that succeeded.",
                   seconds_since_1970(task->last_success_us), {{"task", task->task}});
  for (const auto& task : tasks)
    families.gauge(begin + "next_run_timestamp_seconds", "When the next run is due; 0: the task is off.",
                   seconds_since_1970(task->next_run_us), {{"task", task->task}});
}

}  // namespace catlog
