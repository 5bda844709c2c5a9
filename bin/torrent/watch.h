#pragma once
#include <optional>
#include <string>
#include <thread>

#include "bin/http/server.h"
#include "bin/service/metrics.h"
#include "bin/service/pulse.h"
#include "bin/torrent/counters.h"
#include "events/bus/bus.h"

namespace catlog::torrent {

// How those who watch this process learn how it does: /metrics for Prometheus, and /health, in a thread of its own.
// Lifetime: refers to the counters.
class Watch {
 public:
  // `endpoint`: as http::parse_endpoint takes it; empty: nowhere. Throws as http::Server.
  Watch(const std::string& endpoint, const Counters& counters);
  Watch(const Watch&) = delete;
  ~Watch();

 private:
  http::Response answer(const http::Request& request) const;

  Metrics metrics_;
  Pulse pulse_;
  events::Stop stop_;
  std::optional<http::Server> server_;
  std::jthread thread_;
};

}  // namespace catlog::torrent
