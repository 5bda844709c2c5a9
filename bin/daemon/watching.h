#pragma once
#include <signal.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "bin/daemon/options.h"
#include "events/bus/bus.h"
#include "events/bus/connections.h"
#include "events/data_directory.h"
#include "store/files/watched_file.h"
#include "store/log.h"

namespace catlog {

// What the main thread looks at while the loops run.

// The sockets of this process's loops that are files.
std::vector<std::filesystem::path> own_sockets(const events::DataDirectory& data, const Options& options);

// What the loops of this process are found by, as it is now: without it they would run on for nobody, or beside a
// second daemon.
class FilesInPlace {
 public:
  FilesInPlace(const store::Log& log, const events::DataDirectory& data, const Options& options);
  // Throws Failure(failure) when one was taken away since.
  void check() const;

 private:
  const store::Log& log_;
  std::vector<store::WatchedFile> files_;
};

// Gives back to the system what the C library keeps free in pieces, as a flood leaves it, when that is much; at every
// third time that it is asked to.
class FreeMemory {
 public:
  void give_back();

 private:
  uint64_t asked_ = 0;
  size_t kept_ = 0;  // what could not be given back the last time, or less since
};

// Says which connections were not served, as far as there are new ones; every tenth time that it is asked to.
class ConnectionWatch {
 public:
  void tell();

 private:
  events::ConnectionCounts told_;
  uint64_t asked_ = 0;
};

// Blocks SIGINT and SIGTERM in this thread and in those that it starts, for wait_for_end.
sigset_t block_signals();
// Waits for one of these signals or for a loop that failed, and sets `stop`. `check` is called every second, and may
// throw.
void wait_for_end(const sigset_t& signals, events::Stop& stop, const std::function<void()>& check);

}  // namespace catlog
