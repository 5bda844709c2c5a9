#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "events/data_directory.h"

namespace catlog::nodes {

// What nodes have beside log and keys: groups, of which each has copies of the others', and lists that an operator
// keeps.

constexpr const char* none = "none";  // a digest of nothing

// By their names, the bytes of their files.
using Groups = std::map<std::string, std::string>;
// This node's own. Throws Failure(failure) where they cannot be read.
Groups read_groups(const std::filesystem::path& groups);
std::string digest_of(const Groups& groups);
// Name and bytes of each, as frames; and from frames, from the one at `begin` on. What has no name of a group is none.
void add_frames(const Groups& groups, std::vector<std::string>& frames);
Groups parse_groups(const std::vector<std::string>& frames, size_t begin);
// Makes the copies of this node's groups what they are there: a file that it has no more goes. Throws StorageFull,
// Failure(failure).
void keep_copies(const std::filesystem::path& groups, const std::string& node, const Groups& theirs);

// A digest of the events that quarantine.json of this log leaves out, and of bus-keys/allowed/: equal on two nodes
// where these are.
std::string describe_lists(const events::DataDirectory& data, const std::string& log_id);

}  // namespace catlog::nodes
