#include "events/digest_stream.h"

#include <new>

#include <openssl/evp.h>

namespace catlog::events {

struct DigestStream::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

DigestStream::DigestStream() : state_(std::make_unique<State>()) {
  if (EVP_DigestInit_ex2(state_->context, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}

DigestStream::~DigestStream() = default;

void DigestStream::add(std::span<const std::byte> bytes) {
  if (EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

Digest DigestStream::finish() {
  Digest digest;
  if (EVP_DigestFinal_ex(state_->context, digest.data(), nullptr) != 1) throw std::bad_alloc();
  return digest;
}

}  // namespace catlog::events
