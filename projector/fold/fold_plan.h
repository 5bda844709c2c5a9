#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "events/position.h"
#include "events/schema/model.h"

namespace catlog::projector {

// What a fold knows of an entity and of an event before it sees the first one; from the declaration alone.

// A reference that follows the removal of the row it leads to: its own row goes too (on delete cascade), or it becomes
// NULL (set null).
struct FollowedReference {
  events::Entity to = events::Entity::UNSET;
  events::schema::OnDelete on_delete = events::schema::OnDelete::CASCADE;
  std::string column;
  bool is_owner = false;  // its value is the stream's id, and stays that of the event that created the row
};

// A set of columns that events set together: those of one struct. A list that replaces the links of a row has a slot in
// the row that owns them.
struct Slot {
  events::Entity entity = events::Entity::UNSET;  // whose columns, or which links
  capnp::StructSchema schema;
  bool operator==(const Slot&) const = default;
};

struct FoldedEntity {
  const events::EntityModel* model = nullptr;
  std::vector<FollowedReference> references;
  std::vector<Slot> slots;
  bool is_followed = false;   // a followed reference leads to it, so its removals must be remembered
  bool has_cascades = false;  // one of its own references takes the row
};

struct FoldedEvent {
  const events::EventType* type = nullptr;
  events::Entity row = events::Entity::UNSET;  // whose row it touches: for links their owner's
  size_t slot = 0;                             // in that row; create, update and assign only
  const events::Column* row_id = nullptr;      // null: the stream's id
  // By reference of the entity: the event's column that sets it, null when it does not.
  std::vector<const events::Column*> references;
};

// Threads: immutable.
class FoldPlan {
 public:
  FoldPlan();
  const FoldedEntity& entity(events::Entity entity) const { return entities_.at(static_cast<size_t>(entity)); }
  // Null for an event that this build does not know.
  const FoldedEvent* event(uint16_t which) const;
  // The slot of an event's columns in the row that it touches.
  size_t slot_of(const events::EventType& type) const;

 private:
  void add_slot(const events::EventType& type);

  std::vector<FoldedEntity> entities_;
  std::vector<FoldedEvent> events_;  // by discriminant; type null: not known
};

const FoldPlan& fold_plan();

// The entity whose row an event of `type` touches.
events::Entity touched_by(const events::EventType& type);

}  // namespace catlog::projector
