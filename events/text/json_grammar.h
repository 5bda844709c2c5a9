#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace catlog::events {

// What strings may hold. checked: UTF-8, and no half of a surrogate pair as an escape ("\ud83d"). any: what RFC 8259's
// grammar lets them.
enum class JsonTexts { checked, any };

// Where a text is no longer JSON by RFC 8259's grammar: how many of its first bytes could begin a JSON text with at
// most `max_levels` arrays and objects in each other. nullopt: it is one JSON value, whatever the size of its numbers
// and however often a name is given; a parser that makes values of it may refuse those.
std::optional<size_t> end_of_json(std::string_view text, int max_levels, JsonTexts texts);

}  // namespace catlog::events
