#include "projector/verify.h"

#include <unistd.h>

#include <unordered_map>

#include <fmt/format.h>

#include "projector/generations.h"
#include "projector/log_records.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::schema::Record;

namespace {

constexpr Position events_between_progress = 100'000;

// What one record must agree with: the records before it.
class LogChecks {
 public:
  explicit LogChecks(std::vector<std::string>& findings) : findings_(findings) {}

  void check(Record::Reader record) {
    Position position = record.getPosition();
    if (position != previous_ + 1) add(position, fmt::format("its header says it is {}", position), previous_ + 1);
    if (record.getRecordedAt() < recorded_at_) add(position, "it was recorded before the event in front of it");
    uint16_t which = static_cast<uint16_t>(record.getEvent().which());
    if (!events::model().event(which)) add(position, fmt::format("this version does not know event {}", which));
    check_command(record);
    check_stream(record);
    previous_ = position;
    recorded_at_ = record.getRecordedAt();
  }

  void finish() {
    if (next_index_ != 0) add(previous_, "the log ends inside a command");
  }

 private:
  struct Stream {
    uint64_t version = 0;
    Position last = 0;
  };

  void add(Position position, const std::string& what) { add(position, what, position); }
  void add(Position, const std::string& what, Position key) {
    if (findings_.size() < max_findings) findings_.push_back(fmt::format("position {}: {}", key, what));
  }

  void check_command(Record::Reader record) {
    uint32_t index = record.getIndex(), count = record.getCount();
    if (index != next_index_ || (index != 0 && count != count_)) {
      add(record.getPosition(), fmt::format("it is event {} of {} of its command, but {} of {} was expected", index,
                                            count, next_index_, next_index_ ? count_ : count));
    }
    count_ = count;
    next_index_ = index + 1 >= count ? 0 : index + 1;
  }

  void check_stream(Record::Reader record) {
    auto& streams = streams_[record.getStream()];
    Stream& stream = streams[record.getStreamId()];
    if (record.getStreamVersion() != stream.version + 1 || record.getPreviousInStream() != stream.last) {
      add(record.getPosition(),
          fmt::format("{}/{} is at version {} with its last event at {}, but the event says version {} after {}",
                      events::model().entity(record.getStream()).table, record.getStreamId(), stream.version,
                      stream.last, record.getStreamVersion(), record.getPreviousInStream()));
    }
    stream = {record.getStreamVersion(), record.getPosition()};
  }

  std::vector<std::string>& findings_;
  Position previous_ = 0;
  int64_t recorded_at_ = INT64_MIN;
  uint32_t next_index_ = 0, count_ = 0;
  std::unordered_map<events::Entity, std::unordered_map<int64_t, Stream>> streams_;
};

void check_file(const fs::path& file, std::vector<std::string>& findings) {
  Database database(file, Open::read);
  Statement integrity(database, "PRAGMA integrity_check(1)");
  if (integrity.step() && integrity.text(0) != "ok")
    findings.push_back(fmt::format("{}: {}", file.string(), integrity.text(0)));
  Statement references(database, "SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 1");
  if (references.step())
    findings.push_back(
        fmt::format("{}: row {} of {} refers to nothing", file.string(), references.text(1), references.text(0)));
}

}  // namespace

Verification verify_log(const store::Log& log, const Progress& progress) {
  Verification result;
  LogChecks checks(result.findings);
  Position head = log.head();
  try {
    for_each_record(log, 1, head, [&](Record::Reader record) {
      checks.check(record);
      if (++result.checked % events_between_progress == 0 && progress) progress(result.checked, head);
      return true;
    });
    checks.finish();
  } catch (const events::Failure& damaged) {
    // An unreadable record ends the reading, and is what was to be found.
    if (damaged.code() != events::Exit::damaged) throw;
    result.findings.push_back(damaged.what());
  }
  if (result.checked != head && result.findings.empty())
    result.findings.push_back(fmt::format("the log has {} records, but its head is {}", result.checked, head));
  return result;
}

Verification verify_read_model(const store::Log& log, const Quarantine& quarantine,
                               const fs::path& read_model_directory, const fs::path& scratch_directory,
                               const Progress& progress) {
  Verification result;
  auto live = Generations(read_model_directory).current_path();
  if (!live) {
    if (log.head() != 0) result.findings.push_back("there is no read model: start the daemon or run `catlog rebuild`");
    return result;
  }
  check_file(*live, result.findings);
  fs::path scratch = scratch_directory / fmt::format("verify-{}.building.sqlite", ::getpid());
  remove_database(scratch);
  try {
    ReadModel rebuilt(scratch, log.id(), log.head(), Writing::bulk, quarantine);
    catch_up(rebuilt, log, read_checkpoint(Database(*live, Open::read)).position, progress);
    result.checked = compare_with_live(rebuilt, log, *live, [&](const Difference& difference) {
      result.findings.push_back(to_text(difference, "the read model", "the log"));
      return result.findings.size() < max_findings;
    });
  } catch (...) {
    remove_database(scratch);
    throw;
  }
  remove_database(scratch);
  return result;
}

}  // namespace catlog::projector
