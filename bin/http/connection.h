#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "bin/http/message.h"

namespace catlog::http {

using Clock = std::chrono::steady_clock;

struct TimeLimits {
  std::chrono::milliseconds request{10'000};  // from its first byte to the last of its answer
  std::chrono::milliseconds idle{75'000};     // between two, and before the first
  std::chrono::milliseconds farewell{1'000};  // after the last answer, for a peer that still sends
  // Of a stream, without a byte that was sent: whoever looks at a film pauses it for as long as a call takes.
  std::chrono::milliseconds stalled{3'600'000};
  std::chrono::milliseconds gives_way{60'000};  // after so long without one it is closed for others
};

// Answers one request; what it throws is answered with 500.
using Answer = std::function<Response(const Request&)>;

// One peer: reads a request, answers it, reads the next. While an answer is not sent nothing more is read. Closed with
// this object. Threads: one at a time.
class Connection {
 public:
  // Takes the descriptor, of a socket that never waits. `answer` outlives it.
  Connection(int fd, const TimeLimits& limits, const Answer& answer, Clock::time_point now);
  Connection(const Connection&) = delete;
  ~Connection();

  int fd() const { return fd_; }
  // What poll() is to wait for.
  short awaited() const;
  // Then it goes on though nothing came: the next request is there already, or a stream is to be looked at again.
  Clock::time_point goes_on_at() const { return goes_on_at_; }
  // To be called when what it awaits is there, or it goes on by itself; `came`: what poll() said. Reads or writes a
  // part, and answers at most one request.
  void go_on(short came, Clock::time_point now);
  // Until then: afterwards it is to be closed.
  Clock::time_point deadline() const { return deadline_; }
  // Ends it: its time is over.
  void give_up() { state_ = State::over; }
  // The peer is gone, or was told to go.
  bool is_over() const { return state_ == State::over; }
  // It owes nobody anything: there is no answer under way, or one that its peer has not taken on for long.
  bool gives_way(Clock::time_point now) const {
    return state_ == State::reading || (stream_ && now - since_ >= limits_.gives_way);
  }
  Clock::time_point waits_since() const { return since_; }
  // The status of the answer that go_on() made; 0: it made none.
  unsigned answered() const { return answered_; }

 private:
  // dry: of a stream nothing is there to be sent.
  enum class State { reading, writing, dry, leaving, over };
  void read(Clock::time_point now);
  void discard();
  void answer_next(Clock::time_point now);
  void write(Clock::time_point now);
  void send_some(Clock::time_point now);
  void fill(Clock::time_point now);
  void sent(Clock::time_point now);

  int fd_;
  const TimeLimits& limits_;
  const Answer& answer_;
  State state_ = State::reading;
  std::string input_, output_;
  size_t looked_at_ = 0, written_ = 0;
  After after_ = After::keep;
  std::shared_ptr<Stream> stream_;
  uint64_t streamed_ = 0;  // of it, into output_
  Clock::time_point goes_on_at_ = Clock::time_point::max();
  unsigned answered_ = 0;
  Clock::time_point since_, deadline_;
};

}  // namespace catlog::http
