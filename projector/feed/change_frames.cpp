#include "projector/feed/change_frames.h"

#include "events/schema/record.h"

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/codec/message.h"
#include "events/error.h"
#include "events/schema/model.h"
#include "events/text/uuid.h"
#include "projector/names/names.h"
#include "store/records.h"

namespace catlog::projector {

const std::string& table_of(const events::RecordReader& record) {
  if (!events::is_known_stream(record.getStream()))
    throw events::Failure(events::Exit::damaged, fmt::format("the event at position {}: {}", record.getPosition(),
                                                             events::unknown_stream(record.getStream())));
  return events::model().entity(record.getStream()).table;
}

namespace {

std::string without_event(const events::RecordReader& record, events::Encoding encoding) {
  capnp::MallocMessageBuilder message;
  message.setRoot(static_cast<const events::schema::Record::Reader&>(record));
  auto copy = message.getRoot<events::schema::Record>();
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  if (type && !type->columns.empty()) message.getRoot<capnp::AnyStruct>().getPointerSection()[type->pointer].clear();
  copy.getEvent().setUnset();
  return events::encode(copy.asReader(), encoding, events::Secrets::hidden);
}

}  // namespace

ChangeFrames change_of(const events::RecordReader& record, events::Encoding encoding, const std::string& log_id,
                       Position previous_in_table, Names* names) {
  capnp::MallocMessageBuilder message;
  auto header = message.initRoot<events::schema::ChangeHeader>();
  header.setLogId(log_id);
  header.setPosition(record.getPosition());
  header.setPreviousInTable(previous_in_table);
  header.setPreviousInStream(record.getPreviousInStream());
  header.setCommandId(events::to_string(events::uuid_of(record.getCommandId())));
  if (const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which())))
    header.setEvent(type->name);
  header.setStreamVersion(record.getStreamVersion());
  if (record.hasCorrelationId()) header.setCorrelationId(record.getCorrelationId());
  if (record.hasSender()) header.setSender(record.getSender());
  if (names && !names->fill(record, header.initNames())) header.disownNames();
  std::string payload = events::encode(record, encoding, events::Secrets::hidden);
  if (payload.size() > events::max_frame_bytes) {
    header.setWithheldBytes(static_cast<int64_t>(payload.size()));
    payload = without_event(record, encoding);
  }
  return {events::topic_of(encoding, table_of(record), record.getStreamId()),
          events::encode(header.asReader(), encoding), std::move(payload)};
}

}  // namespace catlog::projector
