#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/heartbeat.h"

namespace catlog {

// A loop that has neither come a step further for so long, nor is within one that may take longer, stands.
constexpr std::chrono::seconds longest_round{30};

// Which loops of this process go round. Threads: one adds, before any other looks. Lifetime: refers to the heartbeats.
class Pulse {
 public:
  using Clock = events::Heartbeat::Clock;

  void add(std::string loop, const events::Heartbeat& heartbeat) { loops_.push_back({std::move(loop), &heartbeat}); }

  enum class State {
    not_begun,
    goes_round,
    in_long_step,  // events::Heartbeat::LongStep
    stands,
  };
  struct Loop {
    std::string name;
    State state = State::not_begun;
    std::chrono::duration<double> age{};  // since it beat last
    uint64_t beats = 0;
  };
  std::vector<Loop> look(Clock::time_point now = Clock::now()) const;

 private:
  struct Watched {
    std::string name;
    const events::Heartbeat* heartbeat;
  };
  std::vector<Watched> loops_;
};

// "goesRound"
const char* to_text(Pulse::State state);

// Whether none of them stands; and how each is, as a JSON object.
struct Health {
  bool goes_round = true;
  std::string json;
};
Health health_of(const Pulse& pulse);

// Says when a watchdog may be fed that waits for so long: four times within it, and only when each loop has beaten
// since the last time, or is within a long step whose time is not over. Threads: one at a time.
class Feeding {
 public:
  Feeding(const Pulse& pulse, std::chrono::microseconds waits) : pulse_(pulse), every_(waits / 4) {}
  bool is_due(Pulse::Clock::time_point now = Pulse::Clock::now());

 private:
  const Pulse& pulse_;
  std::chrono::microseconds every_;
  std::optional<Pulse::Clock::time_point> fed_at_;
  std::vector<uint64_t> beats_;  // of each loop then
};

}  // namespace catlog
