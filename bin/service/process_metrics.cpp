#include "bin/service/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "bin/version.h"

namespace catlog {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// In pages: of all, and resident (proc(5), statm).
uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void show_process(Families& families) {
  families.gauge("catlog_build_info", "The program's version.", 1, {{"version", version}});
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  families.seconds_counter("process_cpu_seconds_total", "CPU time of this process.",
                           seconds(usage.ru_utime) + seconds(usage.ru_stime));
  families.gauge("process_resident_memory_bytes", "Resident memory of this process.",
                 static_cast<double>(resident_bytes()));
  families.counter("catlog_context_switches_total", "How often threads of this process waited for something.",
                   static_cast<uint64_t>(usage.ru_nvcsw));
}

}  // namespace catlog
