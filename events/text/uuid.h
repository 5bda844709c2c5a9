#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace catlog::events {

// 16 bytes, big-endian halves.
struct Uuid {
  uint64_t high = 0, low = 0;
  auto operator<=>(const Uuid&) const = default;
};

// 8-4-4-4-12 hex digits of either case; nothing else.
std::optional<Uuid> parse_uuid(std::string_view text);
std::string to_string(Uuid id);  // lower-case
// From its form in Cap'n Proto: anything with getHigh() and getLow().
template <class Words>
Uuid uuid_of(const Words& words) {
  return {words.getHigh(), words.getLow()};
}

// RFC 9562 version 7: the time in milliseconds, then 74 bits from `random_high` and `random_low`.
Uuid make_uuid_v7(int64_t unix_ms, uint64_t random_high, uint64_t random_low);
// A new one of version 7, by the system's clock and this thread's own generator, which std::random_device seeds; those
// of one thread increase.
Uuid new_uuid();

}  // namespace catlog::events

template <>
struct std::hash<catlog::events::Uuid> {
  size_t operator()(const catlog::events::Uuid& id) const { return id.high * 0x9E3779B97F4A7C15ULL ^ id.low; }
};
