#pragma once
#include <cstddef>
#include <string>

#include "events/client/client.h"
#include "events/error.h"
#include "events/schema/vocabulary.h"

namespace catlog::cli {

// Counts receipts. They come in the order of their commands (Client). Threads: one at a time.
class Receipts {
 public:
  // It as a line of JSON.
  std::string take(events::schema::Receipt::Reader receipt);
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
