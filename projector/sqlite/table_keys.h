#pragma once
#include <map>
#include <string>
#include <vector>

#include "events/schema/model.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

// A reference that the schema enforces.
struct ForeignKey {
  std::string table, column;        // who refers
  std::string to_table, to_column;  // to what
  events::schema::OnDelete on_delete = events::schema::OnDelete::RESTRICT;
};

// What the schema asks of the rows of a table beside their own values.
struct TableKeys {
  std::vector<ForeignKey> references;             // of this table to others
  std::vector<ForeignKey> referred;               // of others to this table
  std::vector<std::vector<std::string>> uniques;  // unique keys that are not the primary key
  bool is_key(const std::string& column) const;   // part of a reference or unique key
};

// The keys of every table, as the database's schema has them.
std::map<std::string, TableKeys> read_table_keys(const Database& database);

}  // namespace catlog::projector
