#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>

#include "events/position.h"

namespace catlog::commandhandler {

class Layer;
using events::Position;

// Where the handler leaves changes that it has folded, for the state loop of the same process, which stores them and
// need not fold the same events again. One layer at a time.
//
// Threads: any. A layer that is out is read by both sides and changed by none.
class Handover {
 public:
  struct Folded {
    const Layer* changes;
    Position after, end;  // of which events: all of these, and they are durable
  };

  Handover();
  ~Handover();
  Handover(const Handover&) = delete;

  // For who folds. From here on the other side waits for what is offered.
  void open();
  // No layer is out afterwards: waits for the end of a flush.
  void close();
  // When none is out.
  void offer(const Folded& folded);
  // Whether what was offered last is not in the stored state yet.
  bool is_out() const;

  // For who stores.
  bool is_open() const;
  // What was offered; to be given back.
  std::optional<Folded> take();
  enum class Stored { no, yes };  // no: it is offered again
  void give_back(Stored how);
  // Can be read when something was offered.
  int fd() const { return fd_; }

 private:
  void forget_bell() const;

  mutable std::mutex mutex_;
  std::condition_variable given_back_;
  bool is_open_ = false, is_taken_ = false;
  std::optional<Folded> folded_;
  int fd_;
};

}  // namespace catlog::commandhandler
