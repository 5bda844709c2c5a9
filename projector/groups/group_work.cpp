#include "projector/groups/group_work.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "events/bus/limits.h"
#include "events/error.h"

namespace catlog::projector {

namespace {

constexpr GroupWork::Time first_delay{1'000}, longest_delay{60'000};

GroupWork::Time delay_after(uint64_t failures) {
  const auto doublings = std::min<uint64_t>(failures == 0 ? 0 : failures - 1, 10);
  return std::min(longest_delay, first_delay * (1 << doublings));
}

}  // namespace

GroupWork::GroupWork(WorkState state, Rules rules, Time now) : state_(std::move(state)), rules_(rules) {
  for (auto event = state_.open.begin(); event != state_.open.end(); ++event) {
    if (event->second.member.empty()) continue;
    const std::string member = std::exchange(event->second.member, {});
    --event->second.tries;  // holding it counts it again
    members_[member].heard = now;
    hold(event, member, now);
  }
  find_next_deadline(now);
}

bool GroupWork::expire(Time now) {
  if (!next_deadline_ || now < *next_deadline_) return false;
  std::vector<std::pair<Open, std::string>> failed;
  std::vector<std::string> gone;
  for (const auto& [name, member] : members_) {
    const bool is_gone = member.heard + rules_.ack_within <= now;
    if (is_gone) gone.push_back(name);
    for (const auto& [position, since] : member.held)
      if (is_gone || since + longest_hold * rules_.ack_within <= now)
        failed.emplace_back(state_.open.find(position),
                            fmt::format("{} {}", name, is_gone ? "said nothing more" : "held it for too long"));
  }
  for (const auto& [event, why] : failed) fail(event, why);
  for (const std::string& name : gone) members_.erase(name);
  std::erase_if(delayed_, [now](const auto& delay) { return delay.second <= now; });
  find_next_deadline(now);
  return !failed.empty();
}

bool GroupWork::hear(const std::string& member, Time now) {
  const auto found = members_.find(member);
  if (found == members_.end() && members_.size() >= events::max_group_members) return false;
  members_[member].heard = now;
  look_again_at(now + rules_.ack_within);
  return true;
}

void GroupWork::leave(const std::string& member) {
  const auto found = members_.find(member);
  if (found == members_.end()) return;
  for (const auto& [position, since] : std::exchange(found->second.held, {})) {
    let_go(state_.open.find(position));
  }
  members_.erase(member);
}

bool GroupWork::wants_more() const { return state_.open.size() - held_ < events::max_group_events_waiting; }

void GroupWork::see(Position position, std::optional<std::string> stream) {
  CATLOG_CHECK(position == state_.seen + 1);
  state_.seen = position;
  if (stream) state_.open.emplace(position, WorkState::Open{*std::move(stream), 0, 0, {}});
  move_cursor();
}

bool GroupWork::may_get(const WorkState::Open& event, Position position, const std::string& member, Time now) const {
  if (const auto holder = holders_.find(event.stream); holder != holders_.end() && holder->second.member != member)
    return false;
  const auto delay = delayed_.find(position);
  return delay == delayed_.end() || delay->second <= now;
}

bool GroupWork::has_failed_one(const Member& member) const {
  return std::ranges::any_of(member.held,
                             [&](const auto& held) { return state_.open.find(held.first)->second.failures > 0; });
}

std::vector<Delivery> GroupWork::hand_out(const std::string& member, Time now, size_t limit) {
  const auto found = members_.find(member);
  CATLOG_CHECK(found != members_.end());
  const Member& self = found->second;
  limit = std::min({limit, events::max_group_events_held - std::min(self.held.size(), events::max_group_events_held),
                    events::max_group_events_out - std::min(held_, events::max_group_events_out)});
  std::vector<Delivery> given;
  if (has_failed_one(self)) return given;
  std::unordered_set<std::string_view> passed;  // streams of which an earlier event waits
  for (auto event = state_.open.begin(); event != state_.open.end() && given.size() < limit; ++event) {
    auto& [position, open] = *event;
    if (!open.member.empty() || passed.contains(open.stream)) continue;
    if (!may_get(open, position, member, now)) {
      passed.insert(open.stream);
      continue;
    }
    if (open.failures > 0 && !self.held.empty()) break;  // it is next, once the member holds nothing else
    hold(event, member, now);
    given.push_back({position, open.tries});
    if (open.failures > 0) break;
  }
  return given;
}

void GroupWork::take_back(const std::string& member, std::span<const Delivery> deliveries) {
  for (const Delivery& delivery : deliveries) {
    const auto event = held_by(member, delivery);
    if (event == state_.open.end()) continue;
    let_go(event);
    --event->second.tries;
  }
}

bool GroupWork::keep_only(const std::string& member, std::span<const Delivery> deliveries, Time now) {
  const auto found = members_.find(member);
  if (found == members_.end()) return false;
  std::vector<Position> lost;
  for (const auto& [position, since] : found->second.held) {
    const Delivery delivery{position, state_.open.find(position)->second.tries};
    if (std::ranges::find(deliveries, delivery) == deliveries.end()) lost.push_back(position);
  }
  for (const Position position : lost) {
    const auto event = state_.open.find(position);
    // That an answer was lost says nothing of the event: this alone never sets it aside.
    if (event->second.failures + 1 < rules_.tries)
      fail(event, member + " did not get it, or lost it");
    else
      let_go_with_stream_behind(event);
  }
  if (!lost.empty()) find_next_deadline(now);
  return !lost.empty();
}

bool GroupWork::acknowledge(const std::string& member, Delivery delivery) {
  const auto event = held_by(member, delivery);
  if (event == state_.open.end()) return false;
  let_go(event);
  settle(event);
  return true;
}

bool GroupWork::give_up(const std::string& member, Delivery delivery, const std::string& why, Time now,
                        std::optional<Time> delay) {
  const auto event = held_by(member, delivery);
  if (event == state_.open.end()) return false;
  const Time until = now + delay.value_or(delay_after(event->second.failures + 1));
  fail(event, why.empty() ? member + " gave it up" : why);
  if (!state_.open.contains(delivery.position) || until <= now) return true;
  delayed_[delivery.position] = until;
  look_again_at(until);
  return true;
}

bool GroupWork::retry(Position position) {
  auto found = state_.set_aside.extract(position);
  if (found.empty()) return false;
  state_.open.emplace(position, WorkState::Open{std::move(found.mapped().stream), found.mapped().tries, 0, {}});
  return true;
}

GroupWork::Open GroupWork::held_by(const std::string& member, Delivery delivery) {
  const auto event = state_.open.find(delivery.position);
  if (event == state_.open.end() || event->second.member != member || event->second.tries != delivery.number ||
      member.empty())
    return state_.open.end();
  return event;
}

void GroupWork::hold(Open event, const std::string& member, Time now) {
  auto& [position, open] = *event;
  open.member = member;
  ++open.tries;
  members_[member].held[position] = now;
  auto& holder = holders_[open.stream];
  holder.member = member;
  ++holder.events;
  ++held_;
  look_again_at(now + longest_hold * rules_.ack_within);
}

void GroupWork::let_go(Open event) {
  auto& [position, open] = *event;
  if (const auto member = members_.find(open.member); member != members_.end()) member->second.held.erase(position);
  if (const auto holder = holders_.find(open.stream); --holder->second.events == 0) holders_.erase(holder);
  open.member.clear();
  --held_;
}

// Whoever holds later events of a stream whose earlier one has failed has them too early.
void GroupWork::let_go_with_stream_behind(Open event) {
  // It was let go already where an earlier one of its stream failed at the same time.
  if (!event->second.member.empty()) let_go(event);
  const std::string& stream = event->second.stream;
  const auto holder = holders_.find(stream);
  if (holder == holders_.end()) return;
  const auto held = members_.find(holder->second.member)->second.held;
  for (auto behind = held.upper_bound(event->first); behind != held.end(); ++behind)
    if (const auto other = state_.open.find(behind->first); other->second.stream == stream) let_go(other);
}

void GroupWork::fail(Open event, const std::string& why) {
  let_go_with_stream_behind(event);
  auto& [position, open] = *event;
  if (++open.failures < rules_.tries || state_.set_aside.size() >= events::max_group_events_aside) return;
  state_.set_aside.emplace(position, WorkState::SetAside{open.stream, open.tries, why});
  settle(event);
}

void GroupWork::settle(Open event) {
  delayed_.erase(event->first);
  state_.open.erase(event);
  move_cursor();
}

void GroupWork::move_cursor() {
  const auto next = state_.open.upper_bound(state_.cursor);
  state_.cursor = next == state_.open.end() ? state_.seen : next->first - 1;
}

void GroupWork::look_again_at(Time when) {
  if (!next_deadline_ || when < *next_deadline_) next_deadline_ = when;
}

void GroupWork::find_next_deadline(Time now) {
  next_deadline_.reset();
  for (const auto& [name, member] : members_) {
    look_again_at(member.heard + rules_.ack_within);
    for (const auto& [position, since] : member.held) {
      look_again_at(since + longest_hold * rules_.ack_within);
    }
  }
  for (const auto& [position, until] : delayed_) {
    if (until > now) look_again_at(until);
  }
}

}  // namespace catlog::projector
