#pragma once
#include <cstdint>
#include <filesystem>

#include "tests/bench/process.h"

namespace catlog::bench {

// Makes a read model of so many movies, three times as many sources, as many audit rows and what belongs to them, in
// SQL: no log has made it. About 1.4 GB and two minutes for a million.
void fill_with_many_rows(const std::filesystem::path& file, uint64_t movies, const Interrupt& interrupt);

}  // namespace catlog::bench
