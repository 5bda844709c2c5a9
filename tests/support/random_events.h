#pragma once
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "tests/support/records.h"

namespace catlog::tests {

// A random sequence of commands that are all valid, over few ids so that they meet often: rows are created, changed,
// linked and removed together with what goes with them. The same seed gives the same sequence.
RecordScript random_script(uint64_t seed, size_t commands);

}  // namespace catlog::tests
