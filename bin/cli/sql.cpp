#include <algorithm>
#include <optional>
#include <ostream>
#include <string>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "bin/cli/reading.h"
#include "events/text/datetime.h"
#include "projector/query/plan.h"
#include "projector/sqlite/statement_limits.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;

class Sql : public Reading {
 public:
  explicit Sql(Syntax parent)
      : Reading(parent.subcommand("sql", "Ask the read model in SQL: read-only, with a time limit"),
                "A second moment beside the first: their tables are a.movies and b.movies") {
    syntax().option("query", sql_, "One SELECT statement").required();
    syntax().flag("--diff", wants_difference_,
                  "With --and: run the query for both moments, and show the rows that only one of them gives");
    syntax()
        .flag("--plan", wants_plan_, "Show how SQLite would answer, what it reads whole, and which index would help")
        .excludes(format_option());
    syntax().footer(
        "With --as-of today's tables are there too, as today.movies and so on; the file of a position is kept and "
        "used\n"
        "again, and its building counts for --timeout-s. With --diff a column `change` says removed or added, or, of "
        "rows\n"
        "with the same first column, before and after.\n"
        ":now is the moment that is asked about, as the tables write times: that of --as-of, else the present. Of "
        "two\n"
        "that are asked about side by side they are :now_a and :now_b. SQLite's own 'now' is always the present.\n"
        "The log up to the answer's position is the table log_events: position, recordedAt, stream, streamId, "
        "version,\n"
        "event, commandId, correlationId, userId, ipAddress, userAgent, bytes.\n"
        "Example: catlog sql \"SELECT title, rating FROM movies ORDER BY rating DESC LIMIT 5\"\n"
        "         catlog sql \"SELECT * FROM movies WHERE tmdbId = :id\" --param id=603 --format jsonl\n"
        "         catlog sql --as-of 2026-11-01 \"SELECT m.title, m.rating, t.rating AS today FROM movies m\n"
        "           JOIN today.movies t USING (id) WHERE m.rating <> t.rating\"\n"
        "         catlog sql --as-of 2026-11-01 --and 2026-12-01 --diff \"SELECT id, username, role FROM users\"");
  }

  Exit run(const Settings& settings) override {
    if (wants_difference_ && !is_of_two()) throw Failure(Exit::usage, "--diff is of two moments: give --and too");
    if (wants_plan_ && is_of_a_moment()) throw Failure(Exit::usage, "--plan is of today's read model only");
    if (wants_plan_) return show_plan(settings);
    projector::Question question{sql_, parameters()};
    if (is_of_a_moment()) return ask_then(settings, question);
    const auto asked = file(settings);
    question.moments = {{"now", events::to_sql_datetime(events::now_us())}};
    question.log = log(settings);
    return ask(asked, question);
  }

 private:
  Exit ask(const std::filesystem::path& asked, const projector::Question& question) const {
    return answer(question.log, [&](const auto& style, const auto& limits, std::ostream& out) {
      return std::vector{projector::run_query(asked, question, style, limits, out)};
    });
  }

  Exit ask_then(const Settings& settings, projector::Question& question) {
    const AsOfFiles then = files_of_moments(settings);
    question.log = log(settings);
    if (wants_difference_) return answer_difference(then, question, 1);
    question.beside = then.beside();
    question.only_beside = is_of_two();
    if (!is_of_two()) question.moments = {{"now", then.time(0)}};
    if (is_of_two()) question.moments = {{"now_a", then.time(0)}, {"now_b", then.time(1)}};
    if (is_of_two()) tell("a is as of position {}, b as of position {}\n", then.position(0), then.position(1));
    return ask(then.file(0), question);
  }

  Exit show_plan(const Settings& settings) {
    const auto asked = file(settings);
    const store::Log* of = log(settings);
    projector::limit_statements({});
    const auto plan =
        projector::plan_of(asked, sql_, {.limit = limits().run, .log = of, .at_overdue = end_when_overdue});
    for (const auto& step : plan.steps) {
      show("{}{}\n", std::string(static_cast<size_t>(step.depth) * 2, ' '), step.words);
      if (step.scans_all) tell("{}\n", step.reads);
    }
    for (const auto& index : plan.helpful_indexes)
      tell("an index on {} would help; one made by hand goes with the next rebuild\n", index);
    return Exit::ok;
  }

  std::string sql_;
  bool wants_plan_ = false, wants_difference_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_sql(Syntax parent) { return std::make_unique<Sql>(parent); }

}  // namespace catlog::cli
