#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "store/log.h"

namespace catlog::commandhandler {

using events::Position;

// A command of a batch that was unchanged: its place, and what its receipt says.
struct UnchangedMember {
  unsigned index;
  int64_t entity_id;
  uint64_t version;
};

// The records of a drained batch that is not committed yet. Threads: one at a time.
class Drafts {
 public:
  explicit Drafts(Position head) : head_(head) {}
  // The position of the log before these records.
  Position head() const { return head_; }
  Position next() const { return head_ + records_.size() + 1; }
  size_t size() const { return records_.size(); }

  // Space of so many words, all 0, in which the next record's segment is built.
  kj::ArrayPtr<capnp::word> space(size_t words);
  // Takes the record that was built there, of so many words; its position must be next().
  void add(size_t words);
  // Drops the records from number `from` (0 is the first).
  void roll_back(size_t from);
  // The records from number `from` on are one message's: writes into each how many they are. Each says 1 until then.
  void set_count(size_t from);
  // Writes into the last record, which is a batch's, which of its commands were unchanged.
  void note_unchanged(std::span<const UnchangedMember> members);
  // All records as bytes; the views die with the next change.
  std::span<const store::Bytes> bytes();

 private:
  // A framed record: words in a chunk.
  struct Draft {
    size_t chunk, first_word, words;
  };
  std::span<capnp::word> words_of(const Draft& draft);

  Position head_;
  std::vector<kj::Array<capnp::word>> chunks_;  // 0 where no record is
  size_t used_words_ = 0;                       // of the last one
  std::vector<Draft> records_;
  std::vector<store::Bytes> views_;
};

}  // namespace catlog::commandhandler
