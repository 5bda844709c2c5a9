#include "events/client/change.h"

#include "events/schema/vocabulary.h"

#include <capnp/message.h>

#include "events/client/questions.h"
#include "events/codec/json.h"

namespace catlog::events {

Change change_from(const zmq::message_t& topic, const zmq::message_t& header, const zmq::message_t& payload,
                   std::string_view what) {
  capnp::MallocMessageBuilder message;
  const auto read_header = read_answer<schema::ChangeHeader>(header, message, what);
  Change change{topic.to_string(),
                read_header.getLogId(),
                read_header.getPosition(),
                read_header.getPreviousInTable(),
                read_header.getPreviousInStream(),
                read_header.getCommandId(),
                payload.to_string(),
                {},
                {}};
  if (read_header.hasNames()) change.names = write_json(read_header.getNames(), Secrets::hidden);
  if (read_header.getWithheldBytes() != absent_int)
    change.withheld_bytes = static_cast<uint64_t>(read_header.getWithheldBytes());
  return change;
}

}  // namespace catlog::events
