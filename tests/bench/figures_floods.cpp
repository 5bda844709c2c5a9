// How a client fares that keeps to the limits while others do not, and what they cost the daemon.
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "events/bus/limits.h"
#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"
#include "tests/support/raw_peer.h"

namespace catlog::bench {
namespace {

using std::filesystem::path;
using tests::RawPeer;

constexpr double mib = 1'024 * 1'024, us_in_ms = 1'000;

double own_memory_mib(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string label;
    double kib = 0;
    if (fields >> label >> kib && label == "RssAnon:") return kib * 1'024 / mib;
  }
  return 0;
}

// One round of a flood; it is told again and again.
using Flood = std::function<void(const path& run, int round)>;

// They connect, say a part of a greeting, and wait.
void half_open(const path& run, int) {
  std::vector<RawPeer> peers;
  for (int i = 0; i < 2'000; ++i) peers.emplace_back(run / "commands.ipc").send_bytes("\xff");
}

void subscriptions(const path& run, int round) {
  std::vector<RawPeer> peers;
  for (int i = 0; i < 20; ++i) {
    RawPeer& peer = peers.emplace_back(run / "changes.ipc");
    if (!peer.greet("SUB")) continue;
    for (size_t sent = 0; sent < events::max_subscription_bytes_of_peer; sent += 800)
      if (!peer.send(fmt::format("\x01{}/{}/{}/", round, i, sent) + std::string(800, 'x'), RawPeer::Frame::last)) break;
  }
}

void replays(const path& run, int) {
  std::vector<RawPeer> peers;
  for (int i = 0; i < 100; ++i) {
    RawPeer& peer = peers.emplace_back(run / "replay.ipc");
    if (!peer.greet("DEALER")) continue;
    for (int request = 0; request < 20; ++request)
      if (!peer.send("t", RawPeer::Frame::more) || !peer.send("j", RawPeer::Frame::more) ||
          !peer.send(R"({"read":{"from":1,"limit":4096}})", RawPeer::Frame::last))
        break;
  }
}

void unfinished(const path& run, int) {
  const std::string frame(size_t{1} << 20, 'x');
  std::vector<RawPeer> peers;
  for (int i = 0; i < 20; ++i) {
    RawPeer& peer = peers.emplace_back(run / "commands.ipc");
    if (!peer.greet("DEALER")) continue;
    for (int sent = 0; sent < 20 && peer.send(frame, RawPeer::Frame::more); ++sent) {
    }
  }
}

// Small ones that are no command, whose receipts nobody reads.
void unread_commands(const path& run, int) {
  std::vector<RawPeer> peers;
  for (int i = 0; i < 8; ++i) {
    RawPeer& peer = peers.emplace_back(run / "commands.ipc");
    if (!peer.greet("DEALER")) continue;
    for (int command = 0; command < 500; ++command)
      if (!peer.send("t", RawPeer::Frame::more) || !peer.send("j", RawPeer::Frame::more) ||
          !peer.send("{}", RawPeer::Frame::last))
        break;
  }
}

// Goes on in a thread of its own until this object goes.
class Flooding {
 public:
  Flooding(const Flood& flood, const path& run)
      : thread_([this, flood, run] {
          for (int round = 0; !is_over_; ++round) try {
              flood(run, round);
            } catch (const std::exception&) {
              std::this_thread::yield();  // turned away
            }
        }) {}
  ~Flooding() {
    is_over_ = true;
    thread_.join();
  }
  Flooding(const Flooding&) = delete;

 private:
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace

void Figures::floods() {
  const auto data = scratch_ / "data-floods";
  Daemon daemon(program_, data, scratch_ / "catlogd-floods.log");
  const auto ms_of = [&](double fraction) {
    const auto bodies = workload_.titles(Encoding::json, counts_.waited / 3);
    return send_all(daemon.endpoint(), one_client, bodies, Encoding::json, interrupt_).latency_us(fraction) / us_in_ms;
  };
  const double alone_ms = ms_of(0.99), before_mib = own_memory_mib(daemon.pid());
  const std::pair<const char*, Flood> floods[] = {{"handshakes that stop", half_open},
                                                  {"subscriptions", subscriptions},
                                                  {"replay requests that nobody reads", replays},
                                                  {"messages that never end", unfinished},
                                                  {"commands whose receipts nobody reads", unread_commands}};
  for (const auto& [name, flood] : floods) {
    double flooded_ms = 0, flooded_mib = 0;
    {
      const Flooding flooding(flood, data / "run");
      flooded_ms = ms_of(0.99);
      flooded_mib = own_memory_mib(daemon.pid());
    }
    const std::string prefix = fmt::format("flood of {}: ", name);
    table_.add({prefix + "another's receipt p99, ms", "without a flood", "<= 20 ms"}, flooded_ms, alone_ms);
    table_.add({prefix + "own memory more than before, MiB"}, flooded_mib - before_mib);
    std::this_thread::sleep_for(counts_.settles);  // the daemon looks every third second
    ms_of(0.99);
    table_.add({prefix + "the same afterwards, MiB"}, own_memory_mib(daemon.pid()) - before_mib);
  }
  daemon.stop();
  std::filesystem::remove_all(data);
}

}  // namespace catlog::bench
