#include "events/bus/connections.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <optional>

#include "events/bus/frame_counter.h"
#include "events/bus/limits.h"

namespace catlog::events {
namespace {

static_assert(max_message_bytes > max_frame_bytes);
static_assert(max_waiting_bytes_of_peer >= commands_queued_per_peer * max_command_bytes + max_message_bytes);

constexpr int descriptors_known = 16'384;  // one beyond is not given to a connection
static_assert(max_connections < descriptors_known);
constexpr timespec pause_without_descriptors{0, 10'000'000};

enum class Use : uint8_t { other, listener, connection };

constexpr size_t no_inbox = inboxes_counted;

struct Descriptor {
  std::atomic<Use> use = Use::other;
  std::atomic<size_t> inbox = no_inbox;
  std::atomic<Speech> speech = Speech::plain;
  FrameCounter frames;    // of the thread that reads
  size_t unfinished = 0;  // the same; its share in `waiting`
  std::atomic<int64_t> waiting = 0;
  std::atomic<int64_t> sent_at_ns = 0;
  std::atomic<int64_t> half_open_since_ns = 0;  // 0: it is not
  std::atomic<size_t> subscription_bytes = 0;
};

// By descriptor: functions with the C library's names have no other way to know whom they serve.
struct {
  std::array<Descriptor, descriptors_known> descriptors;
  std::atomic<size_t> open = 0, half_open = 0, subscription_bytes = 0;
  std::atomic<int64_t> waiting = 0;
  std::array<std::atomic<int64_t>, inboxes_counted + 1> left = {};  // of it, by connections that are closed; by inbox
  std::atomic<size_t> inboxes = 0;
  std::atomic<bool> counts_leaving = false;
  std::atomic<size_t> leaving = 0, leaving_bytes = 0;  // connections since the last look, and what they said
  std::atomic<size_t> leaving_before = 0, leaving_bytes_before = 0;  // the same since the one before
  std::atomic<uint64_t> turned_away = 0, cut_off = 0;
} watched;

struct ListeningFor {
  size_t inbox;  // or none
  Speech speech;
};
thread_local std::optional<ListeningFor> listening_for;

Descriptor* descriptor(int number) {
  return number >= 0 && number < descriptors_known ? &watched.descriptors[static_cast<size_t>(number)] : nullptr;
}

int number_of(const Descriptor& known) { return static_cast<int>(&known - watched.descriptors.data()); }

int64_t steady_now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// Whether the system has space for what would be sent.
bool takes_more(int number) {
  pollfd wanted{number, POLLOUT, 0};
  return ::poll(&wanted, 1, 0) != 0;
}

Use use_of(int number) {
  const Descriptor* known = descriptor(number);
  return known ? known->use.load(std::memory_order_relaxed) : Use::other;
}

void add_waiting(Descriptor& connection, int64_t bytes) {
  connection.waiting.fetch_add(bytes, std::memory_order_relaxed);
  watched.waiting.fetch_add(bytes, std::memory_order_relaxed);
}

// Takes at most so many away from a count that is not to fall below 0; how many.
int64_t take(std::atomic<int64_t>& count, int64_t bytes) {
  int64_t there = count.load(std::memory_order_relaxed), taken = 0;
  do taken = std::max<int64_t>(std::min(bytes, there), 0);
  while (!count.compare_exchange_weak(there, there - taken, std::memory_order_relaxed));
  return taken;
}

bool too_much_was_left() {
  int64_t left = 0;
  for (const auto& each : watched.left) left += each.load(std::memory_order_relaxed);
  return left >= static_cast<int64_t>(max_waiting_bytes / 2);
}

void begin_connection(Descriptor& connection, const Descriptor& listener) {
  const size_t inbox = listener.inbox;
  connection.inbox = inbox;
  connection.speech = listener.speech.load();
  connection.frames = FrameCounter(inbox != no_inbox ? max_message_bytes : max_subscription_bytes, connection.speech);
  connection.unfinished = 0;
  connection.waiting = 0;
  connection.subscription_bytes = 0;
  connection.sent_at_ns = steady_now_ns();
  connection.half_open_since_ns = connection.sent_at_ns.load();
  connection.use = Use::connection;
  ++watched.open;
  ++watched.half_open;
}

void end_handshake(Descriptor& connection) {
  if (connection.half_open_since_ns.exchange(0) != 0) --watched.half_open;
}

// Whoever goes on with a handshake is done with it in a moment.
void cut_off_longest_half_open() {
  Descriptor* longest = nullptr;
  int64_t since = INT64_MAX;
  for (Descriptor& each : watched.descriptors) {
    const int64_t begun = each.half_open_since_ns.load(std::memory_order_relaxed);
    if (begun == 0 || begun >= since || each.use != Use::connection) continue;
    since = begun;
    longest = &each;
  }
  if (!longest) return;
  end_handshake(*longest);
  ++watched.cut_off;
  ::shutdown(number_of(*longest), SHUT_RDWR);
}

void end_subscriptions(Descriptor& known) {
  const size_t bytes = known.subscription_bytes.exchange(0);
  if (bytes == 0) return;
  if (!watched.counts_leaving) {
    watched.subscription_bytes.fetch_sub(bytes);
    return;
  }
  ++watched.leaving;
  watched.leaving_bytes.fetch_add(bytes);
}

bool too_many_leave(const Descriptor& listener) {
  return listener.inbox == no_inbox && watched.leaving + watched.leaving_before >= max_leaving;
}

// What came whole lies in ZeroMQ's queues until the program takes it.
void end_use(Descriptor& known) {
  if (known.use.exchange(Use::other) != Use::connection) return;
  end_handshake(known);
  end_subscriptions(known);
  const int64_t waiting = known.waiting.exchange(0);
  const int64_t lost = std::min(waiting, static_cast<int64_t>(known.unfinished));
  watched.waiting.fetch_sub(lost);
  watched.left[known.inbox].fetch_add(waiting - lost);
  --watched.open;
}

// Of what a peer has said to a socket without an inbox.
bool keeps_subscription_limits(Descriptor& connection) {
  const size_t own = connection.frames.subscription_bytes(), before = connection.subscription_bytes.exchange(own);
  if (own == before) return true;
  const size_t all = watched.subscription_bytes.fetch_add(own - before) + own - before;
  if (connection.frames.subscriptions() > max_subscriptions_of_peer || own > max_subscription_bytes_of_peer)
    return false;
  return all <= max_subscription_bytes_of_all ||
         own <= max_subscription_bytes_of_all / std::max<size_t>(watched.open.load(), 1);
}

bool keeps_limits(Descriptor& connection, std::span<const std::byte> bytes) {
  if (!connection.frames.take(bytes)) return false;
  if (connection.half_open_since_ns != 0 && connection.frames.is_greeted()) end_handshake(connection);
  if (connection.inbox == no_inbox && !keeps_subscription_limits(connection)) return false;
  const size_t finished = connection.frames.take_finished(), unfinished = connection.frames.unfinished();
  const size_t waits = unfinished + (connection.inbox != no_inbox ? finished : 0);
  if (waits != connection.unfinished)
    add_waiting(connection, static_cast<int64_t>(waits) - static_cast<int64_t>(connection.unfinished));
  connection.unfinished = unfinished;
  const auto own = connection.waiting.load(std::memory_order_relaxed);
  if (own > static_cast<int64_t>(max_waiting_bytes_of_peer)) return false;
  if (watched.waiting.load(std::memory_order_relaxed) <= static_cast<int64_t>(max_waiting_bytes)) return true;
  return own <= static_cast<int64_t>(max_waiting_bytes / std::max<size_t>(watched.open.load(), 1));
}

}  // namespace

bool leaves_reserve(int descriptor) noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t reserve = std::min<rlim_t>(reserved_descriptors, limit.rlim_cur / 4);
  return static_cast<rlim_t>(descriptor) < limit.rlim_cur - reserve;
}

