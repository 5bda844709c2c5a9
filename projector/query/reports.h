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

// What a report may be told, as :name in its SQL, and what it takes when it is not.
struct ReportParameter {
  std::string_view name, value;
};

// What is drawn of a report: a column of numbers by one of labels or times. Empty: it has no numbers.
struct Drawn {
  std::string_view label, number;
};

// A canned question to the read model: one statement, which a reader may print and copy.
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

// The report's parameters, those that are given in place of its own. Throws Failure(usage) for one that it has not.
std::vector<Parameter> parameters_of(const Report& report, const std::vector<Parameter>& given);

// The most rows that are drawn or put on a page.
constexpr uint64_t most_rows_drawn = 10'000;

// A report's rows, to be drawn, and what is drawn of them: `column` in place of its own where that is not empty. Throws
// as run_query; Failure(usage) where there is no such column.
struct Picture {
  CollectedAnswer collected;
  std::optional<Plot> plot;  // none: the report has no numbers
};
Picture picture_of(const std::filesystem::path& file, const Report& report, const QueryLimits& limits,
                   const std::vector<Parameter>& given, std::string_view column);

// Writes a report's rows and, for table and markdown, its title and a footer: the position that it belongs to and the
// quarantined events that it leaves out. The other formats have no place for a footer: the caller tells what is left
// out.
// Throws as run_query, and Failure(usage), with what to do, for a read model of an earlier schema.
Answer run_report(const std::filesystem::path& file, const Report& report, const Style& style,
                  const QueryLimits& limits, std::ostream& out, const std::vector<Parameter>& given = {});

}  // namespace catlog::projector
