#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bin/cli/group_view.h"
#include "bin/cli/housekeeping_view.h"
#include "bin/cli/quarantine_view.h"
#include "bin/cli/subcommand.h"
#include "commandhandler/clock.h"
#include "events/position.h"
#include "projector/sqlite/readers_note.h"
#include "store/log.h"

namespace catlog::cli {

// A role that some process holds.
struct HeldRole {
  std::string name;     // "handler"
  std::string process;  // its id, as the lock file says
};

// How a data directory stands.
struct Overview {
  std::string log_id;
  std::optional<store::ForkedFrom> forked_from;
  events::Position head = 0;
  std::string root;                                  // Merkle root over the records up to the head, hex
  std::optional<int64_t> recorded_at_us;             // of the head
  std::optional<events::Position> state, projected;  // nothing: there is no such projection
  uint64_t log_bytes = 0, state_bytes = 0, read_model_bytes = 0;
  std::string read_model_fault;  // why it is none, none of this log, or not to be read; empty: it is one
  events::Exit read_model_code = events::Exit::damaged;  // of that fault
  std::vector<HeldRole> roles;
  bool may_see_roles = true;                            // false: the locks are another user's, and roles is empty
  std::vector<std::string> missing_sockets;             // paths of sockets that roles listen at, and that are not there
  std::optional<store::Log::OpenReader> oldest_reader;  // of the log
  QuarantineView quarantine;
  std::optional<projector::ReadersNote> readers;  // who holds up the read model's WAL, or keeps older files of it
  commandhandler::ClockReading clock;
  HousekeepingView housekeeping;
  std::vector<GroupView> groups;
  std::string cluster_notes;  // what a running node of a cluster knows of all, likewise; empty: none
  std::string handler_notes;  // JSON that a running handler keeps in run/handler-status.json; empty: none

  // Events that the read model does not hold yet.
  events::Position lag() const { return head - std::min(head, projected.value_or(0)); }
};

// Reads it without disturbing anybody, whether the daemon runs or not. Throws Failure(usage) when there is no log.
Overview look_at(const Settings& settings);

std::string to_json(const Overview& overview);
std::string to_text(const Overview& overview);

}  // namespace catlog::cli
