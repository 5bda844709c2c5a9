#pragma once
#include <filesystem>

namespace catlog::projector {

// Has SQLite look at a read model's indexes, a few hundred rows of each, and keep in the file how they are spread: its
// planner chooses by that from then on (sqlite_stat1). What a new generation does not have until this is run for it.
// Others may read and write the file meanwhile, but for some milliseconds. Throws as Database.
void optimize(const std::filesystem::path& read_model);

}  // namespace catlog::projector
