#include "projector/feed/change_frames.h"

#include "events/schema/record.h"

#include <algorithm>
#include <array>
#include <optional>

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/codec/message.h"
#include "events/error.h"
#include "events/schema/model.h"
#include "events/text/uuid.h"
#include "store/records.h"

namespace catlog::projector {

const std::string& table_of(const events::RecordReader& record) {
  if (!events::is_known_stream(record.getStream()))
    throw events::Failure(events::Exit::damaged, fmt::format("the event at position {}: {}", record.getPosition(),
                                                             events::unknown_stream(record.getStream())));
  return events::model().entity(record.getStream()).table;
}

namespace {

using events::Encoding, events::Secrets;

// Nearly every message fits into so many words, which are zero between two of them: Cap'n Proto clears what it used.
constexpr size_t usual_frame_words = 1024;
using Words = std::array<capnp::word, usual_frame_words>;
kj::ArrayPtr<capnp::word> scratch() {
  alignas(64) static thread_local Words words{};
  return kj::arrayPtr(words.data(), words.size());
}

// As encode, without its way through reflection: this is done for every event and subscriber.
template <class Fill>
std::optional<std::string> as_one_segment(Fill&& fill) {
  capnp::MallocMessageBuilder message(scratch());
  fill(message);
  const auto segments = message.getSegmentsForOutput();
  if (segments.size() != 1) return {};
  const auto bytes = segments[0].asBytes();
  const std::array<uint32_t, 2> head{0, static_cast<uint32_t>(segments[0].size())};
  std::string out;
  out.reserve(sizeof head + bytes.size());
  out.append(reinterpret_cast<const char*>(head.data()), sizeof head);
  out.append(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  return out;
}

// Only columns of events are secret.
bool holds_secrets(const events::EventType* type) {
  return !type || std::ranges::any_of(type->columns, &events::Column::secret);
}

std::string payload_of(const events::RecordReader& record, const events::EventType* type, Encoding encoding) {
  if (encoding == Encoding::capnp && !holds_secrets(type)) {
    const auto& typed = static_cast<const events::schema::Record::Reader&>(record);
    if (auto payload = as_one_segment([&](auto& message) { message.setRoot(typed); })) return *std::move(payload);
  }
  return events::encode(record, encoding, Secrets::hidden);
}

void fill_header(events::schema::ChangeHeader::Builder header, const events::RecordReader& record,
                 const events::EventType* type, const std::string& log_id, Position previous_in_table) {
  header.setLogId(log_id);
  header.setPosition(record.getPosition());
  header.setPreviousInTable(previous_in_table);
  header.setPreviousInStream(record.getPreviousInStream());
  header.setCommandId(events::to_string(events::uuid_of(record.getCommandId())));
  if (type) header.setEvent(type->name);
  header.setStreamVersion(record.getStreamVersion());
  if (record.hasCorrelationId()) header.setCorrelationId(record.getCorrelationId());
  if (record.hasSender()) header.setSender(record.getSender());
}

std::string without_event(const events::RecordReader& record, Encoding encoding) {
  capnp::MallocMessageBuilder message;
  message.setRoot(static_cast<const events::schema::Record::Reader&>(record));
  auto copy = message.getRoot<events::schema::Record>();
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  if (type && !type->columns.empty()) message.getRoot<capnp::AnyStruct>().getPointerSection()[type->pointer].clear();
  copy.getEvent().setUnset();
  return events::encode(copy.asReader(), encoding, Secrets::hidden);
}

}  // namespace

ChangeFrames change_of(const events::RecordReader& record, Encoding encoding, const std::string& log_id,
                       Position previous_in_table, const std::optional<events::schema::Names::Reader>& names) {
  const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
  std::string payload = payload_of(record, type, encoding);
  std::optional<size_t> withheld;
  if (payload.size() > events::max_frame_bytes) {
    withheld = payload.size();
    payload = without_event(record, encoding);
  }
  const auto fill = [&](capnp::MessageBuilder& message) {
    auto header = message.initRoot<events::schema::ChangeHeader>();
    fill_header(header, record, type, log_id, previous_in_table);
    if (names) header.setNames(*names);
    if (withheld) header.setWithheldBytes(static_cast<int64_t>(*withheld));
    return header.asReader();
  };
  std::optional<std::string> header;
  if (encoding == Encoding::capnp) header = as_one_segment(fill);
  if (!header) {
    capnp::MallocMessageBuilder message(scratch());
    header = events::encode(fill(message), encoding);
  }
  return {events::topic_of(encoding, table_of(record), record.getStreamId()), *std::move(header), std::move(payload)};
}

}  // namespace catlog::projector
