#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "events/error.h"

namespace catlog::cli {

// What a process is at, where whoever watches it can still read it when it has died.
class Board {
 public:
  // `doing`: a literal, such as "reading the log"; `position`: how far it is.
  void set(const char* doing, uint64_t position) {
    position_.store(position, std::memory_order_relaxed);
    doing_.store(doing, std::memory_order_relaxed);
  }

 private:
  friend class Watched;
  std::atomic<const char*> doing_ = "starting";
  std::atomic<uint64_t> position_ = 0;
  std::atomic<bool> ended_ = false;  // by itself, well or not
};

// Work that a damaged page may kill: LMDB trusts what its pages say, and one that lies can end the process that reads
// it. So it is done in a child process, and its death is a finding.
class Watched {
 public:
  // Runs `work` in a child and returns its exit code; the child itself tells what `work` throws (failures.h). Nothing
  // when the child died of what it read: then sentence() says how. Throws Failure(failure) when it was killed
  // otherwise. To be called before anything of LMDB is open in this process.
  std::optional<events::Exit> run(const std::function<events::Exit(Board&)>& work);
  // "it was ended by signal 11 (Segmentation fault) while reading the log, after position 70000"
  std::string sentence() const { return sentence_; }

 private:
  std::string sentence_;
};

}  // namespace catlog::cli
