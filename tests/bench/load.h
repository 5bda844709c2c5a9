#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "events/position.h"
#include "tests/bench/process.h"
#include "tests/bench/workload.h"

namespace catlog::bench {

struct Shape {
  size_t clients;
  size_t window;    // commands of one client that are sent and not answered
  size_t pack = 1;  // commands in one message
};

constexpr Shape one_client{1, 1};
constexpr Shape many_clients{32, 64};
constexpr Shape packing_clients{8, 256, 64};
constexpr Shape many_that_wait{32, 1};

struct Answered {
  int64_t sent_ns = 0, answered_ns = 0;
  events::Position last_position = 0;
  double us() const { return static_cast<double>(answered_ns - sent_ns) / 1'000; }
};

struct LoadResult {
  double seconds = 0;              // from the first command sent to the last receipt
  std::vector<Answered> commands;  // in the order of the bodies
  double per_second() const { return static_cast<double>(commands.size()) / seconds; }
  double latency_us(double fraction) const;
  // These go through all commands.
  events::Position first_position() const;
  events::Position last_position() const;
};

// By which catlogd is told where commands arrive.
constexpr const char* commands_endpoint_variable = "CATLOG_COMMANDS_ENDPOINT";
// One of tcp on this address that nobody has now.
std::string free_endpoint(const std::string& address);

// What a socket is told before it connects: its keys.
using Prepare = std::function<void(zmq::socket_t&)>;

// Sends all commands in one thread over one socket a client, each client as many at a time as its window takes, dealt
// out in turn, and waits for all receipts. `per_second`: no more than so many; 0: as they can. Throws Failure(failure)
// when one is not `accepted` or none comes for long.
LoadResult send_all(const std::string& endpoint, Shape shape, const Bodies& bodies, Encoding encoding,
                    const Interrupt& interrupt, const Prepare& prepare = {}, size_t per_second = 0);

}  // namespace catlog::bench
