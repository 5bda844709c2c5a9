// How soon a change is seen: by a subscriber of the feed, and in SQL, while commands come at a steady rate.
#include "events/schema/vocabulary.h"

#include <array>
#include <cstring>
#include <thread>

#include <capnp/serialize.h>
#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/metrics.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

namespace {

constexpr size_t paced_clients = 32;
constexpr size_t max_header_words = 512;
constexpr std::chrono::milliseconds looks_for_end_every{100};

// Takes the feed in a thread of its own, and notes when each position came.
class Changes {
 public:
  Changes(const std::string& endpoint, Position from) : from_(from), socket_(context_, zmq::socket_type::sub) {
    socket_.set(zmq::sockopt::rcvhwm, 0);
    socket_.set(zmq::sockopt::subscribe, "capnp/");
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(looks_for_end_every.count()));
    socket_.connect(endpoint);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      zmq::message_t frame;
      while (!stop.stop_requested() || heard_ns_ + std::chrono::nanoseconds(looks_for_end_every).count() > now_ns())
        if (socket_.recv(frame)) take(frame);
    });
  }
  // When it has ended: the nanosecond at which each came, from `from` on; 0: it never did.
  const std::vector<int64_t>& finish() {
    thread_.request_stop();
    thread_.join();
    return came_ns_;
  }

 private:
  void take(zmq::message_t& frame) {
    static_cast<void>(socket_.recv(frame));  // the header
    std::array<capnp::word, max_header_words> words;
    CATLOG_CHECK(frame.size() <= sizeof words);
    std::memcpy(words.data(), frame.data(), frame.size());
    capnp::FlatArrayMessageReader reader(kj::arrayPtr(words.data(), frame.size() / sizeof(capnp::word)));
    const Position position = reader.getRoot<events::schema::ChangeHeader>().getPosition();
    while (frame.more()) static_cast<void>(socket_.recv(frame));
    heard_ns_ = now_ns();
    if (position < from_) return;
    if (position - from_ >= came_ns_.size()) came_ns_.resize(position - from_ + 1);
    came_ns_[position - from_] = heard_ns_;
  }

  Position from_;
  zmq::context_t context_;
  zmq::socket_t socket_;
  std::vector<int64_t> came_ns_;
  int64_t heard_ns_ = 0;
  std::jthread thread_;
};

}  // namespace

// From a command's receipt on, which is sent when its events are durable.
void Figures::change() {
  prepare();
  const auto bodies = workload_.changes(Encoding::capnp, counts_.loaded, counts_.existing);
  Changes changes(events::endpoint_in(daemon_->data(), "changes.ipc"), log_->head() + 1);
  const Position first = log_->head() + 1;
  const auto socket = scratch_ / "http.sock";
  const auto batches = observed(socket, "catlog_apply_events"),
             applied = observed(socket, "catlog_apply_duration_seconds");
  const auto before = thread_uses_of(daemon_->pid());
  const int64_t own_before_ns = process_cpu_ns();
  Watcher watcher(daemon_->data() / "readmodel" / "current.sqlite", *log_);
  auto load = send_all(daemon_->endpoint(), {paced_clients, events::commands_unanswered}, bodies, Encoding::capnp,
                       interrupt_, {}, counts_.changes_a_second);
  watcher.finish_at(load.last_position(), interrupt_);
  const auto used = thread_uses_of(daemon_->pid()) - before;
  const double own_us = static_cast<double>(process_cpu_ns() - own_before_ns) / 1'000;
  const auto batch = observed(socket, "catlog_apply_events") - batches;
  const auto took = observed(socket, "catlog_apply_duration_seconds") - applied;
  const auto& came_ns = changes.finish();
  std::vector<double> heard_us;
  size_t lost = 0;
  for (const auto& command : load.commands) {
    const size_t at = command.last_position - first;
    if (at >= came_ns.size() || came_ns[at] == 0) {
      ++lost;
      continue;
    }
    heard_us.push_back(static_cast<double>(came_ns[at] - command.answered_ns) / 1'000);
  }
  auto seen = load;
  for (auto& command : seen.commands) command.sent_ns = command.answered_ns;
  auto seen_us = watcher.visible_us(seen);
  const auto prefix = fmt::format("{} commands/s: ", counts_.changes_a_second);
  table_.add({prefix + "commands/s that were decided"}, load.per_second());
  const auto add = [&](const std::string& what, std::vector<double>& us, double fraction, const char* floor) {
    table_.add({fmt::format("{}{}, p{:.0f}, us", prefix, what, fraction * 100), "", floor}, percentile(us, fraction));
  };
  add("change at a subscriber after its receipt", heard_us, 0.5, "<= 1,000 us");
  add("change at a subscriber after its receipt", heard_us, 0.99, "<= 5,000 us");
  add("change in SQL after its receipt", seen_us, 0.5, "");
  add("change in SQL after its receipt", seen_us, 0.99, "<= 5,000 us");
  table_.add({prefix + "events a transaction of the projector, mean"}, batch.mean());
  table_.add({prefix + "a transaction of the projector, mean, us"}, took.mean() * 1e6);
  const ThreadUse& projector = used.at("projector");
  const auto count = static_cast<double>(bodies.size());
  double all_us = 0;
  for (const auto& [name, use] : used) all_us += use.cpu_us;
  table_.add({prefix + "this benchmark itself, us of a processor a command"}, own_us / count);
  table_.add({prefix + "all of catlogd, us of a processor a command"}, all_us / count);
  table_.add({prefix + "the projector, us of a processor a command"}, projector.cpu_us / count);
  table_.add({prefix + "the projector, us ready without one a command"}, projector.waited_us / count);
  table_.add({prefix + "the projector, sleeps a transaction"}, projector.sleeps / batch.count);
  table_.add({prefix + "changes that the subscriber lost"}, static_cast<double>(lost));
}

}  // namespace catlog::bench
