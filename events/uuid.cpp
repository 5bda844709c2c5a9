#include "events/uuid.h"

#include <chrono>
#include <random>

#include <fmt/format.h>

namespace catlog::events {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return {};
  Uuid id;
  int digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return {};
      continue;
    }
    int digit = hex_digit(text[i]);
    if (digit < 0) return {};
    uint64_t& half = digits++ < 16 ? id.high : id.low;
    half = half << 4 | static_cast<uint64_t>(digit);
  }
  return id;
}

std::string to_string(Uuid id) {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", id.high >> 32, id.high >> 16 & 0xffff, id.high & 0xffff,
                     id.low >> 48, id.low & 0xffffffffffff);
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
