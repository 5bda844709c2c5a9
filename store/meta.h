#pragma once
#include <cstdint>
#include <cstring>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "store/lmdb/environment.h"
#include "store/log_identity.h"

// The entries that say what an environment is: byte order, format version, log id. Private to this room.
namespace catlog::store {

namespace meta_key {
constexpr const char* byte_order = "byteOrder";
constexpr const char* format = "format";
constexpr const char* log_id = "logId";
constexpr const char* position = "position";       // state only
constexpr const char* frontier = "frontier";       // log of format 2 only
constexpr const char* forked_from = "forkedFrom";  // log only, of a restore to an earlier position
}  // namespace meta_key

// Read as another number on a machine of the other byte order.
constexpr uint64_t byte_order_mark = 0x0102030405060708;

Records make_meta(uint64_t format, const std::string& log_id);
// The log id, or the reason why this build cannot read the environment.
std::expected<std::string, std::string> check_meta(const ReadTransaction& transaction, uint64_t format);
// The same for a log, with what it was forked from.
std::expected<LogIdentity, std::string> read_identity(const ReadTransaction& transaction, uint64_t format);
// The value of forkedFrom, and back; nothing when the bytes are none.
std::string encode(const ForkedFrom& origin);
std::optional<ForkedFrom> decode_origin(std::string_view bytes);
// Nothing when the bytes are not a number's.
inline std::optional<uint64_t> to_number(std::optional<std::string_view> bytes) {
  uint64_t number = 0;
  if (!bytes || bytes->size() != sizeof number) return std::nullopt;
  std::memcpy(&number, bytes->data(), sizeof number);
  return number;
}

}  // namespace catlog::store
