#pragma once
#include <optional>

#include <capnp/any.h>

#include "commandhandler/state/state.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::commandhandler {

// Folds one event into the state: the only thing that changes it, and it writes only what is in the event.
// Events are applied in the order of their positions. `digest`: of its column group, when the caller has it already.
// Throws Failure(unapplied) for an event that this version does not know or that contradicts the state.
void apply(State& state, const events::RecordReader& record, const std::optional<GroupDigest>& digest = {});

}  // namespace catlog::commandhandler
