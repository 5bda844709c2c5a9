#include "projector/feed/waiters.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "events/bus/limits.h"

namespace catlog::projector {

bool Waiters::is_full(std::string_view peer) const {
  if (waiting_.size() >= events::max_waiters) return true;
  const auto of_peer = std::ranges::count(waiting_, peer, [](const Waiter& each) { return each.request.peer(); });
  return of_peer >= events::replays_unanswered;
}

void Waiters::add(events::Request request, Position position, Clock::time_point until) {
  request.body = {};
  waiting_.push_back({std::move(request), position, until});
}

std::vector<Waiters::Waiter> Waiters::take_due(Position reached, Clock::time_point now) {
  const auto due = std::stable_partition(waiting_.begin(), waiting_.end(), [&](const Waiter& each) {
    return each.position > reached && each.until > now;
  });
  std::vector<Waiter> taken(std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
  waiting_.erase(due, waiting_.end());
  return taken;
}

Waiters::Clock::time_point Waiters::first_end() const {
  return std::ranges::min_element(waiting_, {}, &Waiter::until)->until;
}

}  // namespace catlog::projector
