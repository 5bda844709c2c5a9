#include "bin/http/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <utility>

namespace catlog::http {

namespace {

constexpr size_t read_at_once = 4'096, streamed_at_once = 64 << 10;
constexpr std::chrono::milliseconds look_again{20};

}  // namespace

Connection::Connection(int fd, const TimeLimits& limits, const Answer& answer, Clock::time_point now)
    : fd_(fd), limits_(limits), answer_(answer), since_(now), deadline_(now + limits.idle) {}

Connection::~Connection() { ::close(fd_); }

short Connection::awaited() const {
  if (state_ == State::dry) return POLLRDHUP;
  return state_ == State::writing ? POLLOUT : POLLIN;
}

void Connection::go_on(short came, Clock::time_point now) {
  answered_ = 0;
  const bool is_next_there = std::exchange(goes_on_at_, Clock::time_point::max()) <= now;
  if (state_ == State::writing) return write(now);
  if (state_ == State::leaving) return discard();
  if (state_ == State::dry) {
    if (came != 0) state_ = State::over;  // the peer is gone, and sees to it that nobody waits for it
    if (came == 0) fill(now);
    return;
  }
  if (!is_next_there) read(now);
  if (state_ == State::reading) answer_next(now);
}

void Connection::read(Clock::time_point now) {
  std::array<char, read_at_once> bytes;
  const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    state_ = State::over;
    return;
  }
  if (input_.empty()) deadline_ = now + limits_.request;
  input_.append(bytes.data(), static_cast<size_t>(count));
}

// What a peer still sends: were it unread when this closes, the system would throw away the answer with it.
void Connection::discard() {
  std::array<char, read_at_once> bytes;
  const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) state_ = State::over;
}

void Connection::answer_next(Clock::time_point now) {
  const auto next = read_request(input_, looked_at_);
  looked_at_ = input_.size();
  if (!next) return;
  Response response = next->refused;
  try {
    if (next->request) response = answer_(*next->request);
  } catch (const std::exception&) {
    response = {.status = 500, .body = "the answer could not be made\n"};
  }
  answered_ = response.status;
  after_ = next->after;
  output_ = to_bytes(response, next->method, after_);
  if (next->method == Method::get) stream_ = std::move(response.stream);
  streamed_ = 0;
  written_ = looked_at_ = 0;
  input_.erase(0, next->bytes);
  state_ = State::writing;
  write(now);
}

void Connection::write(Clock::time_point now) {
  send_some(now);
  if (state_ != State::writing || written_ < output_.size()) return;
  if (stream_ && streamed_ < stream_->size()) return fill(now);
  stream_.reset();
  sent(now);
}

void Connection::send_some(Clock::time_point now) {
  while (written_ < output_.size()) {
    const ssize_t count = ::send(fd_, output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      state_ = State::over;
      return;
    }
    written_ += static_cast<size_t>(count);
    if (!stream_) continue;
    since_ = now;
    deadline_ = now + limits_.stalled;
  }
}

// The next part of a stream, which is sent when the others had their turn.
void Connection::fill(Clock::time_point now) {
  output_.resize(std::min<uint64_t>(streamed_at_once, stream_->size() - streamed_));
  written_ = 0;
  std::optional<size_t> count;
  try {
    count = stream_->read(output_);
  } catch (const std::exception&) {
    // It cannot be said any more, but by cutting it off.
  }
  output_.resize(count.value_or(0));
  if (!count) {
    state_ = State::over;
    return;
  }
  streamed_ += *count;
  state_ = *count > 0 ? State::writing : State::dry;
  if (*count == 0) goes_on_at_ = now + look_again;
}

void Connection::sent(Clock::time_point now) {
  output_.clear();
  since_ = now;
  if (after_ == After::close) {
    ::shutdown(fd_, SHUT_WR);
    state_ = State::leaving;
    deadline_ = now + limits_.farewell;
    return;
  }
  state_ = State::reading;
  const bool is_next_there = !input_.empty();
  if (is_next_there) goes_on_at_ = now;
  deadline_ = now + (is_next_there ? limits_.request : limits_.idle);
}

}  // namespace catlog::http
