#include <algorithm>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>

#include <fmt/format.h>

#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/reading.h"
#include "bin/cli/report_page.h"
#include "events/text/datetime.h"
#include "projector/picture/chart.h"
#include "projector/query/reports.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using projector::ParameterKind;

class Report : public Reading {
 public:
  explicit Report(Syntax parent)
      : Reading(parent.subcommand("report", "Run a canned report; without a name: list the reports"),
                "A second moment: the rows that only one of both has (`catlog sql --help`, --diff)") {
    syntax().option("name", name_, "The report");
    syntax().flag("--sql", shows_sql_,
                  "Show the report's SQL instead of running it, with its parameters' values: it runs as it is in "
                  "sqlite3");
    auto chart = syntax().flag("--chart", is_chart_, "Draw it: bars, or a line over time; plain ASCII in a pipe");
    auto html = syntax().option("--html", html_,
                                "Write one page with a plot and the rows into this file (- for stdout), to be sent to "
                                "somebody; it takes the place of an earlier page, and of nothing else");
    syntax().flag("--force", is_forced_, "With --html: in place of any file").needs(html);
    syntax().option("--column", column_, "Draw this column of numbers instead of the report's own");
    chart.excludes(html).excludes(format_option());
    html.excludes(format_option());
    syntax().footer(
        "A report about the present, such as weak-sources, takes --param now=TIME; as of another moment that is the\n"
        "moment.\n"
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
    if (!column_.empty() && !is_chart_ && html_.empty())
      throw Failure(Exit::usage, "--column is of what is drawn: give --chart or --html with it");
    if (is_of_two() && is_drawn())
      throw Failure(Exit::usage,
                    "what differs between two moments is not drawn: give one of them, or leave out --chart "
                    "and --html");
    if (!html_.empty() && html_ != "-") {
      require_outside(settings, html_, "whoever may read a page need not be one of the data directory's readers");
      if (!is_forced_) require_earlier_page(html_);
    }
    if (shows_sql_) return show_sql(settings, *report);
    if (!is_of_a_moment()) {
      const auto asked = file(settings);
      return show_report(*report, asked_with(settings, *report, {}), asked);
    }
    const AsOfFiles then = files_of_moments(settings);
    const auto asked = asked_with(settings, *report, then.time(0));
    if (is_of_two()) return answer_difference(then, projector::question_of(*report, asked), report->key_columns);
    return show_report(*report, asked, then.file(0));
  }

 private:
  // With the parameters that are given, as the report takes them. `now`: empty for the present.
  projector::ReportAsked asked_with(const Settings& settings, const projector::Report& report, std::string now) {
    const store::Log* of = log(settings);
    return {projector::parameters_of(report, as_asked(report, parameters(), of)), of, std::move(now)};
  }

  // A moment that is given for a position becomes the one before its first event, any other one what the read model
  // writes. One that is still to come is said.
  static std::vector<projector::Parameter> as_asked(const projector::Report& report,
                                                    std::vector<projector::Parameter> given, const store::Log* log) {
    for (projector::Parameter& each : given) {
      const auto own = std::ranges::find(report.parameters, each.name, &projector::ReportParameter::name);
      if (own == report.parameters.end()) continue;
      if (own->kind == ParameterKind::moment) each.value = events::to_sql_datetime(time_named(each.value));
      if (own->kind != ParameterKind::position) continue;
      const bool is_position = moment_named(each.value).position.has_value();
      if (is_position && log) first_from(*log, each.value);
      if (is_position) continue;
      if (!log) throw Failure(Exit::usage, fmt::format("the log cannot be read: give a position for {}", each.name));
      each.value = std::to_string(first_from(*log, each.value) - 1);
    }
    return given;
  }

  bool is_drawn() const { return is_chart_ || !html_.empty(); }

  Exit show_sql(const Settings& settings, const projector::Report& report) {
    const auto asked = asked_with(settings, report, {});
    show_lines(projector::sql_to_copy(report, asked.parameters));
    for (const auto& parameter : report.parameters) {
      const auto given = std::ranges::find(asked.parameters, parameter.name, &projector::Parameter::name);
      tell("{} is {}, unless --param says otherwise\n", parameter.name,
           given == asked.parameters.end() ? "the present" : given->value);
    }
    return Exit::ok;
  }

  Exit show_report(const projector::Report& report, const projector::ReportAsked& asked,
                   const std::filesystem::path& from) const {
    if (is_drawn()) return draw(report, asked, from);
    return answer(asked.log, [&](const auto& style, const auto& limits, std::ostream& out) {
      return std::vector{projector::run_report(from, report, style, limits, out, asked)};
    });
  }

  Exit draw(const projector::Report& report, const projector::ReportAsked& asked,
            const std::filesystem::path& from) const {
    return answer(asked.log, [&](const auto&, projector::QueryLimits limits, std::ostream& out) {
      if (!has_row_limit()) limits.rows = projector::most_rows_drawn;
      const auto picture = projector::picture_of(from, report, limits, asked, column_);
      if (is_chart_)
        out << chart_of(report, picture);
      else if (const auto page = report_page(report, asked, picture); html_ == "-")
        out << page;
      else
        write_page(html_, page);
      return std::vector{picture.collected.answer};
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
  bool shows_sql_ = false, is_chart_ = false, is_forced_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_report(Syntax parent) { return std::make_unique<Report>(parent); }

}  // namespace catlog::cli
