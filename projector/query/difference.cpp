#include "projector/query/difference.h"

#include <algorithm>
#include <compare>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/query/made_rows.h"
#include "projector/query/rows_out.h"

namespace catlog::projector {
namespace {

using Row = std::vector<MadeValue>;

// As SQLite orders: NULL, numbers by value, texts by their bytes.
std::weak_ordering order(const MadeValue& left, const MadeValue& right) {
  const auto kind = [](const MadeValue& value) { return value.index() == 2 ? size_t{1} : value.index(); };
  if (kind(left) != kind(right)) return kind(left) <=> kind(right);
  if (kind(left) == 0) return std::weak_ordering::equivalent;
  if (const auto* text = std::get_if<std::string>(&left)) return *text <=> std::get<std::string>(right);
  const auto number = [](const MadeValue& value) {  // exact for both
    const auto* integer = std::get_if<int64_t>(&value);
    return integer ? static_cast<long double>(*integer) : static_cast<long double>(std::get<double>(value));
  };
  if (number(left) < number(right)) return std::weak_ordering::less;
  return number(left) > number(right) ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

std::weak_ordering order(const Row& left, const Row& right, size_t columns) {
  for (size_t i = 0; i < columns; ++i)
    if (const auto each = order(left[i], right[i]); each != std::weak_ordering::equivalent) return each;
  return std::weak_ordering::equivalent;
}

// The statement's rows by their values: what is a blob is compared as a text.
std::string sorted(std::string_view sql, int columns) {
  while (!sql.empty() && std::string_view("; \t\r\n").contains(sql.back())) sql.remove_suffix(1);
  std::string text = fmt::format("SELECT * FROM (\n{}\n) ORDER BY ", sql);
  for (int column = 1; column <= columns; ++column)
    text += fmt::format("{}{} COLLATE BINARY", column == 1 ? "" : ", ", column);
  return text;
}

// The rows of one of both.
class Side {
 public:
  Side(const Asked& asked, const QueryLimits& limits)
      : guard_(asked.file, guard_options(asked.question, limits)),
        left_out_(read_left_out(guard_.database())),
        asked_(guard_.prepare(asked.question.sql)),
        statement_(guard_.prepare(sorted(guard_.text_of(asked_), asked_.columns()))) {
    guard_.bind(statement_, asked.question.parameters, asked.question.moments);
    next();
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names{"change"};
    for (int column = 0; column < asked_.columns(); ++column) names.emplace_back(asked_.name(column));
    return names;
  }
  bool has_row() const { return row_.has_value(); }
  const Row& row() const { return *row_; }
  Row take() {
    Row row = *std::move(row_);
    next();
    return row;
  }
  Answer answer() { return {guard_.checkpoint(), std::move(left_out_)}; }

 private:
  void next() {
    row_.reset();
    if (!guard_.step(statement_)) return;
    row_.emplace();
    for (int column = 0; column < statement_.columns(); ++column) row_->push_back(value(column));
  }
  MadeValue value(int column) const {
    switch (statement_.type(column)) {
      case ColumnType::null:
        return {};
      case ColumnType::integer:
        return statement_.integer(column);
      case ColumnType::real:
        return statement_.real(column);
      default:
        return std::string(statement_.bytes(column));
    }
  }

  Guard guard_;
  LeftOutEvents left_out_;
  Statement asked_, statement_;
  std::optional<Row> row_;
};

// Writes what differs among the rows that have the same values in their first columns: these stand together.
class Differences {
 public:
  Differences(const std::vector<std::string>& names, size_t key_columns, const Style& style, const QueryLimits& limits,
              std::ostream& out)
      : rows_(names),
        out_(rows_.statement(), style, out),
        key_columns_(std::min(key_columns, names.size() - 1)),
        left_(limits.rows),
        most_(limits.rows) {}
  void only_in_a(Row row) { add(a_, std::move(row)); }
  void only_in_b(Row row) { add(b_, std::move(row)); }
  void finish() {
    flush();
    out_.finish();
  }

 private:
  void add(std::vector<Row>& rows, Row row) {
    const Row* other = !a_.empty() ? &a_.front() : b_.empty() ? nullptr : &b_.front();
    if (other && order(*other, row, key_columns_) != std::weak_ordering::equivalent) flush();
    rows.push_back(std::move(row));
  }
  void flush() {
    const bool has_both = !a_.empty() && !b_.empty();
    for (Row& row : a_) write(has_both ? "before" : "removed", std::move(row));
    for (Row& row : b_) write(has_both ? "after" : "added", std::move(row));
    a_.clear();
    b_.clear();
  }
  void write(const char* change, Row row) {
    if (left_ == 0) refuse_more_rows(most_);
    --left_;
    row.insert(row.begin(), change);
    rows_.set(std::move(row));
    out_.row();
  }

  MadeRows rows_;
  RowsOut out_;
  size_t key_columns_;
  uint64_t left_, most_;
  std::vector<Row> a_, b_;
};

}  // namespace

TwoAnswers run_difference(const Asked& a, const Asked& b, size_t key_columns, const Style& style,
                          const QueryLimits& limits, std::ostream& out) {
  Side before(a, limits), after(b, limits);
  Differences differences(before.names(), key_columns, style, limits, out);
  while (before.has_row() || after.has_row()) {
    auto which = !after.has_row()    ? std::weak_ordering::less
                 : !before.has_row() ? std::weak_ordering::greater
                                     : order(before.row(), after.row(), before.row().size());
    if (which == std::weak_ordering::less) {
      differences.only_in_a(before.take());
    } else if (which == std::weak_ordering::greater) {
      differences.only_in_b(after.take());
    } else {
      before.take();
      after.take();
    }
  }
  differences.finish();
  return {before.answer(), after.answer()};
}

}  // namespace catlog::projector
