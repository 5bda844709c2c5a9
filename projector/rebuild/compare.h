#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

// One place where two read models differ. Secret columns show as "(hidden)".
struct Difference {
  std::string table;
  std::string key;          // "42", "(42, 7)"; empty: the table itself is missing on one side, or, of "table movies",
                            // "index i", its SQL is another one
  std::string column;       // empty: the row (or table) is there on one side only
  std::string left, right;  // as text; NULL is "NULL"; for a whole row "there" or "missing"
};

// "movies 42 title: left 'A', right 'B'"
std::string to_text(const Difference& difference, std::string_view left_name, std::string_view right_name);

// Compares all tables of two read models row by row in the order of their primary keys, and hands over every difference
// until `visit` returns false. The checkpoint is not compared: it may differ in state and schema version; nor are the
// stored digests: they follow from the rows. Memory: one row of each side. For a stable answer both must be inside a
// read transaction, or known to nobody else.
void compare(const Database& left, const Database& right, const std::function<bool(const Difference&)>& visit);

// The same of what makes their schemas (schema_check.h), where those are of one version. Tables that only one side has
// are for compare(). Of a read model that is written in bulk only after finish_bulk: its indexes come last.
void compare_schemas(const Database& left, const Database& right, const std::function<bool(const Difference&)>& visit);

// The first difference of compare(), if any.
std::optional<Difference> first_difference(const Database& left, const Database& right);

}  // namespace catlog::projector
