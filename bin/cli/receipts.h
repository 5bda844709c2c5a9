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

struct Answer {
  bool is_refused = false;
  std::string receipt;  // a line of JSON
  std::string words;    // what became of which command: id, and positions or refusal
};
// Sends one command. Throws as Client does.
Answer send_alone(events::Client& client, events::schema::Command::Builder command);
// Prints the receipt. Where that cannot be: Failure(failure) with its words, for the command was carried out.
void show_receipt(const Answer& answer);

}  // namespace catlog::cli
