#include <algorithm>
#include <functional>
#include <new>
#include <optional>
#include <ostream>

#include <fmt/format.h>

#include "bin/cli/as_of.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "projector/query/plan.h"
#include "projector/query/query.h"
#include "projector/query/reports.h"
#include "projector/query/spool.h"
#include "projector/sqlite/statement_limits.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using projector::Format;

constexpr unsigned max_timeout_s = 86'400;

// `name=value`. Throws Failure(usage).
std::vector<projector::Parameter> read_parameters(const std::vector<std::string>& given) {
  std::vector<projector::Parameter> parameters;
  for (const std::string& each : given) {
    const size_t equals = each.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw Failure(Exit::usage, fmt::format("--param {} is no name=value", each));
    parameters.push_back({each.substr(0, equals), each.substr(equals + 1)});
  }
  return parameters;
}

// What reads of the read model share: a format, a position to wait for, limits.
class Reading : public Subcommand {
 protected:
  explicit Reading(Syntax words)
      : Subcommand(words),
        wait_for_option_(
            words.option("--wait-for", wait_for_, "Wait until the read model holds this position of the log")) {
    words.option("--format", format_, "table, csv, json (an array), jsonl (an object a line) or markdown")
        .one_of({"table", "csv", "json", "jsonl", "markdown"})
        .shows_default();
    words.option("--null", style_.null_text, "How NULL is written in csv, table and markdown; empty unless given");
    words.option("--timeout-s", timeout_s_, "The longest to wait, and the longest for the query, in seconds")
        .between(1, max_timeout_s)
        .shows_default();
    words.option("--max-rows", max_rows_, "More rows than this end the query").at_least(1);
    words.option("--param", parameters_, "name=value for :name; may be given several times").one_at_a_time();
  }

  Option wait_for_option() const { return wait_for_option_; }
  Format format() const { return projector::format_named(format_).value(); }

  // Where an answer says which position it is from and what is left out.
  enum class Origin { on_stderr, in_the_answer };

  // Runs `ask(style, limits, out)`. Whoever takes the rows slowly holds up neither the statement nor its transaction.
  // `head`: the log's; none: it may not be read. `before_end`: when the process ends in the middle.
  template <class Ask>
  Exit answer(std::optional<events::Position> head, Origin origin, Ask&& ask,
              std::function<void()> before_end = {}) const {
    projector::limit_statements({});
    projector::QueryLimits bounded = limits();
    bounded.rows = max_rows_.value_or(UINT64_MAX);
    bounded.at_overdue = overdue_after(std::move(before_end));
    projector::Style style = style_;
    style.format = format();
    projector::Spool spool(data_out());
    std::ostream out(&spool);
    out.exceptions(std::ios::badbit);  // what the spool throws is the reason
    try {
      const projector::Answer answer = ask(style, bounded, out);
      out.flush();
      if (origin == Origin::on_stderr) tell_origin(answer, head);
      spool.finish();
      return Exit::ok;
    } catch (const Failure& failure) {
      // Told before the rows that there are have been taken, which may be never.
      tell("catlog: {}\n", failure.what());
      return failure.code();
    } catch (const std::bad_alloc&) {
      tell("catlog: the answer needs more memory than it may have: ask for less at once\n");
      return Exit::refused;
    }
  }

  static std::function<void()> overdue_after(std::function<void()> before_end) {
    return [before_end = std::move(before_end)] {
      if (before_end) before_end();
      end_process("the query did not end when its time was over; this process ends instead\n", Exit::refused);
    };
  }

  std::vector<projector::Parameter> parameters() const { return read_parameters(parameters_); }

  projector::QueryLimits limits() const {
    return {.run = std::chrono::seconds(timeout_s_), .wait = std::chrono::seconds(timeout_s_)};
  }

  // The read model to ask, which holds what was waited for.
  std::filesystem::path file(const Settings& settings) const {
    if (wait_for_) projector::wait_for_position(settings.data.current_read_model(), *wait_for_, limits());
    require_read_model(settings);
    require_own_read_model(settings);
    return settings.data.current_read_model();
  }

  // Nothing where the log may not be read.
  static std::optional<events::Position> head_of(const Settings& settings) {
    try {
      return open_log(settings).head();
    } catch (const Failure&) {
      return {};
    }
  }

 private:
  // A person sees it beside the rows, and whoever reads the rows by a program in its log.
  static void tell_origin(const projector::Answer& answer, std::optional<events::Position> head) {
    const events::Position position = answer.checkpoint.position;
    if (!head)
      tell("as of position {}\n", position);
    else
      tell("as of position {}, {} behind the log's head {}\n", position, *head - std::min(*head, position), *head);
    if (!answer.left_out.empty()) tell("{}\n", projector::to_text(answer.left_out));
  }

  std::string format_{"table"};
  std::vector<std::string> parameters_;
  projector::Style style_;
  std::optional<events::Position> wait_for_;
  std::optional<uint64_t> max_rows_;
  unsigned timeout_s_ = 30;
  Option wait_for_option_;
};

