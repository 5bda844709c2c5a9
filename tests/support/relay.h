#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "events/bus/bus.h"

namespace catlog::tests {

// Stands between a client and a port of this machine, passes on what both say, and keeps what the client said. For one
// connection.
class Relay {
 public:
  explicit Relay(uint16_t to_port);
  ~Relay();
  Relay(const Relay&) = delete;
  uint16_t port() const { return port_; }
  std::string said_by_client() const;

 private:
  void run(uint16_t to_port);
  events::Stop stop_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::string said_;
  std::thread thread_;
};

}  // namespace catlog::tests
