#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "events/error.h"

namespace catlog::commandhandler {

// A user's key that is there and cannot be used, with its file and what to do. It is that user's trouble alone: who
// needs it is refused, everybody else goes on.
class KeyDamaged : public events::Failure {
 public:
  explicit KeyDamaged(const std::string& what) : Failure(events::Exit::damaged, what) {}
};

// Seals what must not be readable for ever: the one thing that a decision needs from outside.
class Sealing {
 public:
  virtual ~Sealing() = default;
  // The same text for the same user and key gives the same sealed text. Throws KeyDamaged.
  virtual std::string seal(int64_t user_id, std::string_view text) = 0;
};

}  // namespace catlog::commandhandler
