#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "store/state_store.h"

namespace catlog::tests {

// Changes of the decision state that own their keys and values.
using ChangeMap = std::map<std::string, std::optional<std::string>>;

// As StateStore::flush takes them; dies with the map.
inline store::StateStore::Changes views_of(const ChangeMap& map) {
  store::StateStore::Changes views;
  for (const auto& [key, value] : map)
    views.emplace_back(key, value ? std::optional<std::string_view>(*value) : std::nullopt);
  return views;
}

}  // namespace catlog::tests