// The read model as of a position or time, and today's where there is one. The log is closed again.
struct Then {
  Then(const Settings& settings, const std::string& as_of) {
    const store::Log log = open_log(settings);
    head = log.head();
    file.emplace(settings, log, open_quarantine(settings, log), position_as_of(log, as_of));
    if (!std::filesystem::exists(settings.data.current_read_model())) return;
    require_own_read_model(settings, log);
    today = settings.data.current_read_model();
  }
  events::Position head = 0;
  mutable std::optional<AsOfFile> file;
  std::optional<std::filesystem::path> today;
};

class SqlQuery : public Reading {
 public:
  explicit SqlQuery(Syntax parent)
      : Reading(parent.subcommand("sql", "Ask the read model in SQL: read-only, with a time limit")) {
    syntax().option("query", sql_, "One SELECT statement").required();
    auto as_of =
        syntax().option("--as-of", as_of_, "Ask the read model as it stood at this position or time (RFC 3339)");
    as_of.excludes(wait_for_option());
    syntax()
        .flag("--plan", wants_plan_, "Show how SQLite would answer, what it reads whole, and which index would help")
        .excludes(as_of);
    syntax().footer(
        "With --as-of today's tables are there too, as today.movies and so on; the file of a position is kept and "
        "used\n"
        "again.\n"
        "Example: catlog sql \"SELECT title, rating FROM movies ORDER BY rating DESC LIMIT 5\"\n"
        "         catlog sql \"SELECT * FROM movies WHERE tmdbId = :id\" --param id=603 --format jsonl\n"
        "         catlog sql --as-of 2026-11-01T00:00:00Z \"SELECT m.title, m.rating, t.rating AS today FROM movies m\n"
        "           JOIN today.movies t USING (id) WHERE m.rating <> t.rating\"");
  }

  Exit run(const Settings& settings) override {
    if (wants_plan_) return show_plan(settings);
    projector::Question question{sql_, parameters(), {}};
    if (as_of_.empty()) {
      const auto asked = file(settings);
      return answer(head_of(settings), Origin::on_stderr,
                    [&](const auto& style, const auto& limits, std::ostream& out) {
                      return projector::run_query(asked, question, style, limits, out);
                    });
    }
    const Then then(settings, as_of_);
    question.today = then.today;
    return answer(
        then.head, Origin::on_stderr,
        [&](const auto& style, const auto& limits, std::ostream& out) {
          return projector::run_query(then.file->path(), question, style, limits, out);
        },
        [&] { then.file->remove_temporary(); });
  }

 private:
  Exit show_plan(const Settings& settings) const {
    const auto asked = file(settings);
    projector::limit_statements({});
    const auto plan =
        projector::plan_of(asked, sql_, {.limit = limits().run, .today = {}, .at_overdue = overdue_after({})});
    for (const auto& step : plan.steps) {
      show("{}{}\n", std::string(static_cast<size_t>(step.depth) * 2, ' '), step.words);
      if (step.scans_all) tell("{} is read from end to end\n", *step.scans_all);
    }
    for (const auto& index : plan.helpful_indexes)
      tell("an index on {} would help; one made by hand goes with the next rebuild\n", index);
    return Exit::ok;
  }

  std::string sql_, as_of_;
  bool wants_plan_ = false;
};

class ReportQuery : public Reading {
 public:
  explicit ReportQuery(Syntax parent)
      : Reading(parent.subcommand("report", "Run a canned report; without a name: list the reports")) {
    syntax().option("name", name_, "The report");
    syntax().flag("--sql", shows_sql_, "Show the report's SQL and its parameters instead of running it");
    syntax()
        .option("--as-of", as_of_, "The report as it would have been at this position or time (RFC 3339)")
        .excludes(wait_for_option());
    syntax().footer(
        "Example: catlog report top-movies --format markdown\n"
        "         catlog report weak-sources --param days=7\n"
        "         catlog report catalogue --as-of 2026-11-01");
  }

  Exit run(const Settings& settings) override {
    if (name_.empty()) {
      for (const auto& report : projector::reports()) show("{:<24} {}\n", report.name, report.about);
      return Exit::ok;
    }
    const projector::Report* report = projector::report_named(name_);
    if (!report)
      throw Failure(Exit::usage, fmt::format("there is no report {}; `catlog report` lists what there is", name_));
    const auto asked_with = projector::parameters_of(*report, parameters());
    if (shows_sql_) {
      show_lines(fmt::format("{}\n", report->sql.substr(report->sql.find_first_not_of('\n'))));
      for (const auto& parameter : asked_with)
        tell("{} is {}, unless --param says otherwise\n", parameter.name, parameter.value);
      return Exit::ok;
    }
    const bool has_footer = format() == Format::table || format() == Format::markdown;
    const auto run = [&](const std::filesystem::path& asked, std::optional<events::Position> head) {
      return answer(head, has_footer ? Origin::in_the_answer : Origin::on_stderr,
                    [&](const auto& style, const auto& limits, std::ostream& out) {
                      return projector::run_report(asked, *report, style, limits, out, asked_with);
                    });
    };
    if (as_of_.empty()) return run(file(settings), head_of(settings));
    const Then then(settings, as_of_);
    return run(then.file->path(), then.head);
  }

 private:
  std::string name_, as_of_;
  bool shows_sql_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_sql(Syntax parent) { return std::make_unique<SqlQuery>(parent); }
std::unique_ptr<Subcommand> make_report(Syntax parent) { return std::make_unique<ReportQuery>(parent); }

}  // namespace catlog::cli
