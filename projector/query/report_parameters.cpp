#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/datetime.h"
#include "projector/query/reports.h"

namespace catlog::projector {

bool reads_log(const Report& report) { return report.sql.find("log_events") != std::string_view::npos; }

namespace {

constexpr int64_t most_rows_asked = 1'000'000'000, most_days = 36'500;

bool is_whole_number(std::string_view text, int64_t least, int64_t most) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= least && number <= most;
}

// What a value of this kind is, where this one is not.
std::string wanted_instead_of(std::string_view value, ParameterKind kind) {
  switch (kind) {
    case ParameterKind::count:
      if (is_whole_number(value, 1, most_rows_asked)) return {};
      return fmt::format("a whole number of rows, 1 to {}", most_rows_asked);
    case ParameterKind::days:
      if (is_whole_number(value, 0, most_days)) return {};
      return fmt::format("a whole number of days, 0 to {}", most_days);
    case ParameterKind::position:
      return is_whole_number(value, 0, INT64_MAX) ? "" : "a position of the log or a time, such as 4711 or 2026-11-01";
    case ParameterKind::moment:
      if (value.size() == events::SqlDatetime().size() && events::is_date(value.substr(0, value.find(' ')))) return {};
      return "a time, such as 2026-11-01 or 2026-11-01T15:04:05Z";
  }
  return {};
}

std::string present() { return events::to_sql_datetime(events::now_us()); }

}  // namespace

std::vector<Parameter> parameters_of(const Report& report, const std::vector<Parameter>& given) {
  std::vector<Parameter> parameters;
  for (const auto& each : report.parameters)
    if (!each.value.empty()) parameters.push_back({std::string(each.name), std::string(each.value)});
  for (const Parameter& each : given) {
    const auto own = std::ranges::find(report.parameters, each.name, &ReportParameter::name);
    if (own == report.parameters.end())
      throw events::Failure(
          events::Exit::usage,
          fmt::format("the report {} has no parameter {}; --sql shows those that it has", report.name, each.name));
    if (const std::string wanted = wanted_instead_of(each.value, own->kind); !wanted.empty())
      throw events::Failure(events::Exit::usage, fmt::format("{} of the report {} is {}; {} is none", each.name,
                                                             report.name, wanted, each.value));
    const auto before = std::ranges::find(parameters, each.name, &Parameter::name);
    if (before == parameters.end())
      parameters.push_back(each);
    else
      before->value = each.value;
  }
  return parameters;
}

std::string sql_to_copy(const Report& report, const std::vector<Parameter>& asked_with) {
  std::string sql(report.sql.substr(report.sql.find_first_not_of('\n')));
  const size_t comment = std::min(sql.find("\n--"), sql.size());
  sql.insert(comment, ";");
  for (const ReportParameter& each : report.parameters) {
    const auto given = std::ranges::find(asked_with, each.name, &Parameter::name);
    const std::string value = each.kind != ParameterKind::moment ? given->value
                              : given == asked_with.end()        ? "strftime('%Y-%m-%d %H:%M:%f', 'now')"
                                                                 : fmt::format("'{}'", given->value);
    const std::string name = fmt::format(":{}", each.name), in_place = fmt::format("{} /* {} */", value, each.name);
    for (size_t at = 0; (at = sql.find(name, at)) != std::string::npos; at += in_place.size())
      sql.replace(at, name.size(), in_place);
  }
  if (reads_log(report)) sql += "\n-- log_events is the log, which `catlog sql` has and no other program.";
  return sql + '\n';
}

Question question_of(const Report& report, const ReportAsked& asked) {
  return {.sql = report.sql,
          .parameters = parameters_of(report, asked.parameters),
          .log = asked.log,
          .moments = {{"now", asked.now.empty() ? present() : asked.now}}};
}

}  // namespace catlog::projector
