#pragma once
#include <filesystem>
#include <iosfwd>
#include <span>
#include <string_view>

#include "projector/query.h"

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

// Writes a report's rows and, for table and markdown, its title and a last line with the position that it belongs to.
// Fails as run_query.
Checkpoint run_report(const std::filesystem::path& file, const Report& report, Format format, const QueryLimits& limits,
                      std::ostream& out);

}  // namespace catlog::projector
