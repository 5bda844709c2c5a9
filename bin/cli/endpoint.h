#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bin/cli/subcommand.h"

namespace catlog::cli {

// How a subcommand finds the daemon, and how long it waits for one that is away. Threads: one at a time.
struct Wait {
  static constexpr const char* about =
      "Seconds without any answer after which the daemon counts as unreachable (default: 60, once it has been there; "
      "when "
      "given, it need not be there yet)";
  static constexpr uint64_t longest = 86'400;
  std::optional<uint64_t> seconds;

  // Without any answer; then the daemon counts as unreachable.
  std::chrono::milliseconds limit() const;
  // `given`, or the daemon's endpoint `name` ("commands.ipc") in the data directory. Unless --wait-s was given somebody
  // must be listening at that one: Failure(unreachable) says how to start the daemon, or, where one runs, that its
  // socket is gone.
  std::string endpoint(const Settings& settings, std::string_view name, const std::string& given = {}) const;
};

}  // namespace catlog::cli
