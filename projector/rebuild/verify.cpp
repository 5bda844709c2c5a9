#include "projector/rebuild/verify.h"

#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include <absl/container/flat_hash_map.h>

#include "store/records.h"

namespace catlog::projector {

using events::schema::Record;

namespace {

constexpr Position checked_between_progress = 100'000;

// What one record must agree with: the records before it.
class LogChecks {
 public:
  LogChecks(std::vector<std::string>& findings, std::pmr::memory_resource& memory)
      : findings_(findings), streams_(&memory) {}

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
    if (index != next_index_ || index >= count || (index != 0 && count != count_)) {
      add(record.getPosition(), fmt::format("it is event {} of {} of its command, but {} of {} was expected", index,
                                            count, next_index_, next_index_ ? count_ : count));
    }
    count_ = count;
    next_index_ = index + 1 >= count ? 0 : index + 1;
  }

  void check_stream(Record::Reader record) {
    if (!events::is_known_stream(record.getStream()))
      return add(record.getPosition(), events::unknown_stream(record.getStream()));
    Stream& stream = streams_[{record.getStream(), record.getStreamId()}];
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
  using Key = std::pair<events::Entity, int64_t>;
  using Allocator = std::pmr::polymorphic_allocator<std::pair<const Key, Stream>>;
  absl::flat_hash_map<Key, Stream, absl::Hash<Key>, std::equal_to<Key>, Allocator> streams_;
};

}  // namespace

Verification verify_log(const store::Log& log, const Progress& progress, std::pmr::memory_resource& memory) {
  Verification result;
  LogChecks checks(result.findings, memory);
  Position head = log.head();
  try {
    store::for_each_record(log, 1, head, [&](Record::Reader record) {
      checks.check(record);
      if (++result.checked % checked_between_progress == 0 && progress) progress(result.checked, head);
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

}  // namespace catlog::projector
