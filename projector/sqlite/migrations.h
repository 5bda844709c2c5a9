#pragma once
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

// One numbered change of the schema: migrations/NNNN_name.up.sql and .down.sql, built into the library.
struct Migration {
  int version;  // 1, 2, 3, ..
  std::string_view name, up, down;
};

// In order, without gaps; the last one is this build's schema.
std::span<const Migration> migrations();

// Whether steps up from one schema to another add columns whose values only the log knows: they are empty in the rows
// that are there, and right once the read model was rebuilt. So it is where a release that knew these columns wrote to
// the log before.
bool leaves_columns_empty(int from, int to);

// 0 for an empty file.
int schema_version(const Database& database);

// The copy that is made before a file with this schema is changed: beside it, and removed with it.
std::filesystem::path backup_of(const std::filesystem::path& file, int version);

// Brings the schema to `version`, up or down, in one transaction: schema, PRAGMA user_version, and the version in the
// checkpoint. A file that has tables is copied first (backup_of; an older copy of that name is replaced). Afterwards
// all references are checked, and that each view can be asked. Killed anywhere it has the old schema or the new one,
// and the copy is whole or not there. Throws Failure(usage) when the file's schema is newer than `all`,
// Failure(damaged) when a reference leads nowhere, Failure(failure) for a view that names what is gone; then nothing
// was changed.
void migrate(Database& database, std::span<const Migration> all, int version);
// To this build's schema; an empty file gets it at once, as the steps would make it (they leave no rows in it).
void migrate(Database& database);

// Which indexes of the catalogue's tables a bulk load makes last. unread_by_projection: not unique, and no reference
// leads through it. all: every one that is not part of its table.
enum class Indexes { unread_by_projection, all };

// Drops them; returns the SQL that makes them again.
std::string drop_indexes(Database& database, Indexes which);

}  // namespace catlog::projector
