#include "tests/bench/cpu_times.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <time.h>

#include "events/error.h"

namespace catlog::bench {
namespace {

double sleeps_of(const std::filesystem::path& thread) {
  constexpr std::string_view name = "voluntary_ctxt_switches:";
  std::ifstream status(thread / "status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::stod(line.substr(name.size()));
  return 0;
}

}  // namespace

ThreadUses thread_uses_of(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
    throw events::Failure(events::Exit::failure, fmt::format("there is no process {} whose time could be told", pid));
  ThreadUses uses;
  double of_threads = 0;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    std::string name;
    double ns = 0, waited_ns = 0;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    if (!(std::ifstream(thread.path() / "schedstat") >> ns >> waited_ns)) continue;  // it has ended meanwhile
    ThreadUse& use = uses[name];
    use.cpu_us += ns / 1e3;
    use.waited_us += waited_ns / 1e3;
    use.sleeps += sleeps_of(thread.path());
    of_threads += ns / 1e3;
  }
  uses["ended"].cpu_us = static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3 - of_threads;
  return uses;
}

ThreadUses operator-(ThreadUses after, const ThreadUses& before) {
  for (auto& [name, use] : after) {
    const auto earlier = before.find(name);
    if (earlier == before.end()) continue;
    use.cpu_us -= earlier->second.cpu_us;
    use.waited_us -= earlier->second.waited_us;
    use.sleeps -= earlier->second.sleeps;
  }
  return after;
}

}  // namespace catlog::bench
