#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace catlog::torrent {

enum class Status { downloading, completed, seeding, paused, error };
std::string_view word_of(Status status);
std::optional<Status> status_of(std::string_view word);

// A row of `storage` as its events tell it.
struct Wish {
  int64_t id = 0;
  std::string hash;
  Status status = Status::downloading;
  double progress = 0;
  int64_t downloaded = 0, uploaded = 0, peers = 0;
  std::string phase;         // as it was reported last
  bool is_placed = false;    // where its files are is recorded
  bool is_checking = false;  // somebody wants its files looked through, and no report has said yet what came of it
  uint64_t checks = 0;       // how often that was wanted
  std::string reason;        // of an error, a FaultKind's word
  uint64_t events = 0;       // that it had, the first one included, but for those that say that it is played
  uint64_t failures = 0;     // since it was whole last, or begun
  int64_t reported_us = 0;   // its figures, last
  int64_t failed_us = 0, whole_us = 0;  // last; 0: never
  int64_t used_us = 0;                  // somebody looked at it
  int64_t changed_us = 0;               // its last event
};
// All of it was loaded.
bool is_over(const Wish& wish);

struct Source {
  std::string magnet;
  int64_t size = 0;
};

// How a removal wants a download's files: as engine/engine.h has it.
enum class Remains { kept, removed };

// What is wanted, folded from the log's events in their order. A value: pure, and the same from the same events.
class Wishes {
 public:
  // An event of `movie_sources/` or `storage/`, by its topic ("json/storage/5/") and its record as JSON. What is of
  // other streams, or unknown, changes nothing.
  void take(std::string_view topic, std::string_view record);
  // The files of a removed download are dealt with.
  void forget(const std::string& hash) { gone_.erase(hash); }
  // All that was folded is of an earlier time: what was removed in it says nothing of the files that are there now.
  void forget_all_gone() { gone_.clear(); }

  const std::map<int64_t, Wish>& downloads() const { return downloads_; }
  // By their info hash.
  const std::map<std::string, Source>& sources() const { return sources_; }
  // Nothing: its source is not there.
  const Source* source(const std::string& hash) const;
  // Removed downloads that are not dealt with yet.
  const std::map<std::string, Remains>& gone() const { return gone_; }

 private:
  friend class WishText;
  std::map<int64_t, std::string> hashes_;  // of sources
  std::map<std::string, Source> sources_;
  std::map<int64_t, Wish> downloads_;
  std::map<std::string, Remains> gone_;
};

// Where in which log a fold stands.
struct Cursor {
  std::string log_id;
  uint64_t position = 0;
  std::string command_id;  // of the event there
};

// A fold and its cursor as a file's text. Reading: nothing when it is none.
std::string text_of(const Wishes& wishes, const Cursor& cursor);
struct Kept {
  Wishes wishes;
  Cursor cursor;
};
std::optional<Kept> read_kept(std::string_view text);

}  // namespace catlog::torrent
