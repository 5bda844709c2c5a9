#pragma once
#include <functional>
#include <vector>

#include "events/codec/json.h"
#include "events/position.h"
#include "projector/history/history_entry.h"
#include "projector/history/stream_ends.h"
#include "projector/quarantine/left_out.h"
#include "store/log.h"

namespace catlog::projector {

struct HistoryOptions {
  Position up_to = UINT64_MAX;  // later events are not visited
  events::Secrets secrets = events::Secrets::hidden;
  LeftOutLookup left_out = {};
};

// The events that touched what `scope` names, oldest first, each compared with what was before it: those of the
// stream, along their back-positions, and removals in other streams that took rows with them (a list's entry with its
// movie) or cleared a reference (the user of an audit row). Empty: there never was such a row.
//
// `visit` is called while no snapshot of the log is held: it may take its time. Memory: eight bytes for each event of
// the stream, the rows of the scope that are there at one time with their values, the numbers of what they ever
// referred to, and some thousand entries. Throws Failure(damaged) when the chain leads elsewhere or a record cannot be
// read.
void visit_history(const StreamEnds& ends, const Scope& scope, const HistoryOptions& options,
                   const std::function<void(HistoryEntry)>& visit);
// The whole history at once. Throws as visit_history.
std::vector<HistoryEntry> history(const StreamEnds& ends, const Scope& scope, const HistoryOptions& options = {});

}  // namespace catlog::projector
