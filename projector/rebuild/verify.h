#pragma once
#include <cstdint>
#include <filesystem>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "projector/quarantine/standstill.h"
#include "projector/rebuild/rebuild.h"
#include "store/log.h"

namespace catlog::projector {

constexpr size_t max_findings = 100;

struct Verification {
  Position checked = 0;               // records, or the position at which the read model was compared
  std::vector<std::string> findings;  // what is wrong, first things first, at most max_findings; empty: all agrees
  // The first event behind the read model's position that cannot be applied; looked for when it was built anew.
  std::optional<Standstill> standstill = {};
};

// Reads every record up to the head: it decodes and its event is known; its position is its key and follows the one
// before; recordedAt never decreases; index and count make whole commands; each stream's versions follow one another
// and its back-positions lead to its previous event. Memory: 40 bytes or so for each stream, in `memory`.
Verification verify_log(const store::Log& log, const Progress& progress = {},
                        std::pmr::memory_resource& memory = *std::pmr::new_delete_resource());

// digests: the rows are read once and never written; deep: the read model is also built anew and compared row by row.
enum class Depth { digests, deep };

// Checks the live read model as it stands in one snapshot: the file's integrity and references; that the digests of its
// rows are those that the projector kept (else somebody changed rows behind it), and those of the log folded up to the
// same position. Where a digest differs, where quarantined events are left out, or deep, the read model is built anew,
// in order, in `scratch_directory` and compared row by row, which names table, key and column; when that cannot be
// done, what differs and why are findings. Then the events behind the live one's position are tried too. A file that is
// damaged and cannot be read is a finding. The daemon may go on meanwhile. The fold lies in
// `memory`.
Verification verify_read_model(const store::Log& log, const Quarantine& quarantine,
                               const std::filesystem::path& read_model_directory,
                               const std::filesystem::path& scratch_directory, Depth depth,
                               const Progress& progress = {},
                               std::pmr::memory_resource& memory = *std::pmr::new_delete_resource());

}  // namespace catlog::projector
