#pragma once
#include <string>
#include <vector>

#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/value.h"

namespace catlog::projector {

// A table's columns in its order, and what each holds in a row that says nothing about it. Lifetime: the values of
// text die with the layout; movable.
struct TableLayout {
  struct Column {
    std::string name;
    bool is_key = false;
    std::string default_text;  // of a text
    Value default_value;       // its default, in the column's type; a view of default_text
  };
  std::string table;
  std::vector<Column> columns;

  std::string insert_sql() const;
};

// Throws Failure(failure) when there is no such table.
TableLayout layout_of(const Database& database, const std::string& table);

// An empty database in memory with this build's schema: where layouts come from when there is no file.
Database schema_in_memory();

}  // namespace catlog::projector
