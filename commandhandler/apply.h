#pragma once
#include <optional>

#include <capnp/any.h>

#include "commandhandler/state.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::commandhandler {

// A column's value as the state holds it; NULL when it is absent.
Value value_of(const events::Column& column, capnp::AnyStruct::Reader group);

// The digest that the state keeps of an event's column group.
GroupDigest digest_of(capnp::AnyStruct::Reader group);

// Folds one event into the state: the only thing that changes it, and it writes only what is in the event.
// Events are applied in the order of their positions. `digest`: of its column group, when the caller has it already.
// Throws Failure(unapplied) for an event that this version does not know or that contradicts the state.
void apply(State& state, const events::RecordReader& record, const std::optional<GroupDigest>& digest = {});

}  // namespace catlog::commandhandler
