#include "projector/history.h"

#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "projector/log_records.h"
#include "projector/value.h"

namespace catlog::projector {

using events::EventType;
using events::Exit;
using events::Failure;
using events::Op;
using events::schema::Record;

namespace {

constexpr std::string_view hidden = "(hidden)";

// A field's value and whether it may be shown.
struct Held {
  std::string value;
  bool secret = false;
  size_t order = 0;  // declared
};

std::optional<std::string> shown(const Held* held) {
  if (!held) return std::nullopt;
  return held->secret ? std::string(hidden) : held->value;
}

// The stream's fields as its events leave them.
class Fold {
 public:
  explicit Fold(events::Entity stream) : stream_(stream) {}

  std::vector<FieldChange> apply(Record::Reader record, const EventType& type) {
    changes_.clear();
    capnp::DynamicStruct::Reader event = record.getEvent();
    capnp::DynamicStruct::Reader group;
    if (!type.columns.empty()) group = event.get(type.field).as<capnp::DynamicStruct>();
    const events::EntityModel& entity = events::model().entity(type.entity);
    switch (type.op) {
      case Op::CREATE:
      case Op::UPDATE:
        set_columns(type, group, prefix(type, entity, group));
        break;
      case Op::REMOVE:
        if (type.entity == stream_) {
          erase_all("");
        } else {
          erase_all(prefix(type, entity, group));
        }
        break;
      case Op::ASSIGN:
        set(entity.table, Held{text_of(type.columns.front(), group)});
        break;
      case Op::LINK:
        set(fmt::format("{}/{}", entity.table, text_of(type.columns.front(), group)), Held{"listed"});
        break;
      case Op::UNLINK:
        erase(fmt::format("{}/{}", entity.table, text_of(type.columns.front(), group)));
        break;
      case Op::UNSET:
        break;
    }
    return changes_;
  }

 private:
  // Fields of the stream's own row have plain names; those of a row that it owns say which row.
  std::string prefix(const EventType& type, const events::EntityModel& entity, capnp::DynamicStruct::Reader group) {
    if (type.entity == stream_) return "";
    for (const events::Column& column : type.columns)
      if (column.name == "id") return fmt::format("{}/{}.", entity.table, text_of(column, group));
    return entity.table + ".";
  }

  static std::string text_of(const events::Column& column, capnp::DynamicStruct::Reader group) {
    return to_text(ColumnReader(column).read(group));
  }

  void set_columns(const EventType& type, capnp::DynamicStruct::Reader group, const std::string& before_name) {
    for (const events::Column& column : type.columns) {
      if (type.has_row_id && column.name == "id") continue;
      ColumnReader reader(column);
      Value value = reader.read(group);
      std::string field = before_name + column.name;
      if (std::holds_alternative<std::monostate>(value)) {
        erase(field);
      } else {
        set(field, Held{to_text(value), column.secret});
      }
    }
  }

  void set(const std::string& field, Held held) {
    auto found = fields_.find(field);
    if (found != fields_.end() && found->second.value == held.value) return;
    held.order = found != fields_.end() ? found->second.order : next_order_++;
    changes_.push_back({field, found != fields_.end() ? shown(&found->second) : std::nullopt, shown(&held)});
    fields_[field] = std::move(held);
  }

  void erase(const std::string& field) {
    auto found = fields_.find(field);
    if (found == fields_.end()) return;
    changes_.push_back({field, shown(&found->second), std::nullopt});
    fields_.erase(found);
  }

  void erase_all(const std::string& start) {
    std::vector<std::pair<size_t, std::string>> going;
    for (const auto& [field, held] : fields_)
      if (field.starts_with(start)) going.emplace_back(held.order, field);
    std::sort(going.begin(), going.end());
    for (const auto& [order, field] : going) erase(field);
  }

  events::Entity stream_;
  std::map<std::string, Held> fields_;
  std::vector<FieldChange> changes_;
  size_t next_order_ = 0;
};

HistoryEntry entry_of(Record::Reader record, const EventType& type) {
  HistoryEntry entry;
  entry.position = record.getPosition();
  entry.version = record.getStreamVersion();
  entry.recorded_at_us = record.getRecordedAt();
  entry.event = type.name;
  entry.command_id = events::uuid_of(record.getCommandId());
  auto actor = record.getActor();
  if (record.hasActor() && actor.getUserId() != events::absent_int) entry.user_id = actor.getUserId();
  entry.ip_address = actor.getIpAddress().cStr();
  entry.user_agent = actor.getUserAgent().cStr();
  return entry;
}

// `visit` gets the one record at `position`.
template <class Visit>
void at(const store::LogSnapshot& snapshot, Position position, Visit&& visit) {
  store::Bytes bytes = snapshot.read(position);
  if (bytes.empty()) throw Failure(Exit::damaged, fmt::format("the log has no record at position {}", position));
  try {
    events::RecordView record(bytes);
    visit(record.root());
  } catch (const kj::Exception& damaged) {
    throw Failure(Exit::damaged, fmt::format("the record at position {} cannot be read: {}", position,
                                             damaged.getDescription().cStr()));
  }
}

// Oldest first.
std::vector<Position> chain(const store::Log& log, events::Entity stream, int64_t id, Position last) {
  std::vector<Position> positions;
  for (Position position = last; position != 0;) {
    store::LogSnapshot snapshot = log.snapshot();
    for (Position read = 0; position != 0 && read < max_events_per_snapshot; ++read) {
      if (positions.size() == max_history_events)
        throw Failure(Exit::refused, fmt::format("this stream has more than {} events", max_history_events));
      positions.push_back(position);
      at(snapshot, position, [&](Record::Reader record) {
        Position previous = record.getPreviousInStream();
        if (record.getStream() != stream || record.getStreamId() != id || previous >= position)
          throw Failure(Exit::damaged, fmt::format("the stream's chain is broken at position {}", position));
        position = previous;
      });
    }
  }
  std::reverse(positions.begin(), positions.end());
  return positions;
}

}  // namespace

Position last_in_stream(const store::Log& log, events::Entity stream, int64_t id, Position known_last,
                        Position known_at) {
  Position last = known_last;
  for_each_record(log, known_at + 1, UINT64_MAX, [&](Record::Reader record) {
    if (record.getStream() == stream && record.getStreamId() == id) last = record.getPosition();
    return true;
  });
  return last;
}

std::vector<HistoryEntry> history(const store::Log& log, events::Entity stream, int64_t id, Position last) {
  std::vector<HistoryEntry> entries;
  Fold fold(stream);
  std::vector<Position> positions = chain(log, stream, id, last);
  std::unique_ptr<store::LogSnapshot> snapshot;
  for (size_t i = 0; i < positions.size(); ++i) {
    if (i % max_events_per_snapshot == 0) {
      snapshot.reset();
      snapshot = std::make_unique<store::LogSnapshot>(log.snapshot());
    }
    at(*snapshot, positions[i], [&](Record::Reader record) {
      uint16_t which = static_cast<uint16_t>(record.getEvent().which());
      const EventType* type = events::model().event(which);
      if (!type) throw Failure(Exit::damaged, fmt::format("this version does not know event {}", which));
      entries.push_back(entry_of(record, *type));
      entries.back().changes = fold.apply(record, *type);
    });
  }
  return entries;
}

}  // namespace catlog::projector
