#include "projector/query/plan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "projector/sqlite/guard.h"

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
  if (name == "CONSTANT" || name.starts_with("(") || words.find("VIRTUAL TABLE") != std::string_view::npos) return {};
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

// The read model's tables without rows, and with one more index for each column.
Database with_candidates(const Database& from) {
  Database scratch(":memory:", Open::create);
  Statement schema(from,
                   "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
                   "ORDER BY type = 'table' DESC, rowid");
  while (schema.step()) scratch.run(Sql::generated(schema.text(0)));
  Statement columns(from,
                    "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c "
                    "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND c.pk = 0");
  while (columns.step())
    scratch.run(Sql::generated(fmt::format("CREATE INDEX \"{}{}({})\" ON \"{}\"(\"{}\")", candidate, columns.text(0),
                                           columns.text(1), columns.text(0), columns.text(1))));
  return scratch;
}

}  // namespace

QueryPlan plan_of(const std::filesystem::path& file, std::string_view sql) {
  Guard guard(file, {});
  Statement plan = guard.prepare(explained(sql));
  QueryPlan result{read_steps(plan, [&] { return guard.step(plan); }), {}};
  const Database tried = with_candidates(guard.database());
  Statement better(tried, Sql::typed(explained(sql)));
  for (const PlanStep& step : read_steps(better, [&] { return better.step(); })) {
    const size_t begin = step.words.find(candidate);
    if (begin == std::string::npos) continue;
    const size_t end = step.words.find(')', begin);
    const std::string name = step.words.substr(begin + candidate.size(), end + 1 - begin - candidate.size());
    if (std::ranges::find(result.helpful_indexes, name) == result.helpful_indexes.end())
      result.helpful_indexes.push_back(name);
  }
  return result;
}

}  // namespace catlog::projector
