#pragma once
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string_view>

#include "projector/query/query.h"

namespace catlog::projector {

// A canned question to the read model.
struct Report {
  std::string_view name;
  std::string_view about;  // one line
  std::string_view sql;
};

// In the order in which `catlog report` lists them. No report shows a secret column.
std::span<const Report> reports();
// Null when there is none of that name.
const Report* report_named(std::string_view name);

// Writes a report's rows and, for table and markdown, its title and a footer: the position that it belongs to and the
// quarantined events that it leaves out. The other formats have no place for a footer: the caller tells what is left
// out.
// Throws as run_query.
Answer run_report(const std::filesystem::path& file, const Report& report, const Style& style,
                  const QueryLimits& limits, std::ostream& out);

}  // namespace catlog::projector
