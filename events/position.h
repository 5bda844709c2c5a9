#pragma once
#include <cstdint>

namespace catlog::events {

// A position in the log, 1, 2, 3, ..; 0 stands before the first event.
using Position = uint64_t;

// What an Int64 field reads as that was never set: absent, NULL.
constexpr int64_t absent_int = INT64_MIN;

}  // namespace catlog::events
