#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "events/position.h"
#include "events/schema/model.h"

namespace catlog::tests {

// The commands that a producer was told are accepted: id -> first and last position of the receipt. Of a batch the
// batch's own.
using Acknowledged = std::map<std::string, std::pair<events::Position, events::Position>>;

// What does not hold, in words, of a data directory that nobody has open, whatever happened to it before: the log's
// Merkle tree; each record decodes, positions are gapless, streams' versions contiguous, back-positions right, commands
// whole; every acknowledged command is at exactly its receipt's positions; no command or batch id has two effects; the
// decision state, at its position, is the fold of the log; the read model, at its own, is a rebuild from nothing.
// Empty: all of it holds.
std::vector<std::string> faults_in(const std::filesystem::path& data, const Acknowledged& acknowledged = {});

// Sealed texts in the log whose key is not, whole, in keys/: nobody can open them any more.
std::vector<std::string> seals_without_key(const std::filesystem::path& data);

}  // namespace catlog::tests
