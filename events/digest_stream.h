#pragma once
#include <memory>
#include <span>

#include "events/digest.h"

namespace catlog::events {

// A SHA-256 over bytes that come in pieces. Threads: one at a time. Throws std::bad_alloc only.
class DigestStream {
 public:
  DigestStream();
  DigestStream(const DigestStream&) = delete;
  ~DigestStream();
  void add(std::span<const std::byte> bytes);
  // The digest of all that was added. Afterwards the object may only be destroyed.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace catlog::events
