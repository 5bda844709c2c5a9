#include "projector/history/stream_ends.h"

#include "events/schema/vocabulary.h"

#include "events/schema/model.h"
#include "store/records.h"

namespace catlog::projector {

using events::schema::Record;

namespace {

constexpr Position events_between_progress = 100'000;

// The row that an event is about, by the id that it carries; nothing when it carries none.
std::optional<int64_t> row_id_in(Record::Reader record, const events::EventType& type) {
  if (!type.has_row_id) return {};
  const auto group =
      capnp::DynamicStruct::Reader(record.getEvent()).get(type.field).template as<capnp::DynamicStruct>();
  for (const events::Column& column : type.columns)
    if (column.name == "id") return group.get(column.field).as<int64_t>();
  return {};
}

}  // namespace

std::map<StreamKey, Position> StreamEnds::last(const std::set<StreamKey>& streams) const {
  std::map<StreamKey, Position> ends;
  for (const StreamKey& stream : streams) ends[stream] = known_.last_in_stream ? known_.last_in_stream(stream) : 0;
  const Position from = known_.last_in_stream ? known_.at + 1 : 1;
  if (ends.empty()) return ends;
  store::for_each_record(log_, from, UINT64_MAX, [&](Record::Reader record) {
    const auto found = ends.find({record.getStream(), record.getStreamId()});
    if (found != ends.end()) found->second = std::max(found->second, record.getPosition());
    if (progress_ && record.getPosition() % events_between_progress == 0) progress_(record.getPosition(), log_.head());
    return true;
  });
  return ends;
}

std::optional<StreamKey> StreamEnds::stream_of(events::Entity entity, int64_t id) const {
  const events::EntityModel& model = events::model().entity(entity);
  if (model.stream == entity || model.is_link) return StreamKey{model.stream, id};
  if (known_.owner)
    if (const auto owner = known_.owner(entity, id)) return StreamKey{model.stream, *owner};
  std::optional<StreamKey> stream;  // removed by now, or after what is known
  store::for_each_record(log_, 1, UINT64_MAX, [&](Record::Reader record) {
    const auto* type = events::model().event(static_cast<uint16_t>(record.getEvent().which()));
    if (type && type->entity == entity && row_id_in(record, *type) == id)
      stream = {record.getStream(), record.getStreamId()};
    if (progress_ && record.getPosition() % events_between_progress == 0) progress_(record.getPosition(), log_.head());
    return !stream;
  });
  return stream;
}

}  // namespace catlog::projector
