#include "projector/rebuild/migrate_live.h"

#include <fmt/format.h>

#include "events/error.h"
#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/schema_check.h"

namespace catlog::projector {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

std::vector<std::string> steps_between(int from, int to) {
  std::vector<std::string> steps;
  const auto all = migrations();
  for (int version = from + 1; version <= to; ++version)
    steps.push_back(fmt::format("up {}", all[static_cast<size_t>(version - 1)].name));
  for (int version = from; version > to; --version)
    steps.push_back(fmt::format("down {}", all[static_cast<size_t>(version - 1)].name));
  return steps;
}

fs::path live_file(const fs::path& read_model_directory) {
  if (fs::exists(read_model_directory))
    if (const auto live = Generations(read_model_directory).current_path()) return *live;
  throw Failure(Exit::usage, fmt::format("there is no read model in {}: one that is made has this version's schema",
                                         read_model_directory.string()));
}

}  // namespace

LiveMigration plan_live_migration(const fs::path& read_model_directory, std::optional<uint64_t> to) {
  const auto newest = migrations().size();
  const uint64_t wanted = to.value_or(newest);
  // 0 is no read model any more.
  if (wanted < 1 || wanted > newest)
    throw Failure(Exit::usage, fmt::format("this version knows the schemas 1 to {}, not {}", newest, wanted));
  const fs::path file = live_file(read_model_directory);
  const Database database(file, Open::write);  // one that was killed is rolled back first, which reading cannot do
  const int from = read_checkpoint(database).schema_version;
  if (from < 1 || from > static_cast<int>(newest))
    throw Failure(Exit::usage,
                  fmt::format("{} has schema {}, made by a later version; this one knows {}: use the later "
                              "one (its `catlog migrate --to {}` brings the file back to this one's), or "
                              "run `catlog rebuild`",
                              file.string(), from, newest, newest));
  LiveMigration plan{.file = file, .from = from, .to = static_cast<int>(wanted)};
  plan.steps = steps_between(plan.from, plan.to);
  plan.copy = backup_of(file, from);
  plan.wants_rebuild = wanted == newest && leaves_columns_empty(plan.from, plan.to);
  return plan;
}

void run_live_migration(const LiveMigration& migration) {
  remove_unfinished_backups(migration.file);
  Database database(migration.file, Open::write);
  require_own_schema(database);
  migrate(database, migrations(), migration.to);
}

}  // namespace catlog::projector
