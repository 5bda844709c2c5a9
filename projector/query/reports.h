#pragma once
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "projector/picture/plot.h"
#include "projector/query/query.h"

namespace catlog::projector {

// What a report may be told, as :name in its SQL, and what it takes when it is not.
//   count      a whole number of rows
//   days       a whole number of days
//   position   of the log; whoever asks may name a time, and makes it the position before its first event
//   moment     a time as the read model writes it, which whoever asks makes of one as people write it. Without a value
//              it is Question::now: the moment that is asked about
enum class ParameterKind { count, days, position, moment };
struct ReportParameter {
  std::string_view name, value;
  ParameterKind kind;
};
constexpr ReportParameter now_parameter{"now", "", ParameterKind::moment};

// What is drawn of a report: a column of numbers by one of labels or times. Empty: it has no numbers.
struct Drawn {
  std::string_view label, number;
};

// A canned question to the read model, and to the log as the table log_events (log_table.h): one statement.
struct Report {
  std::string_view name;
  std::string_view about;  // one line
  std::string_view sql;
  std::vector<ReportParameter> parameters = {};
  Drawn drawn = {};
  size_t key_columns = 1;  // so many first columns together are of one row: what two answers are compared by
};

// In the order in which `catlog report` lists them. No report shows a secret column.
std::span<const Report> reports();
// Null when there is none of that name.
const Report* report_named(std::string_view name);

// Whether it asks the log too, so that it needs one.
bool reads_log(const Report& report);

// The report's parameters, those that are given in place of its own; a moment only where it is given. Throws
// Failure(usage) for one that it has not, and for a value of another kind, with what is wanted.
std::vector<Parameter> parameters_of(const Report& report, const std::vector<Parameter>& given);

// The report's SQL with these values, the present where no moment is given, and with an end: it runs as it is wherever
// the file is open, that of a report of the log in `catlog sql` only, which a comment says.
std::string sql_to_copy(const Report& report, const std::vector<Parameter>& asked_with);

// What a report is asked with.
struct ReportAsked {
  std::vector<Parameter> parameters = {};
  const store::Log* log = nullptr;  // that of the read model; null: it cannot be read
  std::string now = {};             // Question::now; empty: the clock's
};
// The question that it is.
Question question_of(const Report& report, const ReportAsked& asked);

// The most rows that are drawn or put on a page.
constexpr uint64_t most_rows_drawn = 10'000;

// A report's rows, to be drawn, and what is drawn of them: `column` in place of its own where that is not empty. Throws
// as run_report; Failure(usage) where there is no such column.
struct Picture {
  CollectedAnswer collected;
  std::optional<Plot> plot;  // none: the report has no numbers
};
Picture picture_of(const std::filesystem::path& file, const Report& report, const QueryLimits& limits,
                   const ReportAsked& asked, std::string_view column);

// Writes a report's rows and, for table and markdown, its title and a footer: the position that it belongs to and the
// quarantined events that it leaves out. The other formats have no place for a footer: the caller tells what is left
// out. Throws as run_query, and Failure(usage), with what to do, for
// a read model of an earlier schema and for a report of the log without one.
Answer run_report(const std::filesystem::path& file, const Report& report, const Style& style,
                  const QueryLimits& limits, std::ostream& out, const ReportAsked& asked);

}  // namespace catlog::projector
