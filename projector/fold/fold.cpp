#include "projector/fold/fold.h"

#include "events/schema/record.h"

#include <algorithm>

#include <kj/exception.h>

#include <fmt/format.h>

#include "store/records.h"

namespace catlog::projector {

using events::Entity;
using events::EntityModel;
using events::Op;
using events::schema::OnDelete;

Contradiction::Contradiction(Position position, const std::string& reason)
    : Failure(events::Exit::unapplied, fmt::format("position {}: {}", position, reason)) {}

struct Fold::Event {
  explicit Event(const FoldedEvent& planned) : plan(planned) {
    if (plan.row_id) row_id.emplace(*plan.row_id);
    for (const events::Column* column : plan.references)
      references.push_back(column ? std::optional<ColumnReader>(*column) : std::nullopt);
    const EntityModel& entity = events::model().entity(plan.type->entity);
    if (entity.is_link && plan.type->op != Op::ASSIGN) other_side.emplace(plan.type->columns.front());
    needs_group = row_id || other_side;
    for (const auto& reference : references) needs_group |= reference.has_value();
  }

  const FoldedEvent& plan;
  std::optional<ColumnReader> row_id, other_side;
  std::vector<std::optional<ColumnReader>> references;
  bool needs_group = false;
};

namespace {

int64_t integer_in(ColumnReader& column, capnp::AnyStruct::Reader group) {
  const Value value = column.read(group);
  const auto* integer = std::get_if<int64_t>(&value);
  return integer ? *integer : events::absent_int;
}

}  // namespace

Fold::Fold(std::pmr::memory_resource& memory) {
  const size_t entities = events::model().entities().size();
  for (const EntityModel& entity : events::model().entities()) {
    rows_.emplace_back(fold_plan().entity(entity.entity), memory);
    links_.emplace_back(Links::allocator_type(&memory));
  }
  last_in_.resize(entities);
}
Fold::Fold(Fold&&) noexcept = default;
Fold::~Fold() = default;

void Fold::contradict(const std::string& reason) const { throw Contradiction(position_, reason); }

Fold::Event& Fold::event_of(uint16_t which) {
  if (which >= events_.size()) events_.resize(size_t{which} + 1);
  auto& event = events_[which];
  if (!event) {
    const FoldedEvent* planned = fold_plan().event(which);
    if (!planned) contradict(fmt::format("this version does not know event {}", which));
    event = std::make_unique<Event>(*planned);
  }
  return *event;
}

void Fold::take(const events::RecordReader& record) {
  try {
    take_readable(record);
  } catch (const kj::Exception& damaged) {
    contradict(damaged.getDescription().cStr());
  }
}

void Fold::take_readable(const events::RecordReader& record) {
  const Position before = position_;
  position_ = record.getPosition();
  if (position_ != before + 1) contradict(fmt::format("position {} was expected", before + 1));
  recorded_us_ = record.getRecordedAt();
  if (!events::is_known_stream(record.getStream())) contradict(events::unknown_stream(record.getStream()));
  last_in_[static_cast<size_t>(record.getStream())] = position_;
  Event& event = event_of(static_cast<uint16_t>(record.getEvent().which()));
  Group group;
  if (event.needs_group) group = events::columns_in(*event.plan.type, record);
  const int64_t owner = record.getStreamId();
  const int64_t id = event.row_id ? integer_in(*event.row_id, group) : owner;
  if (id < 1 || id / ids_per_position > static_cast<int64_t>(position_) + least_id_limit)
    contradict(fmt::format("{} cannot be an id", id));

  switch (event.plan.type->op) {
    case Op::CREATE:
      return create(event, id, owner, group);
    case Op::UPDATE:
    case Op::ASSIGN:
      return touch(event, id, group);
    case Op::REMOVE:
      require_there(event.plan.row, id);
      return rows_of(event.plan).remove(id, position_);
    case Op::LINK:
    case Op::UNLINK:
      return change_links(event, id, group);
    case Op::UNSET:
      break;
  }
  CATLOG_CHECK(false);
}

void Fold::create(Event& event, int64_t id, int64_t owner, Group group) {
  FoldedRows& rows = rows_of(event.plan);
  rows.reserve(id);
  if (!is_there(event.plan.row, id)) {
    // It may have gone with what it referred to; what refers to it went at that time.
    if (rows.row(id).created_at != 0) rows.remove(id, position_);
    rows.row(id) = {position_, recorded_us_, 0};
    const auto& references = rows.entity().references;
    for (size_t i = 0; i < references.size(); ++i) {
      if (!references[i].is_owner) continue;
      require_there(references[i].to, owner);
      rows.references(id)[i] = {owner, position_};
    }
  }
  touch(event, id, group);
}

// What every event on a row that is there does.
void Fold::touch(Event& event, int64_t id, Group group) {
  require_there(event.plan.row, id);
  FoldedRows& rows = rows_of(event.plan);
  rows.row(id).updated_us = recorded_us_;
  if (event.plan.type->op == Op::LINK || event.plan.type->op == Op::UNLINK) return;
  rows.slots(id)[event.plan.slot] = position_;
  for (size_t i = 0; i < event.references.size(); ++i) {
    if (!event.references[i]) continue;
    const int64_t value = integer_in(*event.references[i], group);
    if (value != events::absent_int) require_there(rows.entity().references[i].to, value);
    rows.references(id)[i] = {value, position_};
  }
}

void Fold::change_links(Event& event, int64_t owner, Group group) {
  touch(event, owner, group);
  const EntityModel& link = events::model().entity(event.plan.type->entity);
  auto& links = links_[static_cast<size_t>(link.entity)];
  const Link pair{owner, integer_in(*event.other_side, group)};
  const auto found = links.find(pair);
  const bool is_linked_now = found != links.end() && is_linked(link, pair, found->second);
  if (event.plan.type->op == Op::LINK) {
    if (is_linked_now) contradict(fmt::format("{} {} is linked with {} already", link.table, pair.first, pair.second));
    require_there(events::other_side_of(link).to, pair.second);
    links[pair] = position_;
  } else {
    if (!is_linked_now) contradict(fmt::format("{} {} is not linked with {}", link.table, pair.first, pair.second));
    links.erase(found);
  }
}

void Fold::require_there(Entity entity, int64_t id) const {
  if (!is_there(entity, id)) contradict(fmt::format("{} has no row {}", events::model().entity(entity).table, id));
}

bool Fold::is_there(Entity entity, int64_t id) const {
  const FoldedRows& rows = this->rows(entity);
  if (id < 1 || id >= rows.end() || rows.row(id).created_at == 0) return false;
  if (!rows.entity().has_cascades) return true;
  const auto references = rows.references(id);
  for (size_t i = 0; i < references.size(); ++i) {
    const FollowedReference& declared = rows.entity().references[i];
    if (declared.on_delete != OnDelete::CASCADE || references[i].value == events::absent_int) continue;
    if (is_gone_since(declared.to, references[i].value, references[i].set_at)) return false;
  }
  return true;
}

// A row that is not there now and was there then has gone since, also when it went with another one.
bool Fold::is_gone_since(Entity entity, int64_t id, Position at) const {
  return rows(entity).removed_at(id) > at || (rows(entity).entity().has_cascades && !is_there(entity, id));
}

bool Fold::is_linked(const EntityModel& link, Link pair, Position linked_at) const {
  const events::Reference& other = events::other_side_of(link);
  return !is_gone_since(link.stream, pair.first, linked_at) &&
         !(other.on_delete == OnDelete::CASCADE && is_gone_since(other.to, pair.second, linked_at));
}

std::pmr::vector<Fold::Link> Fold::links(Entity link) const {
  const Links& links = links_[static_cast<size_t>(link)];
  std::pmr::vector<Link> found(links.get_allocator().resource());
  found.reserve(links.size());
  for (const auto& [pair, linked_at] : links)
    if (is_linked(events::model().entity(link), pair, linked_at)) found.push_back(pair);
  std::ranges::sort(found);
  return found;
}

}  // namespace catlog::projector
