#include "projector/table_digest.h"

#include <bit>
#include <cmath>
#include <cstring>

// The library's header has all of it, compiled here; nothing is linked.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fmt/format.h>

namespace catlog::projector {

static_assert(std::endian::native == std::endian::little, "the bytes that are hashed are little-endian");

namespace {
enum Tag : char { is_null, is_integer, is_real, is_text, is_blob };
}

void RowHasher::add(char tag, const void* data, size_t size) {
  size_t at = row_.size();
  row_.resize(at + 1 + size);
  row_[at] = tag;
  std::memcpy(row_.data() + at + 1, data, size);
}

void RowHasher::null() { row_ += Tag::is_null; }

void RowHasher::integer(int64_t value) { add(Tag::is_integer, &value, sizeof value); }

void RowHasher::real(double value) {
  if (std::isnan(value)) return null();
  if (value == 0) value = 0;
  add(Tag::is_real, &value, sizeof value);
}

void RowHasher::text(std::string_view value) {
  uint64_t size = value.size();
  add(Tag::is_text, &size, sizeof size);
  row_ += value;
}

void RowHasher::blob(std::string_view value) {
  uint64_t size = value.size();
  add(Tag::is_blob, &size, sizeof size);
  row_ += value;
}

void RowHasher::value(const Value& value) {
  if (auto* as_integer = std::get_if<int64_t>(&value)) return integer(*as_integer);
  if (auto* as_real = std::get_if<double>(&value)) return real(*as_real);
  if (auto* as_text = std::get_if<std::string_view>(&value)) return text(*as_text);
  null();
}

RowHash RowHasher::finish() {
  XXH128_hash_t hash = XXH3_128bits(row_.data(), row_.size());
  row_.clear();
  return {hash.low64, hash.high64};
}

std::string hex(const TableDigest& digest) { return fmt::format("{:016x}{:016x}", digest.high, digest.low); }

}  // namespace catlog::projector
