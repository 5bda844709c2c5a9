#pragma once
#include <sys/types.h>

#include <map>
#include <string>

namespace catlog::bench {

// Microseconds of processors that the threads of a process have used, by their names; threads of one name together.
// "ended": those that are no more.
using CpuTimes = std::map<std::string, double>;

// Throws Failure(failure) when there is no such process.
CpuTimes cpu_times_of(pid_t pid);

}  // namespace catlog::bench
