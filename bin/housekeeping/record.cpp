#include "bin/housekeeping/record.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>
#include <simdjson.h>

#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/printable.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"

namespace catlog::housekeeping {

namespace dom = simdjson::dom;

namespace {

constexpr size_t max_record_bytes = 256 * 1024, max_tasks = 64;
constexpr int64_t record_format = 1;

std::string time_or_null(const std::optional<int64_t>& us) {
  return us ? fmt::format("\"{}\"", events::to_rfc3339(*us)) : "null";
}

std::string json_or_null(const std::string& words) {
  if (words.empty()) return "null";
  std::string json;
  events::write_json_text(words, json);
  return json;
}

// Absent and null are nothing; anything else that is no time makes the record useless.
bool read_time(dom::element object, std::string_view name, std::optional<int64_t>& into) {
  dom::element member;
  std::string_view text;
  if (object[name].get(member) != simdjson::SUCCESS || member.is_null()) return true;
  if (member.get(text) != simdjson::SUCCESS) return false;
  into = events::parse_rfc3339(text);
  return into.has_value();
}

void read_words(dom::element object, std::string_view name, std::string& into) {
  std::string_view text;
  if (object[name].get(text) == simdjson::SUCCESS) into = kept_words(text);
}

std::optional<TaskRecord> read_task(dom::element object) {
  TaskRecord task;
  std::string_view name, timetable, zone;
  std::optional<int64_t> since;
  uint64_t failures = 0;
  int64_t took_ms = 0;
  if (object["task"].get(name) || object["timetable"].get(timetable) || object["zone"].get(zone) ||
      object["failuresInARow"].get(failures) || object["tookMs"].get(took_ms) ||
      object["unfinished"].get(task.history.is_unfinished))
    return {};
  if (!read_time(object, "since", since) || !since || !read_time(object, "lastRun", task.history.run_us) ||
      !read_time(object, "lastSuccess", task.history.success_us) ||
      !read_time(object, "lastFailure", task.history.failure_us) || !read_time(object, "nextRun", task.next_us))
    return {};
  task.task = kept_words(name);
  task.timetable = kept_words(timetable);
  task.zone = zone == "local" ? Zone::local : Zone::utc;
  task.history.since_us = *since;
  task.history.failures = static_cast<uint32_t>(std::min<uint64_t>(failures, UINT32_MAX));
  task.took_us = std::clamp<int64_t>(took_ms, 0, INT64_MAX / 1'000) * 1'000;
  read_words(object, "result", task.result);
  read_words(object, "failure", task.failure);
  return task;
}

}  // namespace

std::string kept_words(std::string_view words) {
  std::string text = events::printable(words);
  if (text.size() <= max_words_bytes) return text;
  constexpr std::string_view more = " …";
  size_t end = max_words_bytes - more.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end).append(more);
}

std::string to_json(const TaskRecord& task) {
  const History& history = task.history;
  return fmt::format(
      R"({{"task":{},"timetable":{},"zone":"{}","since":"{}","lastRun":{},"lastSuccess":{},"lastFailure":{},)"
      R"("failuresInARow":{},"unfinished":{},"nextRun":{},"tookMs":{},"result":{},"failure":{}}})",
      json_or_null(task.task), json_or_null(task.timetable), task.zone == Zone::local ? "local" : "utc",
      events::to_rfc3339(history.since_us), time_or_null(history.run_us), time_or_null(history.success_us),
      time_or_null(history.failure_us), history.failures, history.is_unfinished, time_or_null(task.next_us),
      task.took_us / 1'000, json_or_null(task.result), json_or_null(task.failure));
}

Record read_record(const std::filesystem::path& file, std::string& fault) {
  const auto text = store::read_own_file(file, max_record_bytes);
  if (!text) {
    if (text.error().error != ENOENT) fault = text.error().sentence;
    return {};
  }
  Record record;
  dom::parser parser;
  dom::element json;
  dom::array tasks;
  int64_t format = 0;
  bool is_whole = !parser.parse(*text).get(json) && !json["format"].get(format) && format == record_format &&
                  !json["tasks"].get(tasks) && tasks.size() <= max_tasks;
  if (is_whole)
    for (const dom::element each : tasks) {
      auto task = read_task(each);
      is_whole = is_whole && task;
      if (task) record.push_back(*std::move(task));
    }
  if (is_whole) return record;
  fault = fmt::format("{} is not a record of housekeeping", file.string());
  return {};
}

void write_record(const std::filesystem::path& file, const Record& record) {
  std::string tasks;
  for (const TaskRecord& task : record) tasks += (tasks.empty() ? "\n" : ",\n") + to_json(task);
  store::write_durably(file, fmt::format("{{\"format\":{},\"tasks\":[{}\n]}}\n", record_format, tasks),
                       store::shared_file);
}

bool is_overdue(const TaskRecord& task, int64_t now_us) {
  const auto timetable = Timetable::parse(task.timetable, task.zone);
  return timetable && is_overdue(*timetable, task.history, now_us);
}

}  // namespace catlog::housekeeping
