#include "projector/fold/fold_plan.h"

#include <algorithm>

#include "events/error.h"

namespace catlog::projector {

using events::Entity;
using events::EntityModel;
using events::EventType;
using events::Op;
using events::schema::OnDelete;

namespace {

bool sets_columns(const EventType& type) {
  return type.op == Op::CREATE || type.op == Op::UPDATE || type.op == Op::ASSIGN;
}

const events::Column* column_of(const EventType& type, const std::string& name) {
  auto found = std::ranges::find(type.columns, name, &events::Column::name);
  return found == type.columns.end() ? nullptr : &*found;
}

Slot slot_made_of(const EventType& type) { return {type.entity, type.field.getType().asStruct()}; }

FoldedEntity folded(const EntityModel& model) {
  FoldedEntity entity;
  entity.model = &model;
  if (model.is_link) return entity;
  for (const events::Reference& reference : model.references) {
    const bool is_owner = reference.column == model.owner;
    if (reference.on_delete == OnDelete::RESTRICT && !is_owner) continue;
    entity.references.push_back({reference.to, reference.on_delete, reference.column, is_owner});
    entity.has_cascades |= reference.on_delete == OnDelete::CASCADE;
  }
  return entity;
}

}  // namespace

Entity touched_by(const EventType& type) {
  const EntityModel& entity = events::model().entity(type.entity);
  return entity.is_link ? entity.stream : entity.entity;
}

void FoldPlan::add_slot(const EventType& type) {
  auto& slots = entities_[static_cast<size_t>(touched_by(type))].slots;
  const Slot slot = slot_made_of(type);
  if (std::ranges::find(slots, slot) == slots.end()) slots.push_back(slot);
}

size_t FoldPlan::slot_of(const EventType& type) const {
  const auto& slots = entity(touched_by(type)).slots;
  auto found = std::ranges::find(slots, slot_made_of(type));
  CATLOG_CHECK(found != slots.end());
  return static_cast<size_t>(found - slots.begin());
}

FoldPlan::FoldPlan() {
  for (const EntityModel& entity : events::model().entities()) entities_.push_back(folded(entity));
  for (const EntityModel& entity : events::model().entities())
    for (const events::Reference& reference : entity.references)
      if (reference.on_delete != OnDelete::RESTRICT) entities_[static_cast<size_t>(reference.to)].is_followed = true;
  for (const EventType& type : events::model().events())
    if (sets_columns(type)) add_slot(type);

  for (const EventType& type : events::model().events()) {
    if (events_.size() <= type.which) events_.resize(size_t{type.which} + 1);
    FoldedEvent& event = events_[type.which];
    event.type = &type;
    event.row = touched_by(type);
    if (sets_columns(type)) event.slot = slot_of(type);
    if (type.has_row_id) event.row_id = column_of(type, "id");
    for (const FollowedReference& reference : entity(event.row).references)
      event.references.push_back(column_of(type, reference.column));
  }
}

const FoldedEvent* FoldPlan::event(uint16_t which) const {
  return which < events_.size() && events_[which].type ? &events_[which] : nullptr;
}

const FoldPlan& fold_plan() {
  static const FoldPlan instance;
  return instance;
}

}  // namespace catlog::projector
