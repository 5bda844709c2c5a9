#pragma once
#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "events/bus/router.h"
#include "events/position.h"

namespace catlog::projector {

using events::Position;

// Requests that wait until the read model has a position, or their time is over.
//
// Threads: one at a time.
class Waiters {
 public:
  using Clock = std::chrono::steady_clock;
  struct Waiter {
    events::Request request;
    Position position = 0;
    Clock::time_point until;
  };

  // Whether there is room for one more of this peer, and of all.
  bool is_full(std::string_view peer) const;
  // Keeps what an answer needs of the request, which is not its body.
  void add(events::Request request, Position position, Clock::time_point until);
  // Takes out those that wait for nothing after `reached`, or no longer than `now`.
  std::vector<Waiter> take_due(Position reached, Clock::time_point now);
  std::vector<Waiter> take_all() { return std::move(waiting_); }

  size_t size() const { return waiting_.size(); }
  // When the first one's time is over; only where there is one.
  Clock::time_point first_end() const;

 private:
  std::vector<Waiter> waiting_;
};

}  // namespace catlog::projector
