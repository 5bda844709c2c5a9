#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "projector/groups/group_work.h"

namespace catlog::store {
class Log;
}

namespace catlog::projector {

// A group as its file has it, <name>.json in the folder groups/ of a data directory (projector/FORMAT.md).
struct GroupRecord {
  std::string name;
  std::string log_id;               // of the log that its positions are in
  std::vector<std::string> topics;  // none: everything
  GroupWork::Rules rules;
  WorkState work;
  std::string seen_command_id;  // of the event at work.seen; empty: none was seen
  uint64_t resets = 0;          // how often it was made to begin anew: what was so more often is the later truth
};

// Whether a group may be called so: what a file may be called everywhere.
bool is_group_name(std::string_view name);
// Whether a member may: visible ASCII.
bool is_member_name(std::string_view name);
constexpr std::string_view group_name_rule =
    "a group's name has 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit";
constexpr std::string_view member_name_rule = "a member's name has 1 to 64 visible ASCII characters";

// In the folder of the groups: copies of those of other nodes of a cluster, in a folder a node.
constexpr const char* of_other_nodes = "of-other-nodes";

std::filesystem::path file_of_group(const std::filesystem::path& directory, const std::string& name);
// The names for which there are files, in order; none where there is no directory yet. Throws Failure(failure) when it
// cannot be read.
std::vector<std::string> group_names(const std::filesystem::path& directory);
// Whether there is something of its name, whatever it is.
bool has_group_file(const std::filesystem::path& directory, const std::string& name);
// Why it cannot be used, as a sentence, where it cannot.
std::expected<GroupRecord, std::string> read_group(const std::filesystem::path& directory, const std::string& name);
// Takes the place of the old one whole, on the disk when this returns. Throws StorageFull, Failure(failure).
void write_group(const std::filesystem::path& directory, const GroupRecord& group);
// It is gone when this returns, also after a power cut. Throws as write_group.
void remove_group(const std::filesystem::path& directory, const std::string& name);

// Why what the group has dealt with is not of this log's history; empty: it is.
std::string history_fault(const GroupRecord& group, const store::Log& log);
// The id of the command whose event is at this position; empty where there is none.
std::string command_id_at(const store::Log& log, Position position);

}  // namespace catlog::projector
