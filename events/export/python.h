#pragma once
#include <string>

namespace catlog::events {

// All that is said on the bus as types for Python 3.11 and later: TypedDicts, Literals and unions of them.
std::string python();

}  // namespace catlog::events
