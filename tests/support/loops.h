#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "commandhandler/handler.h"
#include "commandhandler/state/state_loop.h"
#include "projector/feed/replay.h"
#include "projector/projector_loop.h"
#include "tests/support/bus_peers.h"

namespace catlog::tests {

// catlogd's four loops in this process, each in a thread of its own.
class Loops {
 public:
  Loops(const std::filesystem::path& data, uint64_t min_free_bytes,
        uint64_t wal_limit_bytes = projector::default_wal_limit_bytes)
      : log_(store::Log::open(data / "log", store::Access::write)),
        states_(store::StateStore::open(data / "state", log_.id(), store::Access::write)),
        state_(log_, states_, context_, data),
        projector_(log_, data, context_, projector_options(wal_limit_bytes)),
        replay_(log_, data, context_, [this] { return projector_.counters().position.read(); }),
        handler_(log_, states_, context_, options(data, min_free_bytes)) {
    projector_.prepare();
    state_runs_.emplace(state_);
    projector_runs_.emplace(projector_);
    replay_runs_.emplace(replay_);
    handler_runs_.emplace(handler_);
  }
  // Throws what ended a loop.
  void stop() {
    handler_runs_->stop();
    state_runs_->stop();
    projector_runs_->stop();
    replay_runs_->stop();
  }
  // Whether one of them ended by itself.
  bool has_ended() const {
    return handler_runs_->has_ended() || state_runs_->has_ended() || projector_runs_->has_ended() ||
           replay_runs_->has_ended();
  }
  events::Position head() const { return log_.head(); }

 private:
  static projector::ProjectorOptions projector_options(uint64_t wal_limit_bytes) {
    projector::ProjectorOptions with;
    with.wal.limit_bytes = wal_limit_bytes;
    return with;
  }
  commandhandler::HandlerOptions options(const std::filesystem::path& data, uint64_t min_free_bytes) {
    commandhandler::HandlerOptions with{data, min_free_bytes};
    with.handover = &state_.handover();
    return with;
  }

  zmq::context_t context_;
  store::Log log_;
  store::StateStore states_;
  commandhandler::StateLoop state_;
  projector::ProjectorLoop projector_;
  projector::ReplayLoop replay_;
  commandhandler::Handler handler_;
  std::optional<Running<commandhandler::StateLoop>> state_runs_;
  std::optional<Running<projector::ProjectorLoop>> projector_runs_;
  std::optional<Running<projector::ReplayLoop>> replay_runs_;
  std::optional<Running<commandhandler::Handler>> handler_runs_;
};

}  // namespace catlog::tests
