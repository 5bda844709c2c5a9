#pragma once
#include <cstdint>

#include <capnp/any.h>

#include "commandhandler/refusal.h"
#include "commandhandler/state.h"

namespace catlog::commandhandler {

// The values by which a not unique index of names finds a row (events/model.h, Index::by_identity).
Value identity_of(const Value& value);

// `duplicate` when an event of this type with the column group `group`, in the stream of row `stream_id`, would give
// its row a unique key, or a name that is compared, that another row has. A column that the event does not carry has
// the value that the row has.
OrRefusal<void> check_unique(const State& state, const events::EventType& type, int64_t stream_id,
                             capnp::AnyStruct::Reader group);

}  // namespace catlog::commandhandler
