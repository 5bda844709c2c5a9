#pragma once
#include <cstdint>

namespace catlog::events {

// How peers speak to a socket: as everybody does, or encrypted, with keys (CURVE).
enum class Speech : uint8_t { plain, encrypted };

}  // namespace catlog::events
