#include "projector/rebuild/compare.h"

#include <algorithm>
#include <compare>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "events/schema/model.h"
#include "projector/sqlite/migrations.h"
#include "projector/sqlite/schema_check.h"

namespace catlog::projector {

namespace {

using Visit = std::function<bool(const Difference&)>;
using Secrets = std::set<std::pair<std::string, std::string>, std::less<>>;  // table, column

Secrets secret_columns() {
  Secrets secrets;
  for (const events::EventType& event : events::model().events())
    for (const events::Column& column : event.columns)
      if (column.secret) secrets.emplace(events::model().entity(event.entity).table, column.name);
  return secrets;
}

std::vector<std::string> texts(Statement rows) {
  std::vector<std::string> out;
  while (rows.step()) out.emplace_back(rows.text(0));
  return out;
}

std::vector<std::string> tables(const Database& database) {
  return texts(
      Statement(database,
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                " AND name NOT IN ('projection_checkpoint', 'projection_digests') ORDER BY name"));
}

std::vector<std::string> columns_of(const Database& database, const std::string& table, Sql sql) {
  Statement rows(database, sql);
  rows.bind(1, std::string_view(table));
  return texts(std::move(rows));
}

std::string joined(const std::vector<std::string>& names) {
  return names.empty() ? "" : fmt::format("\"{}\"", fmt::join(names, "\", \""));
}

// As SQLite orders values: NULL, numbers, texts, blobs.
std::partial_ordering order(const Statement& left, const Statement& right, int column) {
  auto rank = [&](ColumnType type) {
    return type == ColumnType::null ? 0 : type == ColumnType::text ? 2 : type == ColumnType::blob ? 3 : 1;
  };
  const ColumnType l = left.type(column), r = right.type(column);
  if (rank(l) != rank(r)) return rank(l) <=> rank(r);
  if (l == ColumnType::integer && r == ColumnType::integer) return left.integer(column) <=> right.integer(column);
  if (rank(l) == 1) return left.real(column) <=> right.real(column);
  return left.text(column) <=> right.text(column);
}

// Equal as values; an INTEGER is not the REAL of the same size.
bool same(const Statement& left, const Statement& right, int column) {
  return left.type(column) == right.type(column) && order(left, right, column) == std::partial_ordering::equivalent;
}

class TableComparison {
 public:
  TableComparison(const std::string& table, std::vector<std::string> columns, size_t keys, const Secrets& secrets,
                  const Visit& visit)
      : table_(table), columns_(std::move(columns)), keys_(keys), secrets_(secrets), visit_(visit) {}

  bool run(Statement left, Statement right) const {
    bool has_left = left.step(), has_right = right.step();
    while (has_left || has_right) {
      auto which = !has_left    ? std::partial_ordering::greater
                   : !has_right ? std::partial_ordering::less
                                : key_order(left, right);
      if (which < 0) {
        if (!visit_({table_, key(left), "", "there", "missing"})) return false;
      } else if (which > 0) {
        if (!visit_({table_, key(right), "", "missing", "there"})) return false;
      } else if (!compare_row(left, right)) {
        return false;
      }
      if (which <= 0) has_left = left.step();
      if (which >= 0) has_right = right.step();
    }
    return true;
  }

 private:
  std::partial_ordering key_order(const Statement& left, const Statement& right) const {
    for (size_t i = 0; i < keys_; ++i)
      if (auto found = order(left, right, static_cast<int>(i)); found != 0) return found;
    return std::partial_ordering::equivalent;
  }

  bool compare_row(const Statement& left, const Statement& right) const {
    for (size_t i = keys_; i < columns_.size(); ++i) {
      int column = static_cast<int>(i);
      if (same(left, right, column)) continue;
      if (!visit_({table_, key(left), columns_[i], shown(left, column), shown(right, column)})) return false;
    }
    return true;
  }

