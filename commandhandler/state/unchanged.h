#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "commandhandler/state/row.h"
#include "commandhandler/state/state.h"
#include "events/text/uuid.h"

namespace catlog::commandhandler {

// createdBy finds what at least so many of the last unchanged commands were about, for as long as the process lives.
// Those of refused batches count too: what is undone lies in memory until its half is cleared.
constexpr size_t remembered_unchanged = 32'768;

// What unchanged commands were about. The log knows nothing of them, and yet a producer that repeats an import names
// what it put by the id of the command, changed or not.
//
// Threads: one at a time.
class UnchangedCommands {
 public:
  // `journal`: can undo it.
  void add(events::Uuid id, Entity subject, int64_t subject_id, Journal& journal);
  // Nothing: no unchanged command had this id, or too many came after it. Its first_position is 0.
  std::optional<KnownCommand> find(events::Uuid id) const;
  // To be called between batches: forgets the older half when the newer one is full. What was added before the batch
  // that is under way can no longer be undone.
  void make_room();

 private:
  std::array<Layer, 2> halves_;
  size_t newer_ = 0;
  size_t added_ = 0;  // to the newer half
};

}  // namespace catlog::commandhandler
