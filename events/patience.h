#pragma once
#include <chrono>

namespace catlog::events {

// How long the daemon may be silent or away (a restart, say) while somebody waits for its answer.
constexpr std::chrono::milliseconds patience{60'000};

}  // namespace catlog::events
