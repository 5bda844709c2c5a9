#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace catlog::projector {

// What bringing the live read model to another schema takes.
struct LiveMigration {
  std::filesystem::path file;  // the live generation
  int from = 0, to = 0;
  std::vector<std::string> steps =
      {};                           // "up 0006_readers", in the order in which they are done; none: it has that schema
  std::filesystem::path copy = {};  // made before, and removed when the generation is
  // The steps would leave new columns empty (leaves_columns_empty): it is to be built from the log instead, which gives
  // it this version's schema too.
  bool wants_rebuild = false;
};

// `to`: a schema that this version knows, its newest unless given. Changes nothing. Throws Failure(usage) for another
// number, for a file of a later version, and where there is no read model; Failure(damaged) for what is none.
LiveMigration plan_live_migration(const std::filesystem::path& read_model_directory, std::optional<uint64_t> to);

// Does it, as migrate (migrations.h) does. The caller holds the projector's role, so that nobody else writes. Throws as
// migrate, Busy while somebody reads a file that is not in WAL mode, and SchemaChanged, before anything is done, for a
// file of this version's schema that somebody changed.
void run_live_migration(const LiveMigration& migration);

}  // namespace catlog::projector
