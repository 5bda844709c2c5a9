#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "bin/torrent/scrape/scraper.h"
#include "events/bus/bus.h"

namespace catlog::torrent {

// The swarms of all sources, looked at in a thread of its own, which trackers that are slow hold up. Threads: one at a
// time calls; `on_news` is called in that thread.
class Swarms {
 public:
  // `plans`: of an earlier process, as plans() has them.
  // `counters` outlives it.
  Swarms(scrape::Reach reach, const std::string& plans, std::function<void()> on_news, scrape::Counters& counters);
  Swarms(const Swarms&) = delete;
  ~Swarms();

  // All sources, by their info hash, with their magnet links.
  void follow(std::map<std::string, std::string> magnets);
  std::vector<scrape::Observation> take();
  // The log has this one, which was taken. One that it never got is taken again when it is looked at next.
  void told(const scrape::Observation& observation);
  std::string plans() const;

 private:
  void run();
  bool turn();

  std::function<void()> on_news_;
  events::Stop stop_;
  mutable std::mutex mutex_;  // of what follows
  scrape::Scraper scraper_;
  std::optional<std::map<std::string, std::string>> to_follow_;
  std::vector<scrape::Observation> observations_;
  std::jthread thread_;
};

}  // namespace catlog::torrent
