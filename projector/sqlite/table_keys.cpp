#include "projector/sqlite/table_keys.h"

#include <algorithm>

namespace catlog::projector {

namespace {

using events::schema::OnDelete;

OnDelete on_delete_of(std::string_view sql) {
  return sql == "CASCADE" ? OnDelete::CASCADE : sql == "SET NULL" ? OnDelete::SET_NULL : OnDelete::RESTRICT;
}

}  // namespace

bool TableKeys::is_key(const std::string& column) const {
  return std::ranges::any_of(references, [&](const ForeignKey& key) { return key.column == column; }) ||
         std::ranges::any_of(uniques, [&](const auto& unique) { return std::ranges::count(unique, column) != 0; });
}

std::map<std::string, TableKeys> read_table_keys(const Database& database) {
  std::map<std::string, TableKeys> tables;
  Statement references(database, R"(
      SELECT t.name, f."from", f."table", f."to", f.on_delete
      FROM sqlite_schema t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table' ORDER BY t.name, f.id)");
  while (references.step()) {
    ForeignKey key{std::string(references.text(0)), std::string(references.text(1)), std::string(references.text(2)),
                   std::string(references.text(3)), on_delete_of(references.text(4))};
    tables[key.to_table].referred.push_back(key);
    tables[key.table].references.push_back(std::move(key));
  }
  Statement uniques(database, R"(
      SELECT t.name, c.name, c.seqno FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
      WHERE t.type = 'table' AND i."unique" AND i.origin <> 'pk' ORDER BY t.name, i.name, c.seqno)");
  while (uniques.step()) {
    auto& keys = tables[std::string(uniques.text(0))].uniques;
    if (uniques.integer(2) == 0) keys.emplace_back();
    keys.back().emplace_back(uniques.text(1));
  }
  return tables;
}

}  // namespace catlog::projector
