#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace catlog::tests {

// How a tracker answers. `truncated`: half of the answer; `huge`: without end, by HTTP, and the largest datagram, by
// UDP; `foreign`: by a transaction that nobody began, by HTTP a page; `late`: after a while; `silent`: never;
// `refusing`: with an error.
enum class TrackerManner { right, truncated, huge, foreign, late, silent, refusing };
struct TrackerSwarm {
  uint32_t seeds = 0, peers = 0, done = 0;
};
struct TrackerCounts {  // of requests that it read
  uint64_t connects = 0, announces = 0, scrapes = 0, scraped_hashes = 0, http_announces = 0, http_scrapes = 0;
  uint64_t largest_scrape = 0;  // hashes in one
};

// What the tests tracker says to what; Tracker has the sockets. Threads: any.
class TrackerWords {
 public:
  static constexpr std::string_view nothing = "\n";  // is answered to a request

  void set(const std::string& hash, TrackerSwarm swarm);
  void behave(TrackerManner manner);
  TrackerSwarm announced(const std::string& hash) const;
  TrackerCounts counts() const;
  std::chrono::milliseconds delay_now() const;

  // To a datagram; nothing: it stays without.
  std::optional<std::string> answer_datagram(std::string_view bytes, uint32_t address);
  // To a request over HTTP that has come to its header's end.
  std::string answer_request(std::string_view request, uint32_t address);

 private:
  using Place = std::pair<uint32_t, uint16_t>;
  struct Known {
    TrackerSwarm told;
    std::map<Place, uint64_t> left;  // bytes that somebody lacks
  };
  TrackerSwarm swarm_of(const std::string& hash) const;
  void announce(const std::string& hash, Place place, uint64_t left, std::string_view event);
  std::string compact_peers(const std::string& hash, Place but) const;
  std::string right_datagram(std::string_view bytes, uint32_t address);
  std::string body_of(std::string_view path, std::string_view query, uint32_t address);

  mutable std::mutex mutex_;
  TrackerManner manner_ = TrackerManner::right;
  TrackerCounts counts_;
  std::map<std::string, Known> known_;  // by the hash's bytes
};

}  // namespace catlog::tests
