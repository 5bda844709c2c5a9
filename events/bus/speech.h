#pragma once
#include <cstdint>

namespace catlog::events {

// How peers speak to a socket.
enum class Speech : uint8_t {
  plain,      // where a file's rights say who may come
  open,       // as plainly, where any account of the machine may come: nobody is known by that
  encrypted,  // with keys (CURVE)
};

}  // namespace catlog::events
