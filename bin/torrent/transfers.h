#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bin/torrent/engine/seen.h"
#include "bin/torrent/wishes.h"

namespace catlog::torrent {

// What the operator wants of all downloads.
struct Rules {
  uint64_t active = 16;         // at a time
  uint64_t seed_percent = 100;  // of its size, given to others; 0: nothing
  uint64_t seed_hours = 24;
  uint64_t quota_bytes = 0;  // of all files together; 0: as the disk has room
};

struct Order {
  enum class Do { add, add_unchecked, check, drop, remove };  // add_unchecked: what was saved of it is not believed
  Do what;
  std::string hash;
  bool operator==(const Order&) const = default;
};

// What the log is told of a download.
struct Report {
  enum class What { figures, failure, resumption, recheck, eviction };
  What what = What::figures;
  int64_t storage = 0;
  std::optional<Status> status = {};  // with figures: what it is now, if that is another
  double progress = 0, upload_progress = 0;
  int64_t peers = 0, downloaded = 0, uploaded = 0;
  std::string phase = {};  // with figures
  int64_t readable = 0;
  bool is_placed = false;  // what follows is said too
  std::string directory = {}, main_file = {};
  int64_t main_size = 0, size = 0;
  std::optional<Fault> fault = {};
};

struct Decision {
  std::vector<Order> orders;
  std::vector<Report> reports;  // at most one for each download
};

struct Moment {
  int64_t now_us = 0;
  uint64_t free_bytes = UINT64_MAX;             // where the files are
  std::set<std::string> stalled = {};           // loading, and nothing has come for a while
  std::map<std::string, uint64_t> checks = {};  // how many of the checks that were wanted (Wish::checks) have begun
  std::set<std::string> touched = {};           // whole once, and not what they were
  std::set<std::string> open = {};              // by players, also paused ones
  bool is_ending = false;                       // the last values are told
};

// What is to be done so that what is so becomes what is wanted, and what is recorded becomes what is so (README.md).
// Pure.
Decision decide(const Wishes& wishes, const std::vector<Seen>& seen, const Rules& rules, const Moment& moment);

}  // namespace catlog::torrent
