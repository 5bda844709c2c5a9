#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "projector/rebuild.h"
#include "store/log.h"

namespace catlog::projector {

constexpr size_t max_findings = 100;

struct Verification {
  Position checked = 0;               // records, or the position at which the read model was compared
  std::vector<std::string> findings;  // what is wrong, first things first, at most max_findings; empty: all agrees
};

// Reads every record up to the head: it decodes and its event is known; its position is its key and follows the one
// before; recordedAt never decreases; index and count make whole commands; each stream's versions follow one another
// and its back-positions lead to its previous event. Memory: 32 bytes or so for each stream.
Verification verify_log(const store::Log& log, const Progress& progress = {});

// Builds the read model anew, without the quarantined events, in `scratch_directory` and compares it row by row with
// the live one as it stands in one snapshot; checks the live file's integrity and references too. The daemon may go on
// meanwhile.
Verification verify_read_model(const store::Log& log, const Quarantine& quarantine,
                               const std::filesystem::path& read_model_directory,
                               const std::filesystem::path& scratch_directory, const Progress& progress = {});

}  // namespace catlog::projector
