#pragma once
#include <memory>
#include <string>
#include <vector>

#include "events/position.h"
#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/value.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::projector {

class DigestKeeper;
using events::Position;

// An event that the read model cannot take: its position and why. The projector stands still at it.
class Unappliable : public events::Failure {
 public:
  Unappliable(Position position, const std::string& reason);
  Position position() const { return position_; }
  const std::string& reason() const { return reason_; }

 private:
  Position position_;
  std::string reason_;
};

// Turns events into rows, with statements made from the declaration (events::model()): one per kind of event,
// prepared when its first event comes. A removal takes what goes with the row first, children before parents; the
// schema's ON DELETE actions are a second net.
//
// Threads: one at a time. Lifetime: must go before the Database.
class Projection {
 public:
  explicit Projection(Database& database);
  ~Projection();
  Projection(Projection&&) noexcept;

  // Writes one event's rows inside the caller's transaction, and tells the keeper of the tables' digests, if there is
  // one, what a row will hold. Throws Unappliable (roll back: part of it may be
  // written), StorageFull, Failure(failure).
  void apply(const events::RecordReader& record, DigestKeeper* digests);

 private:
  struct Plan;  // what one kind of event does
  Plan& plan_of(const events::EventType& type);
  void apply_group(const events::RecordReader& record, const events::EventType& type, DigestKeeper* digests);

  Database* database_;
  std::vector<std::unique_ptr<Plan>> plans_;  // by discriminant
};

}  // namespace catlog::projector
