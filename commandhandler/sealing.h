#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace catlog::commandhandler {

// Seals what must not be readable for ever: the one thing that a decision needs from outside.
class Sealing {
 public:
  virtual ~Sealing() = default;
  // The same text for the same user and key gives the same sealed text.
  virtual std::string seal(int64_t user_id, std::string_view text) = 0;
};

}  // namespace catlog::commandhandler
