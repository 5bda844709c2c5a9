// What it costs to be watched, and to wait: scrapes under load, wake-ups of an idle daemon.
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "events/error.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"
#include "tests/support/http_peer.h"

namespace catlog::bench {

namespace {

constexpr std::chrono::seconds between_scrapes{1};
constexpr int pairs = 4;  // of loads without and with scrapes, in turn

// Asks for /metrics each second while this object lives.
class Scraper {
 public:
  explicit Scraper(std::string address)
      : thread_([this, address = std::move(address)](const std::stop_token& stop) {
          std::mutex mutex;
          std::condition_variable_any wake;
          tests::HttpPeer peer(address);
          std::unique_lock lock(mutex);
          while (!stop.stop_requested()) {
            const int64_t begin_ns = now_ns();
            if (peer.get("/metrics").status != 200) return;
            ms_.push_back(static_cast<double>(now_ns() - begin_ns) / 1e6);
            wake.wait_for(lock, stop, between_scrapes, [] { return false; });
          }
        }) {}
  // How long each took, when it has ended.
  std::vector<double> finish() {
    thread_.request_stop();
    thread_.join();
    if (ms_.empty()) throw events::Failure(events::Exit::failure, "catlogd answered no scrape");
    return ms_;
  }

 private:
  std::vector<double> ms_;
  std::jthread thread_;
};

// Of all threads of a process: how often they waited and were woken.
double wakeups(pid_t pid) {
  double all = 0;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    std::ifstream file(thread.path() / "status");
    for (std::string line; std::getline(file, line);)
      if (line.starts_with("voluntary_ctxt_switches:")) all += std::stod(line.substr(line.find(':') + 1));
  }
  return all;
}

// On the CPU, in seconds: the sum of its threads' first number in schedstat, which is nanoseconds.
double cpu_seconds(pid_t pid) {
  double all = 0;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    std::ifstream file(thread.path() / "schedstat");
    double ns = 0;
    if (file >> ns) all += ns / 1e9;
  }
  return all;
}

}  // namespace

void Figures::scrape() {
  prepare();
  const std::string address = "unix:" + (scratch_ / "http.sock").string();
  double without_s = 0, with_s = 0;
  std::vector<double> scrapes_ms;
  for (int pair = 0; pair < pairs; ++pair) {
    const auto bodies = [&] { return workload_.changes(Encoding::capnp, counts_.loaded, counts_.existing); };
    without_s += send(many_clients, bodies(), Encoding::capnp).seconds;
    const auto watched = bodies();
    Scraper scraper(address);
    with_s += send(many_clients, watched, Encoding::capnp).seconds;
    for (const double ms : scraper.finish()) scrapes_ms.push_back(ms);
  }
  const auto commands = static_cast<double>(counts_.loaded) * pairs;
  table_.add({"Cap'n Proto, 32 clients x 64, a scrape each second: commands/s", "the same without scrapes", "99 %"},
             commands / with_s, commands / without_s);
  table_.add({"a scrape meanwhile: p50, ms"}, percentile(scrapes_ms, 0.5));
  table_.add({"a scrape meanwhile: longest, ms"}, percentile(scrapes_ms, 1));
}

void Figures::idle() {
  prepare();
  std::this_thread::sleep_for(counts_.settles);
  const double woken = wakeups(daemon_->pid()), used_s = cpu_seconds(daemon_->pid());
  std::this_thread::sleep_for(counts_.watched_idle);
  const double seconds = std::chrono::duration<double>(counts_.watched_idle).count();
  table_.add({"catlogd that has nothing to do: wake-ups/s", "", "< 10"}, (wakeups(daemon_->pid()) - woken) / seconds);
  table_.add({"catlogd that has nothing to do: % of a core", "", "< 0.1"},
             (cpu_seconds(daemon_->pid()) - used_s) / seconds * 100);
}

}  // namespace catlog::bench
