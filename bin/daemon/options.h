#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bin/daemon/cluster_options.h"
#include "bin/daemon/rights.h"
#include "bin/housekeeping/housekeeping_options.h"
#include "bin/service/log_options.h"
#include "projector/wal_options.h"

namespace catlog {

// What catlogd was told by its command line, its environment and its configuration.
struct Options {
  std::filesystem::path data = "catlog-data";
  std::string only;                                                // one loop's name; empty: all of them
  std::string commands_endpoint;                                   // empty: run/commands.ipc
  std::string changes_endpoint, replay_endpoint, groups_endpoint;  // beside those in run/; empty: none
  bool is_keys_required = false;
  std::string http_endpoint;  // of metrics and health; empty: none
  uint64_t ready_lag_events = 100'000;
  LogOptions log;
  Groups groups;
  uint64_t min_free_bytes = uint64_t{64} << 20;
  uint64_t wal_limit_bytes = projector::default_wal_limit_bytes;
  housekeeping::Options housekeeping;
  ClusterOptions cluster;
  bool is_clock_right = false;
  bool is_existing = false;

  // Whether this process runs the loop with this name.
  bool runs(std::string_view loop) const { return only.empty() || only == loop; }
};

// Reads them; the exit code with which the program ends at once (--help, wrong use), or nothing: then the daemon's log
// is set up by them.
std::optional<int> read_options(int argc, char** argv, Options& options);

// Throws Failure(usage) for what no daemon can be started with.
void check(Options& options);
// The same for what this process cannot be as a node of a cluster, and for a directory whose log it may not write.
void check_node(const Options& options, const events::DataDirectory& data);

}  // namespace catlog