Inbox::Inbox() : number_(watched.inboxes++ % inboxes_counted) {}

Listening::Listening(const Inbox* inbox, Speech speech) {
  listening_for = {inbox ? inbox->number() : no_inbox, speech};
}
Listening::~Listening() { listening_for.reset(); }

void Inbox::taken(int number, size_t bytes, size_t frames) const noexcept {
  // A message may outlive its connection, and the descriptor be another's by then, which never owes more than it sent.
  Descriptor* known = descriptor(number);
  const bool is_encrypted = known && known->speech == Speech::encrypted;
  const auto wanted =
      static_cast<int64_t>(bytes + frames * (bytes_of_frame + (is_encrypted ? bytes_of_encryption : size_t{0})));
  const bool is_ours = known && known->use == Use::connection && known->inbox == number_;
  int64_t taken = is_ours ? take(known->waiting, wanted) : 0;
  taken += take(watched.left[number_], wanted - taken);
  watched.waiting.fetch_sub(taken, std::memory_order_relaxed);
}

void Inbox::was_empty() const noexcept {
  if (watched.left[number_].load(std::memory_order_relaxed) == 0) return;
  watched.waiting.fetch_sub(take(watched.left[number_], INT64_MAX), std::memory_order_relaxed);
}

Leaving::Leaving() noexcept { watched.counts_leaving = true; }

