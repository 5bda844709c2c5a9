#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <zmq.hpp>

namespace catlog::events {

struct BellPlace;

// A doorbell: tells its listeners that something was committed. Of several rings the last one is heard; where one is
// lost, the listener looks again after recheck_ms. Listeners of the same process hear it without ZeroMQ.
//
// Threads: any.
class Bell {
 public:
  Bell(zmq::context_t& context, const std::string& endpoint);
  Bell(const Bell&) = delete;
  ~Bell();
  void ring();
  // Lets ZeroMQ take in who came and take out who left, as it does when the bell rings: where none has rung for long,
  // they would wait in memory, and strangers may come without end.
  void look();

 private:
  std::mutex mutex_;
  zmq::socket_t socket_;  // guarded by it
  std::shared_ptr<BellPlace> place_;
};

// Threads: made in one, used in another, one at a time. Lifetime: `context` outlives it.
class BellListener {
 public:
  BellListener(zmq::context_t& context, const std::string& endpoint);
  BellListener(const BellListener&) = delete;
  ~BellListener();
  // Takes all rings that have come; what they told of is to be looked for afterwards.
  void drain();
  // Can be read when a bell of this process rang.
  int fd() const { return fd_; }
  // On which a bell of another process is heard; null where this one has the bell.
  zmq::socket_t* remote();

 private:
  friend class Bell;
  void ring() noexcept;  // in the bell's thread

  zmq::context_t& context_;
  std::string endpoint_;
  std::shared_ptr<BellPlace> place_;
  int fd_;
  std::optional<zmq::socket_t> remote_;
};

}  // namespace catlog::events
