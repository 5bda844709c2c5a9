#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "bin/cli/subcommand.h"
#include "events/position.h"
#include "events/schema/entity.h"
#include "projector/quarantine/left_out.h"
#include "projector/quarantine/quarantine.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog::cli {

// The log, to be read; whether the daemon runs does not matter. Throws Failure(usage), with what to do, when there is
// none, and what store::Log::open throws.
store::Log open_log(const Settings& settings);

// The stored decision state; nothing when there is none (it may be deleted).
std::optional<store::StateStore> open_state(const Settings& settings, const store::Log& log);
// For whom it only saves time: of one that cannot be used a line on stderr says so.
std::optional<store::StateStore> usable_state(const Settings& settings, const store::Log& log);

// The operator's list of what the read model leaves out. Throws Failure(damaged), with what to do.
projector::Quarantine open_quarantine(const Settings& settings, const store::Log& log);
// Which events it leaves out: by the read model where there is one of this log, by the list for what that has not
// passed.
projector::LeftOutLookup open_left_out(const Settings& settings, const store::Log& log);

// Throws Failure(usage) when there is no read model.
void require_read_model(const Settings& settings);
// That it is of the log: after a restore a kept one would tell of what is no more. Throws Failure(damaged), with what
// to do.
void require_own_read_model(const Settings& settings, const store::Log& log);
// The same, where the log may be read; not while it is open in this process.
void require_own_read_model(const Settings& settings);

}  // namespace catlog::cli
