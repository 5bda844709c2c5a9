#pragma once
#include <string_view>

namespace catlog::events {

// Whether the bytes are UTF-8 (RFC 3629). Threads: reentrant.
bool is_utf8(std::string_view bytes);

}  // namespace catlog::events
