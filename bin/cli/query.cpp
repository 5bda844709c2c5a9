#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <new>
#include <optional>
#include <ostream>

#include <fmt/format.h>

#include "bin/cli/as_of.h"
#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/report_page.h"
#include "bin/cli/subcommand.h"
#include "projector/picture/chart.h"
#include "projector/query/difference.h"
#include "projector/query/plan.h"
#include "projector/query/query.h"
#include "projector/query/reports.h"
#include "projector/query/spool.h"
#include "projector/sqlite/statement_limits.h"
#include "store/files/durable_file.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using projector::Format;

constexpr unsigned max_timeout_s = 86'400;
constexpr mode_t page_mode = 0666;  // less the umask: as the shell makes a file

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
    format_option_.emplace(
        words.option("--format", format_, "table, csv, json (an array), jsonl (an object a line) or markdown")
            .one_of({"table", "csv", "json", "jsonl", "markdown"})
            .shows_default());
    words.option("--null", style_.null_text, "How NULL is written in csv, table and markdown; empty unless given");
    words.option("--timeout-s", timeout_s_, "The longest to wait, and the longest for the query, in seconds")
        .between(1, max_timeout_s)
        .shows_default();
    words.option("--max-rows", max_rows_, "More rows than this end the query").at_least(1);
    words.option("--param", parameters_, "name=value for :name; may be given several times").one_at_a_time();
  }

  Option wait_for_option() const { return wait_for_option_; }
  Option format_option() const { return *format_option_; }
  bool has_row_limit() const { return max_rows_.has_value(); }
  Format format() const { return projector::format_named(format_).value(); }

  // Where an answer says which position it is from and what is left out.
  enum class Origin { on_stderr, in_the_answer };

  // Runs `ask(style, limits, out)`. Whoever takes the rows slowly holds up neither the statement nor its transaction.
  // `log` may be null.
  template <class Ask>
  Exit answer(const store::Log* log, Origin origin, Ask&& ask) const {
    projector::limit_statements({});
    projector::QueryLimits bounded = limits();
    bounded.rows = max_rows_.value_or(UINT64_MAX);
    bounded.at_overdue = end_when_overdue;
    projector::Style style = style_;
    style.format = format();
    projector::Spool spool(data_out());
    std::ostream out(&spool);
    out.exceptions(std::ios::badbit);  // what the spool throws is the reason
    try {
      const auto answered = ask(style, bounded, out);
      out.flush();
      if (origin == Origin::on_stderr) tell_origin(answered, log ? std::optional(log->head()) : std::nullopt);
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

  // The rows that differ between both moments.
  Exit answer_difference(const AsOfFiles& then, const projector::Question& question) const {
    return answer(question.log, Origin::on_stderr, [&](const auto& style, const auto& limits, std::ostream& out) {
      return projector::run_difference(then.file(0), then.file(1), question, style, limits, out);
    });
  }

  static void end_when_overdue() {
    end_process("the query did not end when its time was over; this process ends instead\n", Exit::refused);
  }

  // The read models of moments; what that takes is taken from the query's time.
  AsOfFiles build(const Settings& settings, const std::vector<std::string>& moments) {
    AsOfFiles files(settings, moments, limits().run);
    spent_ = files.spent();
    return files;
  }

  std::vector<projector::Parameter> parameters() const { return read_parameters(parameters_); }

  projector::QueryLimits limits() const {
    constexpr std::chrono::milliseconds least{1};
    const std::chrono::seconds all(timeout_s_);
    return {.run = std::max(least, all - spent_), .wait = all};
  }

  // The read model to ask, which holds what was waited for.
  std::filesystem::path file(const Settings& settings) const {
    if (wait_for_) projector::wait_for_position(settings.data.current_read_model(), *wait_for_, limits());
    require_read_model(settings);
    require_own_read_model(settings);
    return settings.data.current_read_model();
  }

  // Null where the log may not be read. After what opens it for itself (file(), build()): it stays open.
  const store::Log* log(const Settings& settings) {
    try {
      if (!log_) log_ = std::make_unique<store::Log>(open_log(settings));
    } catch (const Failure&) {
      // Who may read the read model only is told nothing of the log.
    }
    return log_.get();
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
  static void tell_origin(const projector::TwoAnswers& answers, std::optional<events::Position> head) {
    tell_origin(answers.a, head);
    tell_origin(answers.b, head);
  }

  std::string format_{"table"};
  std::vector<std::string> parameters_;
  projector::Style style_;
  std::optional<events::Position> wait_for_;
  std::optional<uint64_t> max_rows_;
  unsigned timeout_s_ = 30;
  std::chrono::milliseconds spent_{0};  // on files that the query reads
  std::unique_ptr<store::Log> log_;
  Option wait_for_option_;
  std::optional<Option> format_option_;
};

constexpr const char* about_as_of =
    "Ask the read model as it stood at this position, time (RFC 3339) or day's beginning";

// What both name moments by.
struct MomentOptions {
  MomentOptions(Syntax words, Option waits, const char* about_and) {
    auto first = words.option("--as-of", as_of, about_as_of);
    first.excludes(waits);
    words.option("--and", other, about_and).needs(first);
  }
  bool is_given() const { return !as_of.empty(); }
  bool are_two() const { return !other.empty(); }
  std::vector<std::string> texts() const {
    return are_two() ? std::vector<std::string>{as_of, other} : std::vector<std::string>{as_of};
  }
  std::string as_of, other;
};

class SqlQuery : public Reading {
 public:
  explicit SqlQuery(Syntax parent)
      : Reading(parent.subcommand("sql", "Ask the read model in SQL: read-only, with a time limit")),
        moments_(syntax(), wait_for_option(),
                 "A second moment beside the first: their tables are a.movies and b.movies") {
    syntax().option("query", sql_, "One SELECT statement").required();
    syntax().flag("--diff", wants_difference_,
                  "With --and: run the query for both moments, and show the rows that only one of them gives");
    syntax().flag("--plan", wants_plan_,
                  "Show how SQLite would answer, what it reads whole, and which index would help");
    syntax().footer(
        "With --as-of today's tables are there too, as today.movies and so on; the file of a position is kept and "
        "used\n"
        "again, and its building counts for --timeout-s. With --diff a column `change` says removed or added, or, of "
        "rows\n"
        "with the same first column, before and after.\n"
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
    if (wants_difference_ && !moments_.are_two())
      throw Failure(Exit::usage, "--diff is of two moments: give --and too");
    if (wants_plan_ && moments_.is_given()) throw Failure(Exit::usage, "--plan is of today's read model only");
    if (wants_plan_) return show_plan(settings);
    projector::Question question{sql_, parameters(), {}};
    if (moments_.is_given()) return ask_then(settings, question);
    const auto asked = file(settings);
    question.log = log(settings);
    return answer(question.log, Origin::on_stderr, [&](const auto& style, const auto& limits, std::ostream& out) {
      return projector::run_query(asked, question, style, limits, out);
    });
  }

 private:
  Exit ask_then(const Settings& settings, projector::Question& question) {
    const AsOfFiles then = build(settings, moments_.texts());
    question.log = log(settings);
    if (wants_difference_) return answer_difference(then, question);
    question.beside = then.beside();
    if (moments_.are_two()) tell("a is as of position {}, b as of position {}\n", then.position(0), then.position(1));
    return answer(question.log, Origin::on_stderr, [&](const auto& style, const auto& limits, std::ostream& out) {
      return projector::run_query(then.file(0), question, style, limits, out);
    });
  }

  Exit show_plan(const Settings& settings) {
    const auto asked = file(settings);
    const store::Log* of = log(settings);
    projector::limit_statements({});
    const auto plan = projector::plan_of(
        asked, sql_, {.limit = limits().run, .beside = {}, .log = of, .at_overdue = end_when_overdue});
    for (const auto& step : plan.steps) {
      show("{}{}\n", std::string(static_cast<size_t>(step.depth) * 2, ' '), step.words);
      if (step.scans_all) tell("{} is read from end to end\n", *step.scans_all);
    }
    for (const auto& index : plan.helpful_indexes)
      tell("an index on {} would help; one made by hand goes with the next rebuild\n", index);
    return Exit::ok;
  }

  std::string sql_;
  bool wants_plan_ = false, wants_difference_ = false;
  MomentOptions moments_;
};

class ReportQuery : public Reading {
 public:
  explicit ReportQuery(Syntax parent)
      : Reading(parent.subcommand("report", "Run a canned report; without a name: list the reports")),
        moments_(syntax(), wait_for_option(),
                 "A second moment: the rows that only one of both has (`catlog sql --help`, --diff)") {
    syntax().option("name", name_, "The report");
    syntax().flag("--sql", shows_sql_, "Show the report's SQL and its parameters instead of running it");
    auto chart = syntax().flag("--chart", is_chart_, "Draw it: bars, or a line over time; plain ASCII in a pipe");
    auto html = syntax().option("--html", html_,
                                "Write one page with a plot and the rows into this file (- for stdout), to be sent to "
                                "somebody");
    syntax().option("--column", column_, "Draw this column of numbers instead of the report's own");
    chart.excludes(html).excludes(format_option());
    html.excludes(format_option());
    syntax().footer(
        "Example: catlog report top-movies --format markdown\n"
        "         catlog report weak-sources --param days=7\n"
        "         catlog report changes --param since=2026-11-01\n"
        "         catlog report growth --chart --column sources\n"
        "         catlog report best-sources --html best.html\n"
        "         catlog report catalogue --as-of 2026-11-01 --and 2026-12-01");
  }

  Exit run(const Settings& settings) override {
    if (name_.empty()) {
      for (const auto& report : projector::reports()) show("{:<24} {}\n", report.name, report.about);
      return Exit::ok;
    }
    const projector::Report* report = projector::report_named(name_);
    if (!report)
      throw Failure(Exit::usage, fmt::format("there is no report {}; `catlog report` lists what there is", name_));
    auto asked_with = projector::parameters_of(*report, parameters());
    if (shows_sql_) {
      show_lines(fmt::format("{}\n", report->sql.substr(report->sql.find_first_not_of('\n'))));
      for (const auto& parameter : asked_with)
        tell("{} is {}, unless --param says otherwise\n", parameter.name, parameter.value);
      return Exit::ok;
    }
    if (!column_.empty() && !is_chart_ && html_.empty())
      throw Failure(Exit::usage, "--column is of what is drawn: give --chart or --html with it");
    if (moments_.are_two() && is_drawn())
      throw Failure(Exit::usage,
                    "what differs between two moments is not drawn: give one of them, or leave out --chart "
                    "and --html");
    if (!moments_.is_given()) {
      const auto asked = file(settings);
      return show_report(*report, positions_in(*report, asked_with, log(settings)), asked, log(settings));
    }
    const AsOfFiles then = build(settings, moments_.texts());
    asked_with = positions_in(*report, asked_with, log(settings));
    if (moments_.are_two()) return answer_difference(then, {report->sql, asked_with, {}, log(settings)});
    return show_report(*report, asked_with, then.file(0), log(settings));
  }

 private:
  using Parameters = std::vector<projector::Parameter>;

  // A moment that is given for a position becomes the one before its first event.
  static Parameters positions_in(const projector::Report& report, Parameters given, const store::Log* log) {
    for (projector::Parameter& each : given) {
      const auto own = std::ranges::find(report.parameters, each.name, &projector::ReportParameter::name);
      if (own->kind != projector::ParameterKind::position) continue;
      const Moment moment = moment_named(each.value);
      if (moment.position) continue;
      if (!log) throw Failure(Exit::usage, fmt::format("the log cannot be read: give a position for {}", each.name));
      each.value = std::to_string(first_from(*log, each.value) - 1);
    }
    return given;
  }

  bool is_drawn() const { return is_chart_ || !html_.empty(); }

  Exit show_report(const projector::Report& report, const Parameters& asked_with, const std::filesystem::path& asked,
                   const store::Log* log) const {
    if (is_drawn()) return draw(report, asked_with, asked, log);
    const bool has_footer = format() == Format::table || format() == Format::markdown;
    return answer(log, has_footer ? Origin::in_the_answer : Origin::on_stderr,
                  [&](const auto& style, const auto& limits, std::ostream& out) {
                    return projector::run_report(asked, report, style, limits, out, asked_with, log);
                  });
  }

  Exit draw(const projector::Report& report, const Parameters& asked_with, const std::filesystem::path& asked,
            const store::Log* log) const {
    return answer(log, Origin::on_stderr, [&](const auto&, projector::QueryLimits limits, std::ostream& out) {
      if (!has_row_limit()) limits.rows = projector::most_rows_drawn;
      const auto picture = projector::picture_of(asked, report, limits, asked_with, column_, log);
      if (is_chart_)
        out << chart_of(report, picture);
      else if (const auto page =
                   report_page(report, asked_with, picture, log ? std::optional(log->head()) : std::nullopt);
               html_ == "-")
        out << page;
      else
        store::write_durably(std::filesystem::absolute(html_), page, page_mode);
      return picture.collected.answer;
    });
  }

  static std::string chart_of(const projector::Report& report, const projector::Picture& picture) {
    if (!picture.plot)
      throw Failure(Exit::usage, fmt::format("the report {} has no column of numbers that is drawn by itself: name one "
                                             "with --column, or leave out --chart",
                                             report.name));
    const auto width = terminal_width();
    return projector::chart(*picture.plot, width.value_or(projector::width_of_a_pipe),
                            width ? projector::Ink::blocks : projector::Ink::ascii);
  }

  std::string name_, column_;
  std::filesystem::path html_;
  bool shows_sql_ = false, is_chart_ = false;
  MomentOptions moments_;
};

}  // namespace

std::unique_ptr<Subcommand> make_sql(Syntax parent) { return std::make_unique<SqlQuery>(parent); }
std::unique_ptr<Subcommand> make_report(Syntax parent) { return std::make_unique<ReportQuery>(parent); }

}  // namespace catlog::cli
