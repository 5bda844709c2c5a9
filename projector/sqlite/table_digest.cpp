#include "projector/sqlite/table_digest.h"

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

void RowHasher::add(char tag, const void* word) {
  char bytes[1 + sizeof(uint64_t)] = {tag};
  std::memcpy(bytes + 1, word, sizeof(uint64_t));
  row_.append(bytes, sizeof bytes);
}

void RowHasher::null() { row_ += Tag::is_null; }

void RowHasher::integer(int64_t value) { add(Tag::is_integer, &value); }

void RowHasher::real(double value) {
  if (std::isnan(value)) return null();
  if (value == 0) value = 0;
  add(Tag::is_real, &value);
}

void RowHasher::text(std::string_view value) {
  uint64_t size = value.size();
  add(Tag::is_text, &size);
  row_ += value;
}

void RowHasher::blob(std::string_view value) {
  uint64_t size = value.size();
  add(Tag::is_blob, &size);
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
