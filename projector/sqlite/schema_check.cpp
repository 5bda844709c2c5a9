#include "projector/sqlite/schema_check.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/digest.h"
#include "events/error.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/table_layout.h"

namespace catlog::projector {

using events::Exit;

std::map<std::string, std::string> schema_objects(const Database& database) {
  std::map<std::string, std::string> objects;
  Statement rows(database,
                 "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' "
                 "ESCAPE '\\'");
  while (rows.step()) objects.emplace(rows.text(0), rows.text(1));
  return objects;
}

const char* const own_schema_digest = "19bb13997f51f2ac61f0002177c8d25f2a1f8ef08a5e9f46e9470ed6c9d6b95f";

std::string schema_digest(const Database& database) {
  std::string all;
  for (const auto& [name, sql] : schema_objects(database)) all += fmt::format("{}\n{}\n", name, sql);
  return events::hex(events::sha256(all));
}

std::vector<std::string> schema_faults(const Database& database) {
  std::vector<std::string> faults;
  if (schema_version(database) != static_cast<int>(migrations().size())) return faults;
  if (schema_digest(database) == own_schema_digest) return faults;  // making one to compare with takes 40 ms
  const auto found = schema_objects(database), own = schema_objects(schema_in_memory());
  for (const auto& [name, sql] : own) {
    const auto same = found.find(name);
    if (same == found.end())
      faults.push_back(fmt::format("{} is missing", name));
    else if (same->second != sql)
      faults.push_back(fmt::format("{} was changed", name));
  }
  for (const auto& [name, sql] : found)
    if (!own.contains(name)) faults.push_back(fmt::format("{} was added", name));
  return faults;
}

void require_own_schema(const Database& database) {
  const auto faults = schema_faults(database);
  const auto fault = std::ranges::find_if(faults, [](const std::string& each) {
    return !each.ends_with("was added") || each.starts_with("table") || each.starts_with("trigger");
  });
  if (fault == faults.end()) return;
  throw SchemaChanged(Exit::damaged,
                      fmt::format("{} has a schema that is not catlog's: {}. Somebody with the right to write "
                                  "did that; run `catlog rebuild`",
                                  database.file().string(), *fault));
}

}  // namespace catlog::projector
