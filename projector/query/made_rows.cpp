#include "projector/query/made_rows.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::projector {
namespace {

// SELECT ?1 AS "name", ..; names of columns may hold anything.
std::string selects(const std::vector<std::string>& names) {
  std::string sql;
  for (const std::string& name : names) {
    sql += sql.empty() ? "SELECT ? AS \"" : ", ? AS \"";
    for (const char each : name) sql.append(each == '"' ? 2 : 1, each);
    sql += '"';
  }
  return sql;
}

}  // namespace

MadeRows::MadeRows(const std::vector<std::string>& names)
    : database_(":memory:", Open::write), statement_(database_, Sql::generated(selects(names))) {}

void MadeRows::set(std::vector<MadeValue> values) {
  CATLOG_CHECK(values.size() == static_cast<size_t>(statement_.parameters()));
  statement_.reset();
  values_ = std::move(values);
  for (size_t i = 0; i < values_.size(); ++i) {
    const int parameter = static_cast<int>(i) + 1;
    if (const auto* integer = std::get_if<int64_t>(&values_[i]))
      statement_.bind(parameter, *integer);
    else if (const auto* real = std::get_if<double>(&values_[i]))
      statement_.bind(parameter, *real);
    else if (const auto* text = std::get_if<std::string>(&values_[i]))
      statement_.bind(parameter, std::string_view(*text));
    else
      statement_.bind_null(parameter);
  }
  statement_.step();
}

}  // namespace catlog::projector
