#include "bin/service/pulse.h"

#include <algorithm>

#include <fmt/format.h>

#include "bin/version.h"

namespace catlog {

namespace {

Pulse::State state_of(const events::Heartbeat& heartbeat, Pulse::Clock::time_point now) {
  if (heartbeat.beats() == 0) return Pulse::State::not_begun;
  if (heartbeat.may_take_long(now)) return Pulse::State::in_long_step;
  return heartbeat.age(now) > longest_round ? Pulse::State::stands : Pulse::State::goes_round;
}

}  // namespace

std::vector<Pulse::Loop> Pulse::look(Clock::time_point now) const {
  std::vector<Loop> loops;
  for (const auto& [name, heartbeat] : loops_) {
    const State state = state_of(*heartbeat, now);
    const auto age = state == State::not_begun ? Clock::duration{} : std::max(heartbeat->age(now), Clock::duration{});
    loops.push_back({name, state, age, heartbeat->beats()});
  }
  return loops;
}

const char* to_text(Pulse::State state) {
  switch (state) {
    case Pulse::State::not_begun:
      return "notBegun";
    case Pulse::State::goes_round:
      return "goesRound";
    case Pulse::State::in_long_step:
      return "inLongStep";
    case Pulse::State::stands:
      break;
  }
  return "stands";
}

bool Feeding::is_due(Pulse::Clock::time_point now) {
  if (fed_at_ && now - *fed_at_ < every_) return false;
  const auto loops = pulse_.look(now);
  beats_.resize(loops.size());
  for (size_t at = 0; at < loops.size(); ++at)
    if (loops[at].state != Pulse::State::in_long_step && loops[at].beats == beats_[at]) return false;
  for (size_t at = 0; at < loops.size(); ++at) beats_[at] = loops[at].beats;
  fed_at_ = now;
  return true;
}

Health health_of(const Pulse& pulse) {
  Health health;
  std::string loops;
  for (const auto& loop : pulse.look()) {
    health.goes_round = health.goes_round && loop.state != Pulse::State::stands;
    loops += fmt::format(R"({}"{}":{{"state":"{}","ageSeconds":{:.3f}}})", loops.empty() ? "" : ",", loop.name,
                         to_text(loop.state), loop.age.count());
  }
  health.json =
      fmt::format("{{\"healthy\":{},\"version\":\"{}\",\"loops\":{{{}}}}}\n", health.goes_round, version, loops);
  return health;
}

}  // namespace catlog
