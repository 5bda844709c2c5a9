#include "tests/support/records.h"

#include "events/codec/message.h"
#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "events/codec/json.h"

namespace catlog::tests {

using events::schema::Record;

events::Position RecordScript::command(const std::vector<EventDraft>& drafts, const CommandHeader& header) {
  uint64_t number = command_ends_.size();
  for (uint32_t index = 0; index < drafts.size(); ++index) {
    const EventDraft& draft = drafts[index];
    capnp::MallocMessageBuilder message;
    auto record = message.initRoot<Record>();
    record.setPosition(records_.size() + 1);
    record.setRecordedAt(first_time_us + static_cast<int64_t>(number) * step_us);
    record.getCommandId().setHigh(0x0190000000007000 + number);
    record.getCommandId().setLow(0x8000000000000000 + number);
    record.setStream(draft.stream);
    record.setStreamId(draft.id);
    Stream& stream = streams_[{draft.stream, draft.id}];
    record.setStreamVersion(++stream.version);
    record.setPreviousInStream(std::exchange(stream.last, record.getPosition()));
    record.setIndex(index);
    record.setCount(static_cast<uint32_t>(drafts.size()));
    if (header.user_id) record.initActor().setUserId(*header.user_id);
    if (!header.ip_address.empty()) record.getActor().setIpAddress(header.ip_address.c_str());
    if (!header.user_agent.empty()) record.getActor().setUserAgent(header.user_agent.c_str());
    auto read = events::read_json(draft.json, capnp::DynamicStruct::Builder(record.initEvent()), events::Fields::all);
    if (!read) {
      fmt::print(stderr, "{}: {} {}\n", draft.json, read.error().field, read.error().message);
      CATLOG_CHECK(false);
    }
    records_.push_back(events::encode(record.asReader(), events::Encoding::capnp, events::Secrets::shown));
  }
  command_ends_.push_back(records_.size());
  return records_.size();
}

store::Bytes RecordScript::bytes(events::Position position) const {
  return std::as_bytes(std::span(records_.at(position - 1)));
}

void RecordScript::append_to(store::Log& log) const {
  for (size_t i = 1; i < command_ends_.size(); ++i) {
    if (command_ends_[i] <= log.head()) continue;
    std::vector<store::Bytes> records;
    for (events::Position position = command_ends_[i - 1] + 1; position <= command_ends_[i]; ++position)
      records.push_back(bytes(position));
    log.append(command_ends_[i - 1], records);
  }
}

void RecordScript::append_to(const std::filesystem::path& log) const {
  auto opened = store::Log::open(log, store::Access::write);
  append_to(opened);
}

}  // namespace catlog::tests
