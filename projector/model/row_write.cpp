#include "projector/model/row_write.h"

#include <set>
#include <string>

#include <fmt/format.h>

#include "projector/model/projection_sql.h"

namespace catlog::projector {
namespace {

std::set<std::string> indexed_columns(const Database& database, const std::string& table) {
  Statement rows(database, "SELECT c.name FROM pragma_index_list(?1) i JOIN pragma_index_info(i.name) c");
  rows.bind(1, std::string_view(table));
  std::set<std::string> names;
  while (rows.step()) names.emplace(rows.text(0));
  return names;
}

bool is_same(const Statement& row, int column, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value))
    return row.type(column) == ColumnType::integer && row.integer(column) == *integer;
  if (const auto* real = std::get_if<double>(&value))
    return row.type(column) == ColumnType::real && row.real(column) == *real;
  if (const auto* text = std::get_if<std::string_view>(&value))
    return row.type(column) == ColumnType::text && row.bytes(column) == *text;
  return row.is_null(column);
}

}  // namespace

RowWrite::RowWrite(const Database& database, const events::EventType& type) : database_(database), type_(type) {
  const std::string& table = events::model().entity(type.entity).table;
  const auto in_indexes = indexed_columns(database, table);
  const auto columns = bound_columns(type);
  std::string names = "id";
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!in_indexes.contains(columns[i]->name)) continue;
    names += ", " + columns[i]->name;
    indexed_.push_back(i);
  }
  if (type.op == events::Op::CREATE) insert_.emplace(database, Sql::generated(sql_of(type).main));
  if (insert_ || !indexed_.empty())
    read_.emplace(database, Sql::generated(fmt::format("SELECT {} FROM {} WHERE id = ?1", names, table)));
  kept_.resize(indexed_.size());
}

Statement& RowWrite::choose(const Value& id, const std::vector<Value>& values) {
  kept_.assign(indexed_.size(), false);
  if (read_) {
    Query row(*read_);
    bind(*row, 1, id);
    const bool is_there = row->step();
    if (!is_there && insert_) return *insert_;
    for (size_t i = 0; is_there && i < indexed_.size(); ++i)
      kept_[i] = is_same(*row, static_cast<int>(i) + 1, values[indexed_[i]]);
  }
  return without(kept_);
}

Statement& RowWrite::without(const Kept& kept) {
  if (const auto found = updates_.find(kept); found != updates_.end()) return found->second;
  const auto columns = bound_columns(type_);
  std::set<const events::Column*> left_out;
  for (size_t i = 0; i < kept.size(); ++i)
    if (kept[i]) left_out.insert(columns[indexed_[i]]);
  std::string sql = update_without(type_, left_out);
  if (sql.empty()) sql = update_without(type_, {});
  return updates_.emplace(kept, Statement(database_, Sql::generated(sql))).first->second;
}

}  // namespace catlog::projector
