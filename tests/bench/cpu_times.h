#pragma once
#include <sys/types.h>

#include <map>
#include <string>

namespace catlog::bench {

// What threads did. Times in microseconds: on a processor, and ready for one that another thread had.
struct ThreadUse {
  double cpu_us = 0, waited_us = 0;
  double sleeps = 0;  // how often it waited for something else
};

// By the threads' names; threads of one name together. "ended": those that are no more, of whom only cpu_us is known.
using ThreadUses = std::map<std::string, ThreadUse>;

// Throws Failure(failure) when there is no such process.
ThreadUses thread_uses_of(pid_t pid);
// Of the time between the two.
ThreadUses operator-(ThreadUses after, const ThreadUses& before);

}  // namespace catlog::bench
