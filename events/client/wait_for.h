#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "events/bus/client_keys.h"
#include "events/patience.h"
#include "events/position.h"

namespace catlog::events {

struct WaitOptions {
  std::string replay_endpoint;
  std::string log_id = {};                             // of the log that it is a position in; empty: whichever is there
  std::chrono::milliseconds within{30'000};            // until it is given up
  std::chrono::milliseconds answer_within = patience;  // as of SubscriberOptions
  std::chrono::milliseconds ask_again{10'000};
  std::optional<ClientKeys> keys = {};  // for an endpoint where the daemon asks for them
};

// How far SQL is.
struct Waited {
  bool is_there = false;  // it has the position
  Position position = 0;  // up to which it has the log
};

// Up to where the log goes when it is asked, of a cluster by what a majority of its nodes has.
constexpr Position latest_position = UINT64_MAX;

// Waits until SQL has this position of the log, or so long. A daemon that is away is waited for. Throws
// Failure(unreachable) when the replay socket gives no answer, Failure(refused) when the position is one of another log
// or beyond the log's end: what a receipt named there was lost; Failure(usage), Failure(failure) as Subscriber.
Waited wait_for(Position position, const WaitOptions& options);

}  // namespace catlog::events
