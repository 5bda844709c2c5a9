#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "events/bus/router.h"

namespace catlog::projector {

// Requests that wait for their chunk: of each peer in its order, of several peers one after the other. Threads: one.
class ReplayQueue {
 public:
  // False, and it is dropped, when its peer has as many waiting as it may have open, or all peers have too many bytes.
  bool add(events::Request request);
  bool has(std::string_view peer) const { return peers_.contains(std::string(peer)); }
  // The next one of the peer whose turn it is; nothing: none waits. Those of peers that have left are passed over.
  std::optional<events::Request> next();

 private:
  std::unordered_map<std::string, std::deque<events::Request>> peers_;  // with something waiting
  std::deque<std::string> turns_;                                       // of each of these, once
  size_t bytes_ = 0;
};

}  // namespace catlog::projector
