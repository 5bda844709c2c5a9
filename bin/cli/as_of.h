#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "bin/cli/subcommand.h"
#include "projector/quarantine/quarantine.h"
#include "store/log.h"

namespace catlog::cli {

// The time that a text names: RFC 3339, or a date, which is the beginning of that day (UTC). In microseconds UTC.
// Throws Failure(usage) for anything else.
int64_t time_named(const std::string& text);

// The position that `--as-of` names: a number, or a time (the last command that was recorded by then). Throws
// Failure(usage) for anything else, and for a position beyond the log's end. A time that is still to come is told on
// stderr, with the position that stands for it.
events::Position position_as_of(const store::Log& log, const std::string& as_of);

// The read model as it stood then: a file that is kept in readmodel/as-of for the next question, or, where nothing can
// be written there, a temporary file that goes with this object.
class AsOfFile {
 public:
  AsOfFile(const Settings& settings, const store::Log& log, const projector::Quarantine& quarantine,
           events::Position position);
  AsOfFile(const AsOfFile&) = delete;
  ~AsOfFile();
  const std::filesystem::path& path() const { return path_; }
  // What the destructor does; for a process that ends without one.
  void remove_temporary() noexcept;

 private:
  std::filesystem::path path_, temporary_;  // temporary_: a folder, or empty
};

}  // namespace catlog::cli
