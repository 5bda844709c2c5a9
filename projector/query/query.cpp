#include "projector/query/query.h"

#include <algorithm>
#include <ostream>
#include <thread>

#include <fmt/format.h>

#include "projector/query/rows_out.h"
#include "projector/sqlite/guard.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

namespace {

constexpr std::chrono::milliseconds look_again_after{5};

// begin(statement), row(statement) for each row, end().
template <class Begin, class Row, class End>
Answer ask(const std::filesystem::path& file, const Question& question, const QueryLimits& limits, Begin&& begin,
           Row&& row, End&& end) {
  Guard guard(file, guard_options(question, limits));
  auto left_out = read_left_out(guard.database());
  Statement statement = guard.prepare(question.sql);
  guard.bind(statement, question.parameters, question.moments);
  begin(statement);
  for (uint64_t count = 0; guard.step(statement); ++count) {
    if (count == limits.rows) refuse_more_rows(limits.rows);
    row(statement);
  }
  end();
  return {guard.checkpoint(), std::move(left_out)};
}

Cell cell_of(const Statement& statement, int column) {
  const ColumnType type = statement.type(column);  // before it is read as a text
  Cell cell;
  if (type == ColumnType::integer || type == ColumnType::real) cell.number = statement.real(column);
  cell.text = statement.text(column);
  return cell;
}

}  // namespace

GuardOptions guard_options(const Question& question, const QueryLimits& limits) {
  return {.limit = limits.run,
          .limit_as_given = limits.given,
          .beside = question.beside,
          .only_beside = question.only_beside,
          .log = question.log,
          .at_overdue = limits.at_overdue};
}

Answer run_query(const std::filesystem::path& file, const Question& question, const Style& style,
                 const QueryLimits& limits, std::ostream& out) {
  std::optional<RowsOut> rows;
  return ask(
      file, question, limits, [&](const Statement& statement) { rows.emplace(statement, style, out); },
      [&](const Statement&) { rows->row(); }, [&] { rows->finish(); });
}

CollectedAnswer collect_query(const std::filesystem::path& file, const Question& question, const QueryLimits& limits) {
  Rows rows;
  Answer answer = ask(
      file, question, limits,
      [&](const Statement& statement) {
        for (int i = 0; i < statement.columns(); ++i) rows.names.emplace_back(statement.name(i));
      },
      [&](const Statement& statement) {
        auto& row = rows.rows.emplace_back();
        for (int i = 0; i < statement.columns(); ++i) row.push_back(cell_of(statement, i));
      },
      [] {});
  return {std::move(rows), std::move(answer)};
}

void refuse_more_rows(uint64_t limit) {
  throw Failure(Exit::refused, fmt::format("there are more than {} rows; ask for fewer with LIMIT, or give a larger "
                                           "--max-rows",
                                           limit));
}

void wait_for_position(const std::filesystem::path& link, Position position, const QueryLimits& limits) {
  auto deadline = std::chrono::steady_clock::now() + limits.wait;
  for (Position reached = 0;;) {
    // Opened anew each time: another generation may take its place meanwhile.
    if (std::filesystem::exists(link)) reached = read_checkpoint(Database(link, Open::read)).position;
    if (reached >= position) return;
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Failure(Exit::unreachable,
                    fmt::format("the read model is at position {} and did not reach {} within {} ms: "
                                "is catlogd running? `catlog status` tells",
                                reached, position, limits.wait.count()));
    }
    std::this_thread::sleep_for(look_again_after);
  }
}

}  // namespace catlog::projector
