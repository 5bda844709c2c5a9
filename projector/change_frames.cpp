#include "projector/change_frames.h"

#include "events/record.h"

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/error.h"
#include "events/message.h"
#include "events/uuid.h"
#include "projector/log_records.h"

namespace catlog::projector {

const std::string& table_of(const events::RecordReader& record) {
  if (!is_known_stream(record.getStream()))
    throw events::Failure(events::Exit::damaged, fmt::format("the event at position {}: {}", record.getPosition(),
                                                             unknown_stream(record.getStream())));
  return events::model().entity(record.getStream()).table;
}

ChangeFrames change_of(const events::RecordReader& record, events::Encoding encoding, const std::string& log_id,
                       Position previous_in_table) {
  capnp::MallocMessageBuilder message;
  auto header = message.initRoot<events::schema::ChangeHeader>();
  header.setLogId(log_id);
  header.setPosition(record.getPosition());
  header.setPreviousInTable(previous_in_table);
  header.setPreviousInStream(record.getPreviousInStream());
  header.setCommandId(events::to_string(events::uuid_of(record.getCommandId())));
  return {events::topic_of(encoding, table_of(record), record.getStreamId()),
          events::encode(header.asReader(), encoding), events::encode(record, encoding, events::Secrets::hidden)};
}

}  // namespace catlog::projector
