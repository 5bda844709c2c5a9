#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bin/housekeeping/schedule.h"

namespace catlog::housekeeping {

// What is known of one task, in the file housekeeping.json of the data directory (README.md, "The record"). It outlives
// the daemon, and is read without it.
struct TaskRecord {
  std::string task;
  std::string timetable;  // as it was configured; "off": it is not to run
  Zone zone = Zone::utc;
  History history;
  std::optional<int64_t> next_us;  // nothing: off
  int64_t took_us = 0;             // the last run
  std::string result;              // words of the last success
  std::string failure;             // words of the last failure, also when it succeeded since
  bool operator==(const TaskRecord&) const = default;

  bool is_failing() const { return history.failures > 0; }
};
using Record = std::vector<TaskRecord>;

constexpr size_t max_words_bytes = 600;

// Words as they may be kept: printable, on one line, cut at max_words_bytes.
std::string kept_words(std::string_view words);

std::string to_json(const TaskRecord& task);  // an object, without `overdue`
// What the file says; empty when there is none. `fault` gets why it cannot be used, then too what is given is empty:
// it is only times, and the next write makes a new one.
Record read_record(const std::filesystem::path& file, std::string& fault);
// Takes the old file's place, whole, and survives a power cut. Throws StorageFull, Failure(failure).
void write_record(const std::filesystem::path& file, const Record& record);

// Whether a task should have succeeded long ago (schedule.h).
bool is_overdue(const TaskRecord& task, int64_t now_us);

}  // namespace catlog::housekeeping
