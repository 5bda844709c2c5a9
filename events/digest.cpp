#include "events/digest.h"

#include <memory>
#include <new>

#include <openssl/evp.h>

namespace catlog::events {
namespace {

struct Context {
  // Fetched once: looking the algorithm up costs more than hashing a record.
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Context() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
  }
};

Digest digest_of(std::span<const std::byte> head, std::span<const std::byte> rest) {
  thread_local Context reused;
  Digest digest;
  if (EVP_DigestInit_ex2(reused.context, reused.algorithm, nullptr) != 1 ||
      (!head.empty() && EVP_DigestUpdate(reused.context, head.data(), head.size()) != 1) ||
      EVP_DigestUpdate(reused.context, rest.data(), rest.size()) != 1 ||
      EVP_DigestFinal_ex(reused.context, digest.data(), nullptr) != 1)
    throw std::bad_alloc();
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
