#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "events/bus/bus.h"
#include "events/position.h"
#include "events/schema/record.h"

namespace catlog::projector {

using events::Position;

// An event as the feed and the replay socket send it: three frames.
struct ChangeFrames {
  std::string topic;    // json/movies/42/
  std::string header;   // ChangeHeader in the topic's encoding
  std::string payload;  // Record in the topic's encoding, without secrets; without its event when that would not fit
  size_t size_bytes() const { return topic.size() + header.size() + payload.size(); }
};

// The frames of a record. Where the payload would be longer than a frame may be, the header says how long, and the
// payload has everything but the event, so that readers get past it. `names`: what Names tells of it; nothing: the
// header has none. Throws as table_of.
ChangeFrames change_of(const events::RecordReader& record, events::Encoding encoding, const std::string& log_id,
                       Position previous_in_table, const std::optional<events::schema::Names::Reader>& names);
// The table of a record's stream: "movies". Throws Failure(damaged) for a kind of stream that this build does not know.
const std::string& table_of(const events::RecordReader& record);

}  // namespace catlog::projector
