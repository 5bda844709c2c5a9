#pragma once
#include <cstdint>
#include <filesystem>
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

// What to do where nothing is in the data directory, or nobody serves it: with the command that does it, as catlogd
// would take it there (daemon/catlogd_beginning.h).
std::string advice_to_start(const Settings& settings);
// Throws Failure(usage), with what to do, when there is no log.
void require_log(const Settings& settings);
// Opens the log to be read, whether the daemon runs or not. Throws Failure(usage), with what to do, when there is no
// log, and what store::Log::open throws.
store::Log open_log(const Settings& settings);

// When the event at this position was recorded, in microseconds UTC; nothing when there is none.
std::optional<int64_t> recorded_at(const store::Log& log, events::Position position);

// Opens the stored decision state. Nothing when there is none: an operator may delete it. Throws as StateStore::open.
std::optional<store::StateStore> open_state(const Settings& settings, const store::Log& log);
// The same for a caller that can do without a state, in more time: when the state cannot be used, a line on stderr says
// so, and there is none.
std::optional<store::StateStore> usable_state(const Settings& settings, const store::Log& log);

// Reads the operator's list of quarantined events; empty when there is none. Throws Failure(damaged), with what to do,
// for a list that cannot be used.
projector::Quarantine open_quarantine(const Settings& settings, const store::Log& log);
// Finds out which events are left out: by the read model, where there is one of this log, for events that it has
// passed; by the operator's list for later ones. Throws as open_quarantine.
projector::LeftOutLookup open_left_out(const Settings& settings, const store::Log& log);

// Throws Failure(usage) when there is no read model.
void require_read_model(const Settings& settings);
// Throws Failure(damaged), with what to do, when the read model is of another log: a restore leaves the old one, which
// would tell of events that are no more.
void require_own_read_model(const Settings& settings, const store::Log& log);
// The same for a caller that has not opened the log; not while the log is open in this process (store/README.md). When
// the log may not be read, nothing is looked at.
void require_own_read_model(const Settings& settings);

// Whether one directory is the other or lies in it, wherever links lead; neither need be there.
bool is_within(const std::filesystem::path& inner, const std::filesystem::path& outer);

// Throws Failure(usage), with the reason, for a file in the data directory: what is written for others has no place
// there.
void require_outside(const Settings& settings, const std::filesystem::path& file, const char* reason);

}  // namespace catlog::cli
