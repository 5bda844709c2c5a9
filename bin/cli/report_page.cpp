#include "bin/cli/report_page.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "projector/picture/page.h"

namespace catlog::cli {
namespace {

std::string position_and_lag(events::Position position, std::optional<events::Position> head) {
  if (!head) return fmt::format("{}", position);
  return fmt::format("{}, {} behind the log's head {}", position, *head - std::min(*head, position), *head);
}

}  // namespace

std::string report_page(const projector::Report& report, const std::vector<projector::Parameter>& asked_with,
                        const projector::Picture& picture, std::optional<events::Position> head) {
  const auto& [checkpoint, left_out] = picture.collected.answer;
  projector::PageHead page{std::string(report.name), std::string(report.about), {}};
  page.facts.emplace_back("as of position", position_and_lag(checkpoint.position, head));
  page.facts.emplace_back("of log", checkpoint.log_id);
  for (const auto& [name, value] : asked_with) page.facts.emplace_back(name, value);
  if (!left_out.empty()) page.facts.emplace_back("left out", projector::to_text(left_out));
  page.facts.emplace_back("made", events::to_rfc3339(events::now_us()));
  page.facts.emplace_back("rows", fmt::format("{}", picture.collected.rows.rows.size()));
  return projector::page(page, picture.collected.rows, picture.plot);
}

}  // namespace catlog::cli
