#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "events/position.h"
#include "store/engine/etcd/connection.h"

namespace catlog::store::engine {

// Hears that the log's head was written, and nothing more: what is behind it is read. Some versions of etcd lose such
// events. Who finds something each time that he looks needs no ring for each event: it is heard again when he waits.
// Threads: any; it has one of its own. Lifetime: refers to the nodes.
class Doorbell {
 public:
  Doorbell(EtcdNodes& nodes, const std::string& key) : nodes_(nodes), key_(key), thread_([this] { listen(); }) {}
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  // Until it has rung since the last wait, or the time is over; whether it has, or may have.
  bool wait(std::chrono::milliseconds longest);
  // Who looked found something, or nothing.
  void found();
  void found_nothing();
  // False: the head was before `from` when it rang last.
  bool may_have(events::Position from);
  // Who leads needs none: nothing is written but by himself. Listens from the beginning.
  void be_deaf();
  void listen_again();

 private:
  void listen();
  void ring(const etcdserverpb::WatchResponse& heard);

  EtcdNodes& nodes_;
  std::string key_;
  std::mutex mutex_;
  std::condition_variable changed_;
  grpc::ClientContext* context_ = nullptr;
  bool has_rung_ = false, is_deaf_ = false, is_over_ = false;
  size_t in_a_row_ = 0;                    // looks that found something, without a wait
  bool is_busy_ = false;                   // they were many, and nothing is listened to
  bool has_waited_ = false;                // since is_busy_, and nothing was found since
  std::optional<events::Position> heard_;  // the head of the last ring; nothing: it is not known
  std::jthread thread_;                    // goes first
};

}  // namespace catlog::store::engine
