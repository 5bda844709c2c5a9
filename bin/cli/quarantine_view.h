#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bin/cli/subcommand.h"
#include "projector/quarantine/left_out.h"
#include "projector/quarantine/quarantine.h"
#include "projector/quarantine/standstill.h"
#include "store/log.h"

namespace catlog::cli {

// How the projector and the list of quarantined events stand to each other.
struct QuarantineView {
  projector::Quarantine list;
  std::string list_fault;                           // not empty: the list cannot be used, and why
  std::optional<events::Position> projected;        // of the read model; nothing: none that can be read
  projector::LeftOutEvents left_out;                // of the read model
  projector::QuarantineDrift drift;                 // empty when the list cannot be used
  std::optional<projector::Standstill> standstill;  // where the projector stands still, or ended
};

// Reads it without disturbing anybody, whether the daemon runs or not.
QuarantineView look_at_quarantine(const Settings& settings, const store::Log& log);

// Members for an object of JSON, without braces: "projector" (null, or where it stands still) and "quarantine".
std::string to_json_members(const QuarantineView& view);
// Lines of `catlog status`; empty when there is nothing to say.
std::string to_text(const QuarantineView& view);

}  // namespace catlog::cli
