#include "events/digest.h"

// EVP's set-up costs as much as hashing two blocks, several times an event; these functions are declared deprecated,
// and do the same (decision 32).
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

namespace catlog::events {
namespace {

Digest digest_of(std::span<const std::byte> head, std::span<const std::byte> rest) {
  SHA256_CTX context;
  Digest digest;
  SHA256_Init(&context);
  SHA256_Update(&context, head.data(), head.size());
  SHA256_Update(&context, rest.data(), rest.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

}  // namespace

Digest sha256(std::span<const std::byte> bytes) { return digest_of({}, bytes); }

Digest sha256(std::byte first, std::span<const std::byte> rest) { return digest_of({&first, 1}, rest); }

Digest sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

std::string hex(std::span<const uint8_t> bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::optional<std::vector<uint8_t>> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  std::vector<uint8_t> bytes(text.size() / 2);
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return {};
    bytes[i / 2] = static_cast<uint8_t>(bytes[i / 2] << 4 | digit);
  }
  return bytes;
}

}  // namespace catlog::events
