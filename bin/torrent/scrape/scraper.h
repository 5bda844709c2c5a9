#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bin/torrent/scrape/lookup.h"
#include "bin/torrent/scrape/reach.h"
#include "bin/torrent/scrape/schedule.h"
#include "bin/torrent/scrape/swarm.h"
#include "bin/torrent/scrape/talk.h"
#include "events/counters.h"

namespace catlog::scrape {

struct Limits {
  TalkLimits talk = {};
  std::chrono::milliseconds rest{30 * 60'000};  // of a tracker that failed; twice as long each further time
  size_t talks = 32, trackers = 512;            // at a time; in all
};

struct Now {
  int64_t wall_us = 0;  // what plans are made by
  Clock::time_point steady = {};
};

// Threads: any.
struct Counters {
  events::Counter answered, unanswered;  // looks at a source's swarm, by whether a tracker told of it
  events::Counter failed_talks;          // with a tracker
};

// What the log is to hear.
struct Observation {
  std::string hash;  // in hex, as the log has it
  Swarm swarm;
};

// Looks at the swarms of all sources, each when it is due, by their trackers: many in one request. Waits for nobody but
// in wait(). Threads: one at a time.
class Scraper {
 public:
  // `counters` outlives it; null: nothing is counted.
  explicit Scraper(Reach reach, Limits limits = {}, Counters* counters = nullptr);
  ~Scraper();

  // All sources there are, by their info hash in hex, with their magnet links.
  void follow(const std::map<std::string, std::string>& magnets);
  // Does what can be done now.
  std::vector<Observation> step(Now now);
  // The log has heard so of it.
  void told(const Observation& observation, int64_t wall_us);
  // Waits until there is more to be done, until `wake` can be read (-1: there is none), or so long.
  void wait(int wake, std::chrono::milliseconds longest) const;
  bool is_idle() const { return under_way_ == 0; }

  // Plans as a file's text, and back: before the first follow().
  std::string text() const;
  void read(std::string_view text);

 private:
  struct HashOf {
    size_t operator()(const Hash& hash) const;
  };
  struct Source {
    std::string hex;
    std::vector<uint16_t> trackers;
    Plan plan;
    bool is_under_way = false;
    uint8_t asked = 0;          // of its trackers, the next
    std::optional<Swarm> best;  // that one of them told
  };
  struct Tracker {
    TrackerUrl url;
    std::deque<Hash> waiting = {};
    std::vector<Hash> asked = {};
    std::unique_ptr<Talk> talk = {};
    std::unique_ptr<Lookup> lookup = {};
    Clock::time_point rests_until = {};
    int failures = 0;  // one after another
  };

  std::vector<uint16_t> numbers_of(const std::string& magnet);
  void begin_due();
  void ask_next(const Hash& hash, Source& source);
  void finish(const Hash& hash, Source& source);
  void turn(Tracker& tracker);
  void hear(Tracker& tracker);
  void begin_talk(Tracker& tracker);
  std::optional<sockaddr_storage> address_of(Tracker& tracker);
  void fail(Tracker& tracker);
  void give_back(const std::vector<Hash>& unanswered);

  Reach reach_;
  Limits limits_;
  Counters* counters_;
  std::unordered_map<Hash, Source, HashOf> sources_;
  std::map<std::string, Plan, std::less<>> remembered_;
  std::vector<Tracker> trackers_;
  std::map<TrackerUrl, uint16_t> numbers_;
  Budget budget_;
  Now now_;
  int64_t scanned_us_ = 0;
  size_t under_way_ = 0, talks_ = 0;
  std::vector<Observation> observations_;
};

}  // namespace catlog::scrape
