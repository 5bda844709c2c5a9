#pragma once
#include <cstdint>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>

#include "events/position.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog::commandhandler {

struct StateCheck {
  events::Position position = 0;  // at which the two were compared
  uint64_t entries = 0;           // of the stored state
  // The first difference in words, without values; nothing: they are equal.
  std::optional<std::string> difference;
};

// Folds the log up to the stored state's position and compares every key and value of the two, both ways. The handler
// and the state loop may go on meanwhile; the stored state's snapshot is held for the comparison only.
//
// `progress` is told now and then how far the fold is. Memory: a whole decision state, in `memory`. Throws
// Failure(damaged) for a record that cannot be read, Failure(unapplied) for an event that contradicts the ones before
// it.
StateCheck check_state(const store::Log& log, const store::StateStore& stored,
                       const std::function<void(events::Position done, events::Position head)>& progress = {},
                       std::pmr::memory_resource& memory = *std::pmr::new_delete_resource());

}  // namespace catlog::commandhandler
