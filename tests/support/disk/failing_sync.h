#pragma once
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "tests/support/disk/calls.h"

namespace catlog::tests::disk {

// Fails the first sync of a file whose name ends so. Then the disk says that it is full, if it is to; and no note of it
// can be made (projector/sqlite/unsynced.h), if it is to be so.
class FailingSync : public Watcher {
 public:
  enum class Free { as_it_is, none };
  enum class Note { can_be_made, cannot_be_made };
  explicit FailingSync(std::string tail, Free after = Free::as_it_is, Note note = Note::can_be_made)
      : tail_(std::move(tail)), after_(after), note_(note) {}

  Verdict before(const Operation& operation) override {
    if (note_ == Note::cannot_be_made && operation.call == Call::create && operation.path.ends_with("-unsynced"))
      return {.error = EROFS};
    if (has_failed || !is_sync(operation.call) || !operation.path.ends_with(tail_)) return {};
    has_failed = true;
    return {.error = EIO};
  }
  std::optional<uint64_t> free_bytes() override {
    if (has_failed && after_ == Free::none) return 0;
    return {};
  }
  std::atomic<bool> has_failed = false;

 private:
  std::string tail_;
  Free after_;
  Note note_;
};

}  // namespace catlog::tests::disk
