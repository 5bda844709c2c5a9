#pragma once
#include <optional>
#include <string>
#include <vector>

#include "events/position.h"
#include "projector/query/reports.h"

namespace catlog::cli {

// A report as a page that can be sent to somebody (projector/picture/page.h): what it is, which position of which log
// it is from, and when it was made. `head`: of the log; none: it is not known.
std::string report_page(const projector::Report& report, const std::vector<projector::Parameter>& asked_with,
                        const projector::Picture& picture, std::optional<events::Position> head);

}  // namespace catlog::cli
