#include "events/schema/upcast.h"

// Nothing else is defined here: a test may link another list in place of this one.

namespace catlog::events {

// Empty: no event has changed its meaning yet.
constinit const std::span<const Upcast> upcasts;

}  // namespace catlog::events
