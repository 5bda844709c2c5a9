#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "store/engine/etcd/connection.h"

namespace catlog::store::engine {

// Hears that a key was written, and nothing more: what was written is read. Some versions of etcd lose such events.
// Threads: any; it has one of its own. Lifetime: refers to the nodes.
class Doorbell {
 public:
  Doorbell(EtcdNodes& nodes, const std::string& key) : nodes_(nodes), key_(key), thread_([this] { listen(); }) {}
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  // Until it has rung since the last wait, or the time is over; whether it has.
  bool wait(std::chrono::milliseconds longest);

 private:
  void listen();
  void ring();

  EtcdNodes& nodes_;
  std::string key_;
  std::mutex mutex_;
  std::condition_variable changed_;
  grpc::ClientContext* context_ = nullptr;
  bool has_rung_ = false, is_over_ = false;
  std::jthread thread_;  // goes first
};

}  // namespace catlog::store::engine
