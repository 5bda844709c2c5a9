#include "events/schema/identity.h"

#include <algorithm>
#include <string_view>

#include "events/text/utf8.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

}  // namespace

void spell_in_one_way(schema::Identity identity, std::span<char> text) {
  if (std::ranges::none_of(text, is_upper)) return;  // nearly always
  const bool is_one = identity == schema::Identity::UUID
                          ? parse_uuid(std::string_view(text.data(), text.size())).has_value()
                          : std::ranges::all_of(text, is_hex_digit);
  if (!is_one) return;
  for (char& c : text) c = lower_ascii(c);
}

}  // namespace catlog::events
