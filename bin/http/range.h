#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

namespace catlog::http {

// Bytes [from, to).
struct ByteRange {
  uint64_t from = 0, to = 0;
  bool operator==(const ByteRange&) const = default;
};
struct Unsatisfiable {
  bool operator==(const Unsatisfiable&) const = default;
};

// What a Range field asks for of `size` bytes: one range of bytes, cut at the end. Nothing: all of it, because the
// field is empty, of another unit, of several ranges, or none that can be read, and is ignored then (RFC 9110, 14.2).
std::expected<std::optional<ByteRange>, Unsatisfiable> read_range(std::string_view field, uint64_t size);

}  // namespace catlog::http
