#include "projector/query/plan.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/sqlite/log_table.h"
#include "projector/sqlite/table_layout.h"

namespace catlog::projector {
namespace {

constexpr std::string_view candidate = "candidate ";  // how names of indexes begin that are tried

std::string explained(std::string_view sql) { return fmt::format("EXPLAIN QUERY PLAN {}", sql); }

// "SCAN movies", "SCAN m USING COVERING INDEX ..": the first reads a table, the second all of an index.
std::optional<std::string> scanned_table(std::string_view words) {
  constexpr std::string_view scan = "SCAN ";
  if (!words.starts_with(scan)) return {};
  const bool is_log = words.find(log_from_end_to_end) != std::string_view::npos;
  words.remove_prefix(scan.size());
  const auto name = words.substr(0, words.find(' '));
  if (words.find("CONSTANT ROW") != std::string_view::npos || name.starts_with("(") ||
      (words.find("VIRTUAL TABLE") != std::string_view::npos && !is_log))
    return {};
  return std::string(name);
}

// What a step that looks nothing up reads, for people.
std::string reading_of(std::string_view words, std::string_view name) {
  if (words.find(log_from_end_to_end) != std::string_view::npos)
    return fmt::format(
        "{} is read from the log's first event on, to its end unless LIMIT is reached before: only "
        "conditions on position and recordedAt are looked up",
        name);
  constexpr std::string_view covering = " USING COVERING INDEX ", in_order = " USING INDEX ";
  if (const size_t at = words.find(covering); at != std::string_view::npos)
    return fmt::format("all of the index {} is read, unless LIMIT is reached before, and no row of {} itself",
                       words.substr(at + covering.size()), name);
  if (const size_t at = words.find(in_order); at != std::string_view::npos)
    return fmt::format(
        "{} is read in the order of the index {}, row by row until LIMIT is reached: without one, all "
        "of it",
        name, words.substr(at + in_order.size()));
  return fmt::format("{} is read from end to end", name);
}

std::vector<PlanStep> read_steps(Statement& plan, const std::function<bool()>& next) {
  std::vector<PlanStep> steps;
  std::map<int64_t, int> depths;  // by the step's number
  while (next()) {
    const auto parent = depths.find(plan.integer(1));
    const int depth = parent == depths.end() ? 0 : parent->second + 1;
    depths[plan.integer(0)] = depth;
    std::string words(plan.text(3));
    auto scans_all = scanned_table(words);
    std::string reads = scans_all ? reading_of(words, *scans_all) : "";
    steps.push_back({depth, std::move(words), std::move(scans_all), std::move(reads)});
  }
  return steps;
}

// The indexes of a file, and the columns that they begin with, as "movies(rating)".
struct IndexesThere {
  std::set<std::string, std::less<>> names, first_columns;
};
IndexesThere indexes_of(const Database& database) {
  IndexesThere found;
  Statement indexes(
      database,
      "SELECT l.name, t.name || '(' || c.name || ')' FROM sqlite_schema t JOIN pragma_index_list(t.name) l "
      "JOIN pragma_index_info(l.name) c WHERE t.type = 'table' AND c.seqno = 0");
  while (indexes.step()) {
    found.names.emplace(indexes.text(0));
    found.first_columns.emplace(indexes.text(1));
  }
  return found;
}

// Tables without rows, with the indexes that there are, and with one more for each column that none of these begins
// with. Somebody's own tables are not among them.
Database with_candidates(const IndexesThere& there) {
  Database scratch = schema_in_memory();
  std::string changes;
  {
    Statement indexes(scratch, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL");
    while (indexes.step())
      if (!there.names.contains(indexes.text(0))) changes += fmt::format("DROP INDEX \"{}\";", indexes.text(0));
    Statement columns(scratch,
                      "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c "
                      "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.pk = 0");
    while (columns.step())
      if (const auto column = fmt::format("{}({})", columns.text(0), columns.text(1));
          !there.first_columns.contains(column))
        changes += fmt::format("CREATE INDEX \"{}{}\" ON \"{}\"(\"{}\");", candidate, column, columns.text(0),
                               columns.text(1));
  }
  scratch.run(Sql::generated(changes));
  return scratch;
}

bool sorts(const PlanStep& step) { return step.words.starts_with("USE TEMP B-TREE"); }

// The candidates that one of both plans is better by, as "movies(runtime)".
std::vector<std::string> helpful(const std::vector<PlanStep>& now, const std::vector<PlanStep>& with) {
  const bool sorts_less = std::ranges::count_if(with, sorts) < std::ranges::count_if(now, sorts);
  std::vector<std::string> names;
  for (const PlanStep& step : with) {
    const size_t begin = step.words.find(candidate);
    if (begin == std::string::npos) continue;
    constexpr std::string_view search = "SEARCH ";
    const auto is_read_whole_now = [&](const PlanStep& other) {
      return other.scans_all && step.words.starts_with(fmt::format("{}{} ", search, *other.scans_all));
    };
    if (!sorts_less && std::ranges::none_of(now, is_read_whole_now)) continue;
    const size_t end = step.words.find(')', begin);
    std::string name = step.words.substr(begin + candidate.size(), end + 1 - begin - candidate.size());
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

// The index by which a step reads what the query calls so.
std::optional<std::string> index_used(std::string_view words, std::string_view name) {
  constexpr std::string_view index = " INDEX ";
  const size_t begin = words.find(' ') + 1, at = words.find(index);
  if (at == std::string_view::npos || words.find(" AUTOMATIC ") != std::string_view::npos) return {};
  if (words.substr(begin, words.find(' ', begin) - begin) != name) return {};
  words.remove_prefix(at + index.size());
  return std::string(words.substr(0, words.find(' ')));
}

// As this version's schema has them answered; nothing for what it cannot answer.
std::optional<std::vector<PlanStep>> own_steps(std::string_view sql) try {
  const Database own = schema_in_memory();
  Statement plan(own, Sql::typed(explained(sql)));
  return read_steps(plan, [&] { return plan.step(); });
} catch (const events::Failure&) {
  return {};
}

}  // namespace

std::vector<std::string> scanned_for_want_of_an_index(const std::filesystem::path& file, std::string_view sql) {
  const auto as_it_should = own_steps(sql);
  if (!as_it_should) return {};
  const auto there = indexes_of(Database(file, Open::read)).names;
  const auto is_missed_in = [&](const std::string& name) {
    return std::ranges::any_of(*as_it_should, [&](const PlanStep& step) {
      const auto used = index_used(step.words, name);
      return used && !there.contains(*used);
    });
  };
  std::vector<std::string> names;
  for (const PlanStep& step : plan_of(file, sql).steps) {
    const auto is_same = [&](const PlanStep& other) { return other.scans_all == step.scans_all; };
    if (step.scans_all && (std::ranges::none_of(*as_it_should, is_same) || is_missed_in(*step.scans_all)))
      names.push_back(*step.scans_all);
  }
  return names;
}

QueryPlan plan_of(const std::filesystem::path& file, std::string_view sql, GuardOptions options) {
  // Its timer goes on while the plan with other indexes is made.
  Guard guard(file, std::move(options));
  Statement plan = guard.prepare(explained(sql));
  QueryPlan result{read_steps(plan, [&] { return guard.step(plan); }), {}};
  const Database tried = with_candidates(indexes_of(guard.database()));
  try {
    Statement better(tried, Sql::typed(explained(sql)));
    result.helpful_indexes = helpful(result.steps, read_steps(better, [&] { return better.step(); }));
  } catch (const events::Failure&) {
    // It asks of what only this file has.
  }
  return result;
}

}  // namespace catlog::projector
