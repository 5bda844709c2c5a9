#pragma once
#include <filesystem>
#include <string>

#include "projector/query/reports.h"

namespace catlog::cli {

// A report as a page that can be sent to somebody (projector/picture/page.h): what it is, which position of which log
// it is from, how far that is behind the log's head where the log can be read, and when it was made.
std::string report_page(const projector::Report& report, const projector::ReportAsked& asked,
                        const projector::Picture& picture);

// Throws Failure(usage) unless there is no such file, or an earlier page, which may be replaced.
void require_earlier_page(const std::filesystem::path& file);
// In place of what has that name. Throws Failure(usage) when that is no file, and what write_durably throws.
void write_page(const std::filesystem::path& file, const std::string& page);

}  // namespace catlog::cli
