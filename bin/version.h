#pragma once

namespace catlog {

// The version of all programs; until 1.0 formats may change from one to the next.
constexpr const char* version = "0.1.0";

}  // namespace catlog
