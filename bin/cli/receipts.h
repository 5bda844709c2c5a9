#pragma once
#include <cstddef>
#include <string>

#include "events/client/client.h"
#include "events/error.h"
#include "events/schema/vocabulary.h"

namespace catlog::cli {

// Prints receipts as JSON lines on stdout, in the order in which they come, which is that of their commands (Client),
// and counts them. Threads: one at a time.
class Receipts {
 public:
  void take(events::schema::Receipt::Reader receipt);
  size_t refused() const { return refused_; }
  size_t taken() const { return accepted_ + unchanged_ + refused_; }
  // "3 accepted, 1 unchanged, 0 refused", and how many were sent and have none, if any.
  std::string summary(size_t unanswered) const;

 private:
  size_t accepted_ = 0, unchanged_ = 0, refused_ = 0;
};

// Sends one command and prints its receipt. Refused: Exit::refused. Throws as Client does.
events::Exit send_alone(events::Client& client, events::schema::Command::Builder command);

}  // namespace catlog::cli
