#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "commandhandler/rules/judge.h"
#include "commandhandler/state/unchanged.h"
#include "events/codec/message.h"
#include "store/log.h"

namespace catlog::commandhandler {

// Decides the commands of one drained batch, one after the other, each seeing what those before it did.
//
// What a command changes goes to the topmost layer, and what its changes replaced into the journal; when it is refused,
// its changes are undone and its records dropped from the drafts. Nothing is written: the caller appends drafts() and
// then forgets the journal, or undoes it. The time, ids and sealing come from outside, so the same input gives the same
// events.
//
// Lifetime: for one batch; refers to all it is given. Threads: one at a time.
class Decider {
 public:
  // `state` writes to `journal`. `log`: what is committed. `head`: the position that the state has reached; it is
  // beyond the log's while a commit is under way.
  Decider(State state, Journal& journal, const store::LogSnapshot& log, Position head, Sealing& sealing,
          UnchangedCommands& unchanged, Moment moment);

  // Empty when the answer depends on a command that is not committed yet (its id comes again): commit, and decide it
  // with a new Decider. `sender`: what its events say of who sent it.
  std::optional<Receipt> decide(const events::Message& command, const std::string& sender = {});

  // The receipt of a command that was accepted before, or by an id that was; nothing is judged. pending: the answer
  // depends on what is not committed yet.
  enum class Unknown { never, pending };
  std::expected<Receipt, Unknown> recall(const events::Message& command) const;
  // The first event of the command that was accepted by this id, committed or not.
  std::optional<Position> accepted_at(events::Uuid id) const;

  Drafts& drafts() { return drafts_; }
  // How many rows were looked at (Judge::look_at) for all that was decided.
  size_t rows_seen() const { return rows_seen_; }

 private:
  // What is known of an id that was accepted before.
  enum class Seen { never, same, other, pending };
  enum class Kind { command, batch };
  Seen seen(events::Uuid id, const events::Digest& digest, Kind kind) const;
  Effect effect_of(events::Uuid id) const;
  std::expected<Receipt, Unknown> recall(events::Uuid id, const events::Digest& digest,
                                         schema::Command::Reader command) const;
  Receipt receipt_of(std::string id, const CommandMeta& meta, const Judge& judge);
  std::optional<Receipt> decide_one(std::string id, const CommandMeta& meta, schema::Command::Reader command);
  std::optional<Receipt> decide_batch(const std::string& id, const CommandMeta& meta, schema::Command::Reader command);
  std::optional<Receipt> decide_member(const CommandMeta& batch, schema::Command::Reader command);
  void note_unchanged(const Receipt& batch);
  Receipt repeat_batch(const std::string& id, events::Uuid uuid, schema::Command::Reader command) const;
  // Where a command begins: what comes behind is its own.
  struct Mark {
    size_t drafts, changes;
  };
  Mark mark() const { return {drafts_.size(), journal_.size()}; }
  void drop(const Mark& from);

  State state_;
  Journal& journal_;
  const store::LogSnapshot& log_;
  Drafts drafts_;
  Sealing& sealing_;
  UnchangedCommands& unchanged_;
  Moment moment_;
  size_t rows_seen_ = 0;
};

}  // namespace catlog::commandhandler