Leaving::~Leaving() {
  watched.counts_leaving = false;
  looked();
  looked();
}

void Leaving::looked() noexcept {
  watched.subscription_bytes.fetch_sub(watched.leaving_bytes_before.exchange(watched.leaving_bytes.exchange(0)));
  watched.leaving_before = watched.leaving.exchange(0);
}

bool Leaving::is_owed() const noexcept { return watched.leaving + watched.leaving_before > 0; }

bool cut_off_slowest() noexcept {
  Descriptor* slowest = nullptr;
  for (Descriptor& each : watched.descriptors) {
    if (each.use != Use::connection || each.inbox != no_inbox) continue;
    if (slowest && each.sent_at_ns >= slowest->sent_at_ns) continue;
    if (!takes_more(number_of(each))) slowest = &each;
  }
  if (!slowest) return false;
  ++watched.cut_off;
  return ::shutdown(number_of(*slowest), SHUT_RDWR) == 0;
}

bool is_connected(int number) noexcept { return use_of(number) == Use::connection; }

void cut_off_encrypted() noexcept {
  for (const Descriptor& each : watched.descriptors) {
    if (each.use == Use::connection && each.speech == Speech::encrypted) ::shutdown(number_of(each), SHUT_RDWR);
  }
}

void cut_off_followers() noexcept {
  for (const Descriptor& each : watched.descriptors) {
    if (each.use == Use::connection && each.inbox == no_inbox) ::shutdown(number_of(each), SHUT_RDWR);
  }
}

ConnectionCounts connection_counts() noexcept {
  return {watched.open,
          watched.half_open,
          watched.subscription_bytes,
          static_cast<size_t>(std::max<int64_t>(watched.waiting, 0)),
          watched.turned_away,
          watched.cut_off};
}

void raise_descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace catlog::events

// In place of the C library's, for libzmq (decision 48). NOLINTBEGIN: declared there.
extern "C" {

using namespace catlog::events;

int listen(int fd, int backlog) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_listen, fd, backlog));
  if (Descriptor* known = result == 0 && listening_for ? descriptor(fd) : nullptr) {
    known->inbox = listening_for->inbox;
    known->speech = listening_for->speech;
    known->use = Use::listener;
  }
  return result;
}

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  const auto number = static_cast<int>(::syscall(SYS_accept4, fd, address, length, flags));
  if (use_of(fd) != Use::listener) return number;
  if (number < 0) {
    if (errno == EAGAIN || errno == EINTR) return number;
    // The peer goes on waiting. ZeroMQ ends the process on some of these errors, and asks again at once after the rest.
    if (errno != ECONNABORTED) ::nanosleep(&pause_without_descriptors, nullptr);
    errno = ECONNABORTED;
    return number;
  }
  Descriptor* connection = descriptor(number);
  if (connection && leaves_reserve(number) && watched.open < max_connections && !too_much_was_left() &&
      !too_many_leave(*descriptor(fd))) {
    if (watched.half_open >= max_half_open) cut_off_longest_half_open();
    begin_connection(*connection, *descriptor(fd));
    return number;
  }
  ++watched.turned_away;
  ::syscall(SYS_close, number);
  errno = ECONNABORTED;
  return -1;
}

ssize_t recv(int fd, void* buffer, size_t length, int flags) {
  const ssize_t count = ::syscall(SYS_recvfrom, fd, buffer, length, flags, nullptr, nullptr);
  if (count <= 0 || flags & MSG_PEEK || use_of(fd) != Use::connection) return count;
  if (keeps_limits(*descriptor(fd), {static_cast<const std::byte*>(buffer), static_cast<size_t>(count)})) return count;
  ++watched.cut_off;
  errno = ECONNRESET;
  return -1;
}

ssize_t send(int fd, const void* data, size_t length, int flags) {
  const ssize_t count = ::syscall(SYS_sendto, fd, data, length, flags, nullptr, 0);
  if (count > 0 && use_of(fd) == Use::connection)
    descriptor(fd)->sent_at_ns.store(steady_now_ns(), std::memory_order_relaxed);
  return count;
}

int close(int fd) {
  if (Descriptor* known = descriptor(fd)) end_use(*known);
  return static_cast<int>(::syscall(SYS_close, fd));
}

}  // extern "C"
// NOLINTEND
