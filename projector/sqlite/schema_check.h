#pragma once
#include <map>
#include <string>
#include <vector>

#include "events/error.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

// The SQL of each table, index, view and trigger, by "table movies"; without SQLite's own.
std::map<std::string, std::string> schema_objects(const Database& database);

// SHA-256 of schema_objects, in hex.
std::string schema_digest(const Database& database);
// What it is of a file with this version's schema. A new migration changes it: unit.migrations says to what.
extern const char* const own_schema_digest;

// What is not as this version's migrations make it, each as a sentence: "table movies was changed", "index i is
// missing", "view v was added". Nothing for a file whose schema is of another version: it is migrated first.
std::vector<std::string> schema_faults(const Database& database);

// The schema is not this version's: Exit::damaged, with what to do.
class SchemaChanged : public events::Failure {
 public:
  using Failure::Failure;
};

// Throws SchemaChanged when the projector cannot write to this schema as to its own: something is
// missing or was changed, or a table or trigger was added. Indexes and views that somebody added hold nobody up, and go
// with the next rebuild.
void require_own_schema(const Database& database);

}  // namespace catlog::projector
