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

inline char* RowHasher::room_for(size_t bytes) {
  if (row_.size() - size_ < bytes) [[unlikely]]
    row_.resize(2 * (size_ + bytes));
  char* at = row_.data() + size_;
  size_ += bytes;
  return at;
}

void RowHasher::add(char tag, uint64_t word) {
  char* at = room_for(1 + sizeof word);
  *at = tag;
  std::memcpy(at + 1, &word, sizeof word);
}

void RowHasher::add(char tag, std::string_view text) {
  const uint64_t size = text.size();
  char* at = room_for(1 + sizeof size + text.size());
  *at = tag;
  std::memcpy(at + 1, &size, sizeof size);
  if (!text.empty()) std::memcpy(at + 1 + sizeof size, text.data(), text.size());
}

void RowHasher::null() { *room_for(1) = Tag::is_null; }

void RowHasher::integer(int64_t value) { add(Tag::is_integer, static_cast<uint64_t>(value)); }

void RowHasher::real(double value) {
  if (std::isnan(value)) return null();
  if (value == 0) value = 0;
  add(Tag::is_real, std::bit_cast<uint64_t>(value));
}

void RowHasher::text(std::string_view value) { add(Tag::is_text, value); }

void RowHasher::blob(std::string_view value) { add(Tag::is_blob, value); }

void RowHasher::again(std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(room_for(bytes.size()), bytes.data(), bytes.size());
}

size_t size_of_value(std::string_view bytes) {
  const char tag = bytes.front();
  if (tag == Tag::is_null) return 1;
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + 1, sizeof word);
  return 1 + sizeof word + (tag == Tag::is_text || tag == Tag::is_blob ? word : 0);
}

void RowHasher::value(const Value& value) {
  if (auto* as_integer = std::get_if<int64_t>(&value)) return integer(*as_integer);
  if (auto* as_real = std::get_if<double>(&value)) return real(*as_real);
  if (auto* as_text = std::get_if<std::string_view>(&value)) return text(*as_text);
  null();
}

RowHash RowHasher::finish() {
  XXH128_hash_t hash = XXH3_128bits(row_.data(), size_);
  size_ = 0;
  return {hash.low64, hash.high64};
}

std::string hex(const TableDigest& digest) { return fmt::format("{:016x}{:016x}", digest.high, digest.low); }

}  // namespace catlog::projector
