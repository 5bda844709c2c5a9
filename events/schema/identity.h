#pragma once
#include <span>

#include "events/schema/entity.h"

namespace catlog::events {

// Whether texts of this identity are brought into one spelling when a command comes in; user names are only when a rule
// looks at them.
inline bool has_one_spelling(schema::Identity identity) {
  return identity == schema::Identity::UUID || identity == schema::Identity::HEX;
}

// Writes a UUID or hex digits in lower case. Any other text stays as it is.
void spell_in_one_way(schema::Identity identity, std::span<char> text);

}  // namespace catlog::events
