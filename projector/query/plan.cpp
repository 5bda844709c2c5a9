#include "projector/query/plan.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/sqlite/table_layout.h"

namespace catlog::projector {
namespace {

constexpr std::string_view candidate = "candidate ";  // how names of indexes begin that are tried

std::string explained(std::string_view sql) { return fmt::format("EXPLAIN QUERY PLAN {}", sql); }

// "SCAN movies", "SCAN m USING COVERING INDEX ..": the first reads a table, the second all of an index.
std::optional<std::string> scanned_table(std::string_view words) {
  constexpr std::string_view scan = "SCAN ";
  if (!words.starts_with(scan)) return {};
  words.remove_prefix(scan.size());
  const auto name = words.substr(0, words.find(' '));
  if (words.find("CONSTANT ROW") != std::string_view::npos || name.starts_with("(") ||
      words.find("VIRTUAL TABLE") != std::string_view::npos)
    return {};
  return std::string(name);
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
    steps.push_back({depth, std::move(words), std::move(scans_all)});
  }
  return steps;
}

// Tables without rows, and with one more index for each column. Somebody's own tables are not among them.
Database with_candidates() {
  Database scratch = schema_in_memory();
  std::string indexes;
  {
    Statement columns(scratch,
                      "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c "
                      "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND c.pk = 0");
    while (columns.step())
      indexes += fmt::format("CREATE INDEX \"{}{}({})\" ON \"{}\"(\"{}\");", candidate, columns.text(0),
                             columns.text(1), columns.text(0), columns.text(1));
  }
  scratch.run(Sql::generated(indexes));
  return scratch;
}

// Names of candidates in a plan's words, as "movies(rating)".
std::vector<std::string> candidates_in(const std::vector<PlanStep>& steps) {
  std::vector<std::string> names;
  for (const PlanStep& step : steps) {
    const size_t begin = step.words.find(candidate);
    if (begin == std::string::npos) continue;
    const size_t end = step.words.find(')', begin);
    std::string name = step.words.substr(begin + candidate.size(), end + 1 - begin - candidate.size());
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::vector<std::string> scanned_for_want_of_an_index(const std::filesystem::path& file, std::string_view sql) {
  std::vector<PlanStep> as_it_should;
  try {
    const Database own = schema_in_memory();
    Statement plan(own, Sql::typed(explained(sql)));
    as_it_should = read_steps(plan, [&] { return plan.step(); });
  } catch (const events::Failure&) {
    return {};
  }
  std::vector<std::string> names;
  for (const PlanStep& step : plan_of(file, sql).steps) {
    const auto is_same = [&](const PlanStep& other) { return other.scans_all == step.scans_all; };
    if (step.scans_all && std::ranges::none_of(as_it_should, is_same)) names.push_back(*step.scans_all);
  }
  return names;
}

QueryPlan plan_of(const std::filesystem::path& file, std::string_view sql, GuardOptions options) {
  // Its timer goes on while the plan with other indexes is made.
  Guard guard(file, std::move(options));
  Statement plan = guard.prepare(explained(sql));
  QueryPlan result{read_steps(plan, [&] { return guard.step(plan); }), {}};
  const Database tried = with_candidates();
  try {
    Statement better(tried, Sql::typed(explained(sql)));
    result.helpful_indexes = candidates_in(read_steps(better, [&] { return better.step(); }));
  } catch (const events::Failure&) {
    // It asks of what only this file has.
  }
  return result;
}

}  // namespace catlog::projector
