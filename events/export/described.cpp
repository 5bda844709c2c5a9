#include "events/export/described.h"

#include <algorithm>

namespace catlog::events {
namespace {

template <class All>
auto named(const All& all, std::string_view name) -> decltype(all.data()) {
  const auto found = std::ranges::find_if(all, [&](const auto& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

const DescribedObject* Description::object(std::string_view name) const { return named(objects, name); }
const DescribedChoice* Description::choice(std::string_view name) const { return named(choices, name); }
const DescribedCommand* Description::command(std::string_view name) const { return named(commands, name); }
const DescribedEvent* Description::event(std::string_view name) const { return named(events, name); }

}  // namespace catlog::events
