#pragma once
#include <functional>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "bin/nodes/known_keys.h"
#include "bin/nodes/words.h"
#include "events/bus/bus.h"
#include "events/bus/door.h"
#include "events/bus/gate.h"
#include "events/bus/router.h"
#include "events/data_directory.h"
#include "events/heartbeat.h"
#include "store/log.h"

namespace catlog::nodes {

// What this node answers the others of its cluster: which sealing keys it has, the keys themselves, its groups, records
// of its log. Nobody gets in but by the daemon's own key pair, which the nodes have in common.
//
// Threads: made in one, run in another. Lifetime: refers to log and gate; `context` outlives it.
class NodeLoop {
 public:
  // Listens at `endpoint`, tcp://. Throws as events::bind.
  NodeLoop(zmq::context_t& context, const events::Gate& gate, const std::string& endpoint, const store::Log& log,
           const events::DataDirectory& data);
  // Returns after `stop` was set.
  void run(events::Stop& stop);
  const events::Heartbeat& heartbeat() const { return heartbeat_; }
  // Where it listens, a port that was left open being filled in.
  const std::string& endpoint() const { return endpoint_; }

 private:
  using Frames = std::vector<std::string>;
  Frames answer(const events::Request& request);
  Frames answer_keys(const Request& request);
  Frames answer_key(const Request& request) const;
  Frames answer_find(const Request& request);
  Frames answer_put(const Request& request);
  Frames answer_groups(const Request& request) const;
  Frames answer_records(const Request& request) const;
  void reply(events::Request& request, const Frames& frames);

  events::Door door_at(const std::string& endpoint, const events::Gate& gate);

  const store::Log& log_;
  events::DataDirectory data_;
  KnownKeys keys_;
  std::string endpoint_;
  events::Router asked_;
  events::Heartbeat heartbeat_;
};

}  // namespace catlog::nodes
