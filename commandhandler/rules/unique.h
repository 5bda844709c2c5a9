#pragma once
#include <cstdint>

#include <capnp/any.h>

#include "commandhandler/rules/refusal.h"
#include "commandhandler/state/state.h"

namespace catlog::commandhandler {

// `duplicate` when an event of this type with the column group `group`, in the stream of row `stream_id`, would give
// its row a unique key, or a name that is compared, that another row has. A column that the event does not carry has
// the value that the row has.
OrRefusal<void> check_unique(const State& state, const events::EventType& type, int64_t stream_id,
                             capnp::AnyStruct::Reader group);

}  // namespace catlog::commandhandler
