#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "projector/picture/plot.h"
#include "projector/query/query.h"

namespace catlog::projector {

// What a report may be told, as :name in its SQL, and what it takes when it is not. position: of the log; whoever asks
// may name a time, and makes it the position before its first event.
enum class ParameterKind { value, position };
struct ReportParameter {
  std::string_view name, value;
  ParameterKind kind = ParameterKind::value;
};

// What is drawn of a report: a column of numbers by one of labels or times. Empty: it has no numbers.
struct Drawn {
  std::string_view label, number;
};

// A canned question to the read model, and to the log as the table log_events (log_table.h): one statement, which a
// reader may print and copy.
struct Report {
  std::string_view name;
  std::string_view about;  // one line
  std::string_view sql;
  std::vector<ReportParameter> parameters = {};
  Drawn drawn = {};
};

// In the order in which `catlog report` lists them. No report shows a secret column.
std::span<const Report> reports();
// Null when there is none of that name.
const Report* report_named(std::string_view name);

// Whether it asks the log too, so that it needs one.
bool reads_log(const Report& report);

// The report's parameters, those that are given in place of its own. Throws Failure(usage) for one that it has not.
std::vector<Parameter> parameters_of(const Report& report, const std::vector<Parameter>& given);

// The most rows that are drawn or put on a page.
constexpr uint64_t most_rows_drawn = 10'000;

// A report's rows, to be drawn, and what is drawn of them: `column` in place of its own where that is not empty. Throws
// as run_report; Failure(usage) where there is no such column.
struct Picture {
  CollectedAnswer collected;
  std::optional<Plot> plot;  // none: the report has no numbers
};
Picture picture_of(const std::filesystem::path& file, const Report& report, const QueryLimits& limits,
                   const std::vector<Parameter>& given, std::string_view column, const store::Log* log);

// Writes a report's rows and, for table and markdown, its title and a footer: the position that it belongs to and the
// quarantined events that it leaves out. The other formats have no place for a footer: the caller tells what is left
// out.
// `log`: that of the read model; null: it cannot be read. Throws as run_query, and Failure(usage), with what to do, for
// a read model of an earlier schema and for a report of the log without one.
Answer run_report(const std::filesystem::path& file, const Report& report, const Style& style,
                  const QueryLimits& limits, std::ostream& out, const std::vector<Parameter>& given,
                  const store::Log* log);

}  // namespace catlog::projector
