#include <iostream>
#include <optional>

#include <fmt/format.h>

#include "bin/cli/as_of.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "projector/query/query.h"
#include "projector/query/reports.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using projector::Format;

constexpr unsigned max_timeout_s = 86'400;

// What reads of the read model share: a format, a position to wait for, a time limit.
class Reading : public Subcommand {
 protected:
  explicit Reading(Syntax words)
      : Subcommand(words),
        wait_for_option_(
            words.option("--wait-for", wait_for_, "Wait until the read model holds this position of the log")) {
    words.option("--format", format_, "table, csv, json or markdown")
        .one_of({"table", "csv", "json", "markdown"})
        .shows_default();
    words.option("--timeout-s", timeout_s_, "The longest to wait, and the longest for the query, in seconds")
        .between(1, max_timeout_s)
        .shows_default();
  }

  Option wait_for_option() const { return wait_for_option_; }
  Format format() const { return projector::format_named(format_).value(); }

  // A person sees it beside the rows, and whoever reads the rows by a program in its log.
  static void tell_left_out(const projector::Answer& answer) {
    if (!answer.left_out.empty()) tell("{}\n", projector::to_text(answer.left_out));
  }

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

 private:
  std::string format_{"table"};
  std::optional<events::Position> wait_for_;
  unsigned timeout_s_ = 30;
  Option wait_for_option_;
};

class SqlQuery : public Reading {
 public:
  explicit SqlQuery(Syntax parent)
      : Reading(parent.subcommand("sql", "Ask the read model in SQL: read-only, with a time limit")) {
    syntax().option("query", sql_, "One SELECT statement").required();
    syntax()
        .option("--as-of", as_of_, "Ask the read model as it stood at this position or time (RFC 3339)")
        .excludes(wait_for_option());
    syntax().footer(
        "With --as-of today's tables are there too, as today.movies and so on; the file of a position is kept and "
        "used\n"
        "again.\n"
        "Example: catlog sql \"SELECT title, rating FROM movies ORDER BY rating DESC LIMIT 5\"\n"
        "         catlog sql --as-of 2026-11-01T00:00:00Z \"SELECT m.title, m.rating, t.rating AS today FROM movies m\n"
        "           JOIN today.movies t USING (id) WHERE m.rating <> t.rating\"");
  }

  Exit run(const Settings& settings) override {
    if (as_of_.empty()) {
      tell_left_out(projector::run_query(file(settings), sql_, format(), limits(), data_out()));
      return Exit::ok;
    }
    const store::Log log = open_log(settings);
    const AsOfFile then(settings, log, open_quarantine(settings, log), position_as_of(log, as_of_));
    std::optional<std::filesystem::path> today;
    if (std::filesystem::exists(settings.data.current_read_model())) {
      require_own_read_model(settings, log);
      today = settings.data.current_read_model();
    }
    tell_left_out(projector::run_query(then.path(), sql_, format(), limits(), data_out(), today));
    return Exit::ok;
  }

 private:
  std::string sql_, as_of_;
};

class ReportQuery : public Reading {
 public:
  explicit ReportQuery(Syntax parent)
      : Reading(parent.subcommand("report", "Run a canned report; without a name: list the reports")) {
    syntax().option("name", name_, "The report");
    syntax().footer("Example: catlog report top-movies --format markdown");
  }

  Exit run(const Settings& settings) override {
    if (name_.empty()) {
      for (const auto& report : projector::reports()) show("{:<20} {}\n", report.name, report.about);
      return Exit::ok;
    }
    const projector::Report* report = projector::report_named(name_);
    if (!report)
      throw Failure(Exit::usage, fmt::format("there is no report {}; `catlog report` lists what there is", name_));
    const auto answer = projector::run_report(file(settings), *report, format(), limits(), data_out());
    if (format() == Format::csv || format() == Format::json) tell_left_out(answer);
    return Exit::ok;
  }

 private:
  std::string name_;
};

}  // namespace

std::unique_ptr<Subcommand> make_sql(Syntax parent) { return std::make_unique<SqlQuery>(parent); }
std::unique_ptr<Subcommand> make_report(Syntax parent) { return std::make_unique<ReportQuery>(parent); }

}  // namespace catlog::cli
