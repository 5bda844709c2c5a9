#include "bin/cli/housekeeping_view.h"

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"

namespace catlog::cli {

namespace {

using housekeeping::TaskRecord;

// To the second: "2026-11-28T02:30:00Z".
std::string second_of(int64_t us) { return fmt::format("{:.19}Z", events::to_rfc3339(us)); }

std::string last_of(const TaskRecord& task) {
  if (!task.history.run_us) return "never ran yet";
  if (!task.history.success_us) return "never succeeded yet";
  return fmt::format("last {} in {:.1f} s ({})", second_of(*task.history.success_us),
                     static_cast<double>(task.took_us) / 1e6, task.result);
}

}  // namespace

HousekeepingView look_at_housekeeping(const std::filesystem::path& record, int64_t now_us) {
  HousekeepingView view;
  view.tasks = housekeeping::read_record(record, view.fault);
  view.now_us = now_us;
  return view;
}

std::string to_json_members(const HousekeepingView& view) {
  std::string tasks, fault = "null";
  for (const TaskRecord& task : view.tasks) {
    std::string json = housekeeping::to_json(task);
    json.pop_back();
    tasks += fmt::format("{}{},\"overdue\":{}}}", tasks.empty() ? "" : ",", json,
                         housekeeping::is_overdue(task, view.now_us));
  }
  if (!view.fault.empty()) {
    fault.clear();
    events::write_json_text(view.fault, fault);
  }
  return fmt::format(R"("housekeeping":{{"tasks":[{}],"fault":{}}})", tasks, fault);
}

std::string to_text(const HousekeepingView& view) {
  std::string text;
  for (const TaskRecord& task : view.tasks) {
    if (!task.next_us) continue;
    text += to_lines("{:<11} {}, next {}\n", task.task, last_of(task), second_of(*task.next_us));
    if (task.is_failing())
      text += to_lines("warning     {} failed {} times, last {}: {}\n", task.task, task.history.failures,
                       second_of(task.history.failure_us.value_or(0)), task.failure);
    if (housekeeping::is_overdue(task, view.now_us))
      text += to_lines(
          "warning     {} is overdue: it should succeed at {}, and {}; does catlogd run?\n", task.task, task.timetable,
          task.history.success_us ? "last did at " + second_of(*task.history.success_us) : std::string("never did"));
  }
  if (!view.fault.empty()) text += to_lines("warning     {}\n", view.fault);
  return text;
}

}  // namespace catlog::cli
