#pragma once
#include <optional>

#include "commandhandler/receipt.h"
#include "store/log.h"

namespace catlog::commandhandler {

// Decides the commands of one drained batch, one after the other, each seeing what those before it did.
//
// Each is judged in a scratch layer over the batch's; when it is accepted that is merged and its records stay among
// the drafts, otherwise both are dropped. Nothing is written: the caller appends drafts() and then keeps the batch
// layer, or drops both. The time, ids and sealing come from outside, so the same input gives the same events.
//
// Lifetime: for one batch; refers to all it is given. Threads: one at a time.
class Decider {
 public:
  // `below`: the layers of what is committed but not in the stored state, the topmost first.
  Decider(std::vector<Layer*> below, const store::StateSnapshot* base, const store::LogSnapshot& log, Sealing& sealing,
          int64_t now_us);

  // Empty when the answer depends on a command of this batch that is not committed yet (its id comes again): commit,
  // and decide it with a new Decider.
  std::optional<Receipt> decide(const events::Message& command);

  Drafts& drafts() { return drafts_; }
  Layer& changes() { return batch_; }

 private:
  // What is known of an id that was accepted before.
  enum class Seen { never, same, other, pending };
  Seen seen(events::Uuid id, const events::Digest& digest, bool is_batch) const;
  Effect effect_of(events::Uuid id) const;
  std::optional<Receipt> decide_one(const std::string& id, const CommandMeta& meta, schema::Command::Reader command);
  std::optional<Receipt> decide_batch(const std::string& id, const CommandMeta& meta, schema::Command::Reader command);
  std::optional<Receipt> decide_member(const CommandMeta& batch, schema::Command::Reader command);
  Receipt repeat_batch(const std::string& id, events::Uuid uuid, schema::Command::Reader command) const;
  void drop(size_t from);

  Layer scratch_, batch_;
  State state_;
  const store::LogSnapshot& log_;
  Drafts drafts_;
  Sealing& sealing_;
  int64_t now_us_;
};

}  // namespace catlog::commandhandler
