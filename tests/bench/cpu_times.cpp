#include "tests/bench/cpu_times.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <time.h>

#include "events/error.h"

namespace catlog::bench {

CpuTimes cpu_times_of(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
    throw events::Failure(events::Exit::failure, fmt::format("there is no process {} whose time could be told", pid));
  CpuTimes times;
  double of_threads = 0;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    std::string name;
    double ns = 0;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    if (!(std::ifstream(thread.path() / "schedstat") >> ns)) continue;  // it has ended meanwhile
    times[name] += ns / 1e3;
    of_threads += ns / 1e3;
  }
  times["ended"] = static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3 - of_threads;
  return times;
}

}  // namespace catlog::bench
