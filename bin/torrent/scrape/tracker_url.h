#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::scrape {

// Where a tracker is asked about swarms.
struct TrackerUrl {
  enum class Kind { udp, http };
  Kind kind = Kind::udp;
  std::string host;  // a name, or an address without its brackets
  uint16_t port = 0;
  std::string path;  // of http, with what stands behind the ?
  auto operator<=>(const TrackerUrl&) const = default;
};

constexpr size_t max_url_bytes = 512, max_trackers_of_source = 8;

// Of a URL at which a tracker takes announcements (BEP 48: the path's last part begins with "announce"). Nothing: it
// cannot be asked, or would say more to somebody than a tracker's URL does.
std::optional<TrackerUrl> scrape_url(std::string_view announce);
// Of a magnet link, in its order, each once; links are strangers' texts.
std::vector<TrackerUrl> trackers_of(std::string_view magnet);

}  // namespace catlog::scrape
