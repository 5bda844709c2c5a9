#pragma once
#include <cstdint>
#include <expected>
#include <string>

#include "store/log.h"
#include "store/merkle.h"

namespace catlog::store {

// What a record says about its place in the log.
struct RecordHeader {
  Position position = 0;
  int64_t recorded_at_us = 0;
  uint32_t index = 0, count = 0;  // of what was committed for one message: which, of how many

  Position command_end() const { return position - index + count - 1; }
};

// Reads the header of bytes that may be anything, 8-byte aligned; the reason when they are no record.
std::expected<RecordHeader, std::string> read_header(Bytes record);

// Records one behind the other, as a log has them: each is held against the one before, and the Merkle tree grows over
// them. Knows only frames and headers. Threads: one at a time.
class RecordChain {
 public:
  // Goes on behind the events of this tree, which end with a command.
  explicit RecordChain(Frontier start);

  // The record's header; the reason why it cannot stand here, then nothing was added.
  std::expected<RecordHeader, std::string> add(Bytes record);

  Position position() const { return frontier_.size(); }  // of the last
  bool is_command_end() const { return next_index_ == 0; }
  const Frontier& frontier() const { return frontier_; }
  Digest root() const { return frontier_.head().root; }

 private:
  Frontier frontier_;
  uint32_t next_index_ = 0, count_ = 0;
};

}  // namespace catlog::store
