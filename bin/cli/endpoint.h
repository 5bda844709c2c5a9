#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bin/cli/subcommand.h"
#include "events/bus/client_keys.h"

namespace catlog::cli {

// How a subcommand finds the daemon, and how long it waits for one that is away. Threads: one at a time.
struct Wait {
  static constexpr const char* about =
      "Seconds without any answer after which the daemon counts as unreachable (default: 60, and 5 until it is there)";
  static constexpr uint64_t longest = 86'400;
  // For a daemon that is being started again, as a service is after two seconds.
  static constexpr std::chrono::milliseconds until_it_is_there{5'000};
  std::optional<uint64_t> seconds;
  std::filesystem::path key_file;
  std::string server_key;  // in place of the file's

  // The flags: 1 to `longest`; the keys for an endpoint where they are asked for.
  void add_option(Syntax syntax);
  // For this endpoint, and where it leads to. Nothing: none was given. Throws Failure(usage) for a file that is none.
  std::optional<events::ClientKeys> keys(const std::string& endpoint) const;

  // How long the daemon may give no answer before it counts as unreachable.
  std::chrono::milliseconds limit() const;
  // Returns `given`, or the daemon's endpoint `name` ("commands.ipc") in the data directory. Somebody must be listening
  // at the latter, unless --wait-s was given: where a daemon has run before, this waits until_it_is_there for one, and
  // says so on stderr; where none has ever run, not at all. Throws Failure(unreachable) that says how to start a
  // daemon, or, where one runs, that its socket is gone.
  std::string endpoint(const Settings& settings, std::string_view name, const std::string& given = {}) const;
};

}  // namespace catlog::cli
