#pragma once
#include <memory>
#include <string_view>

#include "store/engine/engine.h"

namespace catlog::tests {

// Mistakes of a daemon that is made for them (catlogd-mistaken), to see that the recorder finds them.
constexpr std::string_view append_without_leader = "append-without-leader";
constexpr std::string_view receipt_before_engine = "receipt-before-engine";

// Whether the variable CATLOG_MISTAKE names it.
bool is_made(std::string_view mistake);

// The engine with points at which it is killed (kill_points.h); with receipt_before_engine one that says of a batch
// that it is there before it is.
std::unique_ptr<store::engine::Engine> with_mistake(std::unique_ptr<store::engine::Engine> engine);

}  // namespace catlog::tests
