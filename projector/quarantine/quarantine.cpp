#include "projector/quarantine/quarantine.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/printable.h"
#include "events/text/utf8.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

namespace {

auto place_of(auto& events, Position position) {
  return std::lower_bound(events.begin(), events.end(), position,
                          [](const QuarantinedEvent& event, Position at) { return event.position < at; });
}

bool is_line(const std::string& text, size_t max_bytes) {
  return text.size() <= max_bytes && events::is_utf8(text) && events::printable(text) == text;
}

}  // namespace

Quarantine Quarantine::load(const std::filesystem::path& file, const std::string& log_id) {
  auto list = read(file, log_id);
  if (!list) throw Failure(Exit::damaged, list.error());
  return std::move(*list);
}

const QuarantinedEvent* Quarantine::find(Position position) const {
  auto found = place_of(events_, position);
  return found != events_.end() && found->position == position ? &*found : nullptr;
}

const QuarantinedEvent* Quarantine::first_in(Position first, Position last) const {
  auto found = place_of(events_, first);
  return found != events_.end() && found->position <= last ? &*found : nullptr;
}

std::string Quarantine::objection(const QuarantinedEvent& event) const {
  if (event.position == 0 || event.position > INT64_MAX) return "a position is a number from 1 on";
  if (event.why.find_first_not_of(' ') == std::string::npos) return "the reason is missing: say why in a few words";
  if (!is_line(event.why, max_why_bytes))
    return fmt::format("the reason must be one line of UTF-8, at most {} bytes", max_why_bytes);
  if (!is_line(event.who, max_who_bytes)) return "the user's name must be one line of UTF-8";
  if (const QuarantinedEvent* there = find(event.position))
    return fmt::format("position {} is on the list already: {}", there->position, there->why);
  if (events_.size() >= max_quarantined_events)
    return fmt::format(
        "{} events are on the list, which is the most it takes: that is more than a few events that cannot be applied",
        events_.size());
  return {};
}

void Quarantine::add(QuarantinedEvent event) {
  CATLOG_CHECK(objection(event).empty());
  auto place = place_of(events_, event.position);
  events_.insert(place, std::move(event));
}

bool Quarantine::remove(Position position) {
  return std::erase_if(events_, [&](const QuarantinedEvent& event) { return event.position == position; }) != 0;
}

}  // namespace catlog::projector
