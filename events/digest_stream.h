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
  // Of all that was added. Nothing may be added or asked for afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace catlog::events
