#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/log.h"
#include "store/pages/page_format.h"

namespace catlog::store {

// The stored decision state at one position: an LMDB read transaction over ordered keys and values (bytes, compared as
// unsigned). Keep it for one batch; views die with it; it dies before its StateStore. Threads: one at a time.
class StateSnapshot {
 public:
  StateSnapshot(StateSnapshot&&) noexcept;
  ~StateSnapshot();
  // All events up to here are in.
  Position position() const;
  // The key must not be empty.
  std::optional<std::string_view> get(std::string_view key) const;
  // Calls `visit(key, value)` in key order from the first key >= `from` that starts with `prefix`, until it returns
  // false.
  template <class Visit>
  void scan(std::string_view prefix, std::string_view from, Visit&& visit) const {
    Cursor cursor(*this, prefix, from);
    while (auto entry = cursor.next())
      if (!visit(entry->first, entry->second)) return;
  }
  // The same, entry by entry. Must die before the snapshot.
  class Cursor {
   public:
    Cursor(const StateSnapshot& snapshot, std::string_view prefix, std::string_view from);
    ~Cursor();
    Cursor(const Cursor&) = delete;
    std::optional<std::pair<std::string_view, std::string_view>> next();

   private:
    struct CursorState;
    std::unique_ptr<CursorState> state_;
  };

 private:
  friend class StateStore;
  struct State;
  explicit StateSnapshot(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The decision state's LMDB environment. It is a projection of the log: it may be deleted.
// One object per process and directory. Threads: snapshots from any thread; flush from one.
class StateStore {
 public:
  // Creates it when missing. A state of another log (`log_id`), of another format, or one that LMDB cannot read is
  // emptied: it is built again from the log. read: throws Failure(usage) when there is none, Failure(damaged)
  // for one that would have to be emptied. write: throws Failure(held) when another process writes here.
  // Failure(failure) for what the system refuses.
  static StateStore open(const std::filesystem::path& directory, const std::string& log_id, Access access);
  StateStore(StateStore&&) noexcept;
  ~StateStore();

  // Why what was there could not be used and was emptied when it was opened; empty: it was not.
  const std::string& emptied_because() const;
  StateSnapshot snapshot() const;
  // False when somebody removed the state, made it anew or cut its file since it was opened: what is open then will
  // never change again. Costs three stats.
  bool is_in_place() const;
  // Keys (1 to max_key_bytes bytes, each once) with their values; no value deletes the key, whether it is there or not.
  // Views of what the caller holds.
  using Changes = std::vector<std::pair<std::string_view, std::optional<std::string_view>>>;
  // Writes the changes and the position in one durable commit. The store must have been opened to write. Throws
  // StorageFull or Failure(failure): then nothing was written, and after a Failure every later flush throws too.
  void flush(Changes changes, Position position);

  // As Log::check_pages.
  std::vector<std::string> check_pages(size_t most, const std::function<void(uint64_t, uint64_t)>& progress = {}) const;
  int clear_stale_readers() const;
  // The size of the state's file.
  uint64_t size_bytes() const;

 private:
  struct State;
  explicit StateStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace catlog::store
