#include "projector/history/history.h"

#include "events/schema/record.h"

#include <algorithm>

#include <fmt/format.h>

#include "projector/history/row_history.h"
#include "store/records.h"

namespace catlog::projector {

using events::EventType;
using events::Exit;
using events::Failure;
using events::Op;
using events::schema::Record;

namespace {

HistoryEntry entry_of(Record::Reader record, const EventType& type) {
  HistoryEntry entry;
  entry.position = record.getPosition();
  entry.stream = {record.getStream(), record.getStreamId()};
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

// Throws Failure(damaged) for an event that this version does not know.
const EventType& type_of(Record::Reader record) {
  const auto which = static_cast<uint16_t>(record.getEvent().which());
  const EventType* type = events::model().event(which);
  if (!type) throw Failure(Exit::damaged, fmt::format("this version does not know event {}", which));
  return *type;
}

// `visit` gets the one record at `position`.
template <class Visit>
void at(const store::LogSnapshot& snapshot, Position position, Visit&& visit) {
  store::Bytes bytes = snapshot.read(position);
  if (bytes.empty()) throw Failure(Exit::damaged, fmt::format("the log has no record at position {}", position));
  store::visit_record(position, bytes, visit);
}

// The records at these positions, in this order, a bounded number of them to a snapshot; `let_go` after each snapshot.
template <class Visit, class LetGo>
void at_each(const store::Log& log, const std::vector<Position>& positions, Visit&& visit, LetGo&& let_go) {
  for (size_t begin = 0; begin < positions.size(); begin += store::max_events_per_snapshot) {
    {
      const store::LogSnapshot snapshot = log.snapshot();
      const size_t end = std::min<size_t>(positions.size(), begin + store::max_events_per_snapshot);
      for (size_t i = begin; i < end; ++i) at(snapshot, positions[i], visit);
    }
    let_go();
  }
}

// A stream's positions up to `up_to`, oldest first.
std::vector<Position> chain(const store::Log& log, StreamKey stream, Position last, Position up_to) {
  std::vector<Position> positions;
  for (Position position = last; position != 0;) {
    store::LogSnapshot snapshot = log.snapshot();
    for (Position read = 0; position != 0 && read < store::max_events_per_snapshot; ++read) {
      if (position <= up_to) positions.push_back(position);
      at(snapshot, position, [&](Record::Reader record) {
        Position previous = record.getPreviousInStream();
        if (StreamKey{record.getStream(), record.getStreamId()} != stream || previous >= position)
          throw Failure(Exit::damaged, fmt::format("the stream's chain is broken at position {}", position));
        position = previous;
      });
    }
  }
  std::reverse(positions.begin(), positions.end());
  return positions;
}

// Folds these events; returns what the scope's rows ever referred to.
template <class Visit>
std::set<StreamKey> fold(const store::Log& log, const std::vector<Position>& positions, const Scope& scope,
                         const HistoryOptions& options, Visit&& visit) {
  std::vector<HistoryEntry> entries;
  RowHistory rows(scope, options.secrets);
  at_each(
      log, positions,
      [&](Record::Reader record) {
        const EventType& type = type_of(record);
        HistoryEntry entry = entry_of(record, type);
        entry.left_out_with = options.left_out.cause_of(record);
        const bool did = entry.left_out_with == 0 && rows.apply(record, type, entry);
        const bool is_streams = scope.extent == Scope::Extent::stream && entry.stream == scope.stream;
        if (did || is_streams) entries.push_back(std::move(entry));
      },
      [&] {
        for (HistoryEntry& entry : entries) visit(std::move(entry));
        entries.clear();
      });
  return rows.parents();
}

// A stream ends with the removal of its row: the last events of these that are one.
std::vector<Position> removals(const StreamEnds& ends, const std::set<StreamKey>& streams, Position up_to) {
  std::vector<Position> lasts, removed;
  for (const auto& [stream, last] : ends.last(streams))
    if (last != 0 && last <= up_to) lasts.push_back(last);
  at_each(
      ends.log(), lasts,
      [&](Record::Reader record) {
        const EventType& type = type_of(record);
        if (type.op == Op::REMOVE && type.entity == record.getStream()) removed.push_back(record.getPosition());
      },
      [] {});
  return removed;
}

}  // namespace

void visit_history(const StreamEnds& ends, const Scope& scope, const HistoryOptions& options,
                   const std::function<void(HistoryEntry)>& visit) {
  std::vector<Position> positions = chain(ends.log(), scope.stream, ends.last(scope.stream), options.up_to);
  // Where else to look is known only when all of it was folded.
  const auto parents = fold(ends.log(), positions, scope, options, [](HistoryEntry&&) {});
  const auto removed = removals(ends, parents, options.up_to);
  positions.insert(positions.end(), removed.begin(), removed.end());
  std::sort(positions.begin(), positions.end());
  fold(ends.log(), positions, scope, options, visit);
}

std::vector<HistoryEntry> history(const StreamEnds& ends, const Scope& scope, const HistoryOptions& options) {
  std::vector<HistoryEntry> entries;
  visit_history(ends, scope, options, [&](HistoryEntry entry) { entries.push_back(std::move(entry)); });
  return entries;
}

}  // namespace catlog::projector
