#pragma once
#include <filesystem>

namespace catlog::projector {

// Looks at every table of a read model that nobody writes: its pages and indexes, every constraint of every row
// (integrity_check), and every reference (foreign_key_check). Tables are looked at on two connections at one time, for
// this is the longest part of a rebuild. Throws Failure(damaged) with the first fault that was found.
void check_built(const std::filesystem::path& file);

}  // namespace catlog::projector
