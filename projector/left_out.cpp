#include "projector/left_out.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/printable.h"

namespace catlog::projector {

namespace {

constexpr size_t named_at_most = 5;

std::string first_few(const std::vector<Position>& positions) {
  const size_t named = std::min(positions.size(), named_at_most);
  return fmt::format("{}{}", fmt::join(positions.begin(), positions.begin() + static_cast<ptrdiff_t>(named), ", "),
                     named < positions.size() ? fmt::format(" and {} more", positions.size() - named) : "");
}

}  // namespace

std::vector<LeftOut> read_left_out(const Database& database) {
  Statement exists(database, "SELECT count(*) FROM sqlite_schema WHERE name = 'projection_quarantine'");
  exists.step();
  if (exists.integer(0) == 0) return {};
  std::vector<LeftOut> left_out;
  Statement rows(database, "SELECT position, why FROM projection_quarantine ORDER BY position");
  while (rows.step()) left_out.push_back({static_cast<Position>(rows.integer(0)), std::string(rows.text(1))});
  return left_out;
}

std::string to_text(std::span<const LeftOut> left_out) {
  if (left_out.empty()) return {};
  std::string text = left_out.size() == 1 ? "without 1 quarantined event"
                                          : fmt::format("without {} quarantined events", left_out.size());
  const size_t named = std::min(left_out.size(), named_at_most);
  for (size_t i = 0; i < named; ++i)
    text += fmt::format("{}{} ({})", i == 0 ? ": " : ", ", left_out[i].position, events::printable(left_out[i].why));
  if (named < left_out.size()) text += fmt::format(" and {} more", left_out.size() - named);
  return text;
}

QuarantineDrift drift_of(const Quarantine& list, std::span<const LeftOut> left_out, Position position) {
  QuarantineDrift drift;
  for (const LeftOut& event : left_out)
    if (!list.find(event.position)) drift.left_out_but_off.push_back(event.position);
  for (const QuarantinedEvent& event : list.events()) {
    const bool is_out = std::ranges::binary_search(left_out, event.position, {}, &LeftOut::position);
    if (event.position <= position && !is_out) drift.listed_but_in.push_back(event.position);
  }
  return drift;
}

std::vector<std::string> to_sentences(const QuarantineDrift& drift) {
  std::vector<std::string> sentences;
  if (!drift.listed_but_in.empty())
    sentences.push_back(fmt::format("quarantined but in the read model: {}; `catlog rebuild` takes it out",
                                    first_few(drift.listed_but_in)));
  if (!drift.left_out_but_off.empty())
    sentences.push_back(fmt::format("left out but no longer quarantined: {}; `catlog rebuild` takes it in",
                                    first_few(drift.left_out_but_off)));
  return sentences;
}

}  // namespace catlog::projector
