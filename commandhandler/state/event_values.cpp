#include "commandhandler/state/event_values.h"

#include <array>
#include <cstring>
#include <optional>

#include <capnp/any.h>

#include "commandhandler/state/user_name.h"
#include "events/digest.h"

namespace catlog::commandhandler {
namespace {

// SHA-256 of the canonical form of a struct with numbers only, made without building it: the root pointer, then the
// data up to the last word that is not 0. Nothing for others. https://capnproto.org/encoding.html#canonicalization
std::optional<events::Digest> digest_of_numbers(capnp::AnyStruct::Reader group) {
  constexpr size_t most_words = 32, word = sizeof(capnp::word);
  for (auto pointer : group.getPointerSection())
    if (!pointer.isNull()) return {};
  const auto data = group.getDataSection();
  size_t words = data.size() / word;
  if (data.size() % word != 0 || words >= most_words) return {};
  std::array<uint64_t, most_words> canonical{};
  std::memcpy(canonical.data() + 1, data.begin(), data.size());
  while (words > 0 && canonical[words] == 0) --words;
  if (words == 0) return {};
  canonical[0] = words << 32;
  return events::sha256(std::as_bytes(std::span(canonical).first(1 + words)));
}

events::Digest whole_digest_of(capnp::AnyStruct::Reader group) {
  if (const auto digest = digest_of_numbers(group)) return *digest;
  const auto canonical = group.canonicalize();
  return events::sha256(std::as_bytes(std::span(canonical.begin(), canonical.size())));
}

}  // namespace

Value identity_of(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text ? Value(compared_user_name(*text)) : value;
}

Value value_of(const events::Column& column, const events::Sections& group) {
  if (group.is_absent(column)) return {};
  switch (column.kind) {
    case events::Kind::real:
      return group.real(column);
    case events::Kind::text:
      return std::string(group.text(column));
    case events::Kind::enumeration:
      return int64_t{group.enumerant(column)};
    default:
      return group.integer(column);
  }
}

GroupDigest digest_of(capnp::AnyStruct::Reader group) {
  const auto digest = whole_digest_of(group);
  GroupDigest cut;
  std::memcpy(cut.data(), digest.data(), cut.size());
  return cut;
}

}  // namespace catlog::commandhandler
