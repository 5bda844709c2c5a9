#include "projector/feed/replay_queue.h"

#include <utility>

#include "events/bus/connections.h"
#include "events/bus/limits.h"

namespace catlog::projector {

namespace {

constexpr size_t request_overhead_bytes = 512;

size_t size_of(const events::Request& request) { return request.bytes().size() + request_overhead_bytes; }

}  // namespace

bool ReplayQueue::add(events::Request request) {
  std::string peer(request.peer());
  const auto known = peers_.find(peer);
  const size_t waiting = known == peers_.end() ? 0 : known->second.size(), bytes = size_of(request);
  if (waiting >= static_cast<size_t>(events::replays_unanswered)) return false;
  if (bytes_ + bytes > events::max_replay_bytes_waiting) return false;
  bytes_ += bytes;
  if (waiting == 0) turns_.push_back(peer);
  peers_[std::move(peer)].push_back(std::move(request));
  return true;
}

std::optional<events::Request> ReplayQueue::next() {
  while (!turns_.empty()) {
    std::string peer = std::move(turns_.front());
    turns_.pop_front();
    const auto of_peer = peers_.find(peer);
    auto& requests = of_peer->second;
    if (!events::is_connected(requests.front().descriptor)) {
      for (const auto& request : requests) bytes_ -= size_of(request);
      peers_.erase(of_peer);
      continue;
    }
    events::Request request = std::move(requests.front());
    requests.pop_front();
    bytes_ -= size_of(request);
    if (requests.empty())
      peers_.erase(of_peer);
    else
      turns_.push_back(std::move(peer));
    return request;
  }
  return {};
}

}  // namespace catlog::projector
