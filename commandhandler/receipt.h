#pragma once
#include <optional>
#include <string>
#include <vector>

#include "commandhandler/judge.h"
#include "events/encoding.h"
#include "store/merkle.h"

namespace catlog::commandhandler {

// The answer to one command.
struct Receipt {
  enum class Verdict { accepted, unchanged, refused };

  std::string id;  // of the command; empty when it could not be read
  Verdict verdict = Verdict::refused;
  Effect effect;                        // accepted, unchanged
  Refusal refusal;                      // refused
  std::vector<Receipt> receipts;        // of a batch
  std::optional<store::TreeHead> head;  // when it was asked for

  static Receipt of(std::string id, const Effect& effect);
  static Receipt refused(std::string id, Refusal refusal);
};

std::string encode(const Receipt& receipt, events::Encoding encoding);

}  // namespace catlog::commandhandler
