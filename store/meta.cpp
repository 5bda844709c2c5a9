#include "store/meta.h"

#include <fmt/format.h>

#include <cstring>

#include "events/text/uuid.h"

namespace catlog::store {

Records make_meta(uint64_t format, const std::string& log_id) {
  return {{meta_key::byte_order, std::string(as_text(byte_order_mark))},
          {meta_key::format, std::string(as_text(format))},
          {meta_key::log_id, log_id}};
}

// Log id (36 bytes), position (8), root (32).
std::string encode(const ForkedFrom& origin) {
  std::string bytes = origin.log_id;
  bytes += as_text(origin.position);
  return bytes.append(reinterpret_cast<const char*>(origin.root.data()), origin.root.size());
}

std::optional<ForkedFrom> decode_origin(std::string_view bytes) {
  constexpr size_t id_bytes = 36;
  ForkedFrom origin;
  if (bytes.size() != id_bytes + sizeof origin.position + origin.root.size()) return {};
  origin.log_id = bytes.substr(0, id_bytes);
  if (!events::parse_uuid(origin.log_id)) return {};
  origin.position = *to_number(bytes.substr(id_bytes, sizeof origin.position));
  std::memcpy(origin.root.data(), bytes.data() + id_bytes + sizeof origin.position, origin.root.size());
  return origin;
}

std::expected<std::string, std::string> check_meta(const ReadTransaction& transaction, uint64_t format) {
  const MDB_dbi meta = transaction.environment().meta();
  const std::string directory = transaction.environment().directory().string();
  if (to_number(transaction.get(meta, meta_key::byte_order)) != byte_order_mark)
    return std::unexpected(fmt::format("{} was written on a machine of another byte order", directory));
  const auto found = to_number(transaction.get(meta, meta_key::format));
  if (!found) return std::unexpected(fmt::format("{} names no format version", directory));
  if (*found != format)
    return std::unexpected(fmt::format("{} has format version {}, this build reads {}: use the release that wrote it",
                                       directory, *found, format));
  const auto id = transaction.get(meta, meta_key::log_id);
  if (!id || !events::parse_uuid(*id)) return std::unexpected(fmt::format("{} names no log id", directory));
  return std::string(*id);
}

std::expected<LogIdentity, std::string> read_identity(const ReadTransaction& transaction, uint64_t format) {
  auto id = check_meta(transaction, format);
  if (!id) return std::unexpected(std::move(id.error()));
  LogIdentity identity{*std::move(id), {}};
  if (const auto bytes = transaction.get(transaction.environment().meta(), meta_key::forked_from)) {
    identity.forked_from = decode_origin(*bytes);
    if (!identity.forked_from)
      return std::unexpected(fmt::format("what the log in {} was forked from cannot be read",
                                         transaction.environment().directory().string()));
  }
  return identity;
}

}  // namespace catlog::store
