#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>

#include "store/engine/engine.h"
#include "store/engine/etcd/connection.h"

namespace catlog::store::engine {

// Keeps a lease while its term lasts. Threads: any; it has one of its own. Lifetime: refers to the nodes.
class Lease {
 public:
  using Clock = std::chrono::steady_clock;

  Lease(EtcdNodes& nodes, std::chrono::seconds time) : nodes_(nodes), time_(time), thread_([this] { keep(); }) {}
  ~Lease();
  Lease(const Lease&) = delete;
  // `asked`: when the lease was asked for, so that it is never believed in for longer than etcd does.
  void begin(int64_t id, Term term, Clock::time_point asked);
  // Which it was; nothing where it is not that term's.
  std::optional<int64_t> end(Term term);
  bool is_kept(Term term);

 private:
  void keep();
  bool ask_to_keep(int64_t id, int64_t& seconds);

  EtcdNodes& nodes_;
  std::chrono::seconds time_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t id_ = 0;
  Term term_ = 0;
  Clock::time_point ends_{};
  bool is_over_ = false;
  std::jthread thread_;  // goes first
};

}  // namespace catlog::store::engine
