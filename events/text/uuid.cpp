#include "events/text/uuid.h"

#include <array>
#include <chrono>
#include <random>

namespace catlog::events {
namespace {

constexpr std::string_view uuid_pattern = "00000000-0000-0000-0000-000000000000";

// What each byte is as a hex digit; -1: none.
constexpr std::array<int8_t, 256> hex_digits = [] {
  std::array<int8_t, 256> digits;
  digits.fill(-1);
  for (int8_t value = 0; value < 10; ++value) digits[static_cast<size_t>('0' + value)] = value;
  for (int8_t value = 10; value < 16; ++value)
    digits[static_cast<size_t>('a' + value - 10)] = digits[static_cast<size_t>('A' + value - 10)] = value;
  return digits;
}();

// `text`: so many hex digits, anything else makes the result negative. At most 15.
int64_t hex_number(std::string_view text) {
  int64_t number = 0, wrong = 0;
  for (const char c : text) {
    const int64_t digit = hex_digits[static_cast<uint8_t>(c)];
    wrong |= digit;
    number = number * 16 + digit;
  }
  return wrong < 0 ? -1 : number;
}

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return {};
  const int64_t parts[] = {hex_number(text.substr(0, 8)), hex_number(text.substr(9, 4)), hex_number(text.substr(14, 4)),
                           hex_number(text.substr(19, 4)), hex_number(text.substr(24, 12))};
  for (const int64_t part : parts)
    if (part < 0) return {};
  const auto bits = [&](size_t part) { return static_cast<uint64_t>(parts[part]); };
  return Uuid{bits(0) << 32 | bits(1) << 16 | bits(2), bits(3) << 48 | bits(4)};
}

// Each change that is published has one: by fmt it was a third of what its header takes.
std::string to_string(Uuid id) {
  std::string text(uuid_pattern);
  for (size_t at = text.size(), digit = 0; at-- > 0;) {
    if (text[at] == '-') continue;
    text[at] = "0123456789abcdef"[(digit < 16 ? id.low : id.high) >> (digit % 16 * 4) & 0xf];
    ++digit;
  }
  return text;
}

Uuid make_uuid_v7(int64_t unix_ms, uint64_t random_high, uint64_t random_low) {
  return {static_cast<uint64_t>(unix_ms) << 16 | 0x7000 | (random_high & 0xfff),
          (random_low & 0x3fffffffffffffff) | 0x8000000000000000};
}

Uuid new_uuid() {
  thread_local std::mt19937_64 generator{std::random_device{}() * 0x100000000ULL + std::random_device{}()};
  thread_local int64_t last_ms = 0;
  thread_local uint64_t sequence = 0;
  using namespace std::chrono;
  int64_t now_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  // RFC 9562 6.2 method 1: within one millisecond the 12 bits count, and on overflow the time runs ahead.
  if (now_ms > last_ms) {
    last_ms = now_ms;
    sequence = generator() & 0xff;
  } else if (++sequence > 0xfff) {
    ++last_ms;
    sequence = 0;
  }
  return make_uuid_v7(last_ms, sequence, generator());
}

}  // namespace catlog::events