  std::string key(const Statement& row) const {
    std::string text(row.text(0));
    for (size_t i = 1; i < keys_; ++i) text += fmt::format(", {}", row.text(static_cast<int>(i)));
    return keys_ > 1 ? "(" + text + ")" : text;
  }

  std::string shown(const Statement& row, int column) const {
    if (row.is_null(column)) return "NULL";
    if (secrets_.contains(std::pair(table_, columns_[static_cast<size_t>(column)]))) return events::hidden_text;
    return std::string(row.text(column));
  }

  const std::string& table_;
  std::vector<std::string> columns_;  // the key's first
  size_t keys_;
  const Secrets& secrets_;
  const Visit& visit_;
};

bool compare_table(const Database& left, const Database& right, const std::string& table, const Secrets& secrets,
                   const Visit& visit) {
  constexpr Sql key_sql = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk";
  constexpr Sql rest_sql = "SELECT name FROM pragma_table_info(?1) WHERE pk = 0 ORDER BY cid";
  auto keys = columns_of(left, table, key_sql), columns = columns_of(left, table, rest_sql);
  if (keys.empty() || keys != columns_of(right, table, key_sql) || columns != columns_of(right, table, rest_sql))
    return visit({table, "", "", joined(columns), joined(columns_of(right, table, rest_sql))});
  size_t key_count = keys.size();
  std::string order_by = joined(keys);
  keys.insert(keys.end(), columns.begin(), columns.end());
  std::string select = fmt::format("SELECT {} FROM \"{}\" ORDER BY {}", joined(keys), table, order_by);
  return TableComparison(table, keys, key_count, secrets, visit)
      .run(Statement(left, Sql::generated(select)), Statement(right, Sql::generated(select)));
}

}  // namespace

std::string to_text(const Difference& difference, std::string_view left_name, std::string_view right_name) {
  return fmt::format("{}{}{}{}{}: {} has {}, {} has {}", difference.table, difference.key.empty() ? "" : " ",
                     difference.key, difference.column.empty() ? "" : " ", difference.column, left_name,
                     difference.left, right_name, difference.right);
}

void compare_schemas(const Database& left, const Database& right, const Visit& visit) {
  if (schema_version(left) != schema_version(right)) return;
  const auto of_left = schema_objects(left), of_right = schema_objects(right);
  std::map<std::string, std::string> all(of_left);
  all.insert(of_right.begin(), of_right.end());
  const auto sql_in = [](const auto& objects, const std::string& name) {
    const auto found = objects.find(name);
    return found == objects.end() ? std::string("missing") : found->second;
  };
  for (const auto& [name, sql] : all) {
    const bool is_in_both = of_left.contains(name) && of_right.contains(name);
    if (name.starts_with("table ") && !is_in_both) continue;
    const std::string in_left = sql_in(of_left, name), in_right = sql_in(of_right, name);
    if (in_left != in_right && !visit({name, "", "", in_left, in_right})) return;
  }
}

void compare(const Database& left, const Database& right, const Visit& visit) {
  Secrets secrets = secret_columns();
  auto of_left = tables(left), of_right = tables(right);
  std::vector<std::string> all;
  std::set_union(of_left.begin(), of_left.end(), of_right.begin(), of_right.end(), std::back_inserter(all));
  for (const std::string& table : all) {
    bool in_left = std::binary_search(of_left.begin(), of_left.end(), table);
    bool in_right = std::binary_search(of_right.begin(), of_right.end(), table);
    bool more = in_left && in_right
                    ? compare_table(left, right, table, secrets, visit)
                    : visit({table, "", "", in_left ? "there" : "missing", in_right ? "there" : "missing"});
    if (!more) return;
  }
}

std::optional<Difference> first_difference(const Database& left, const Database& right) {
  std::optional<Difference> first;
  compare(left, right, [&](const Difference& difference) {
    first = difference;
    return false;
  });
  return first;
}

}  // namespace catlog::projector
