#pragma once
#include <filesystem>
#include <optional>
#include <string>

// Of which cluster's log a data directory has a copy: the file `cluster` in it, its first line the cluster's name. What
// a process without the engine, or with another cluster's, wrote to such a log would be acknowledged and no part of the
// cluster's, so whoever writes looks here first. No backup has it: what is restored begins anew.
namespace catlog::store {

inline constexpr const char* membership_name = "cluster";
std::filesystem::path membership_file(const std::filesystem::path& data);

// The cluster's name; nothing: of none. Throws Failure(damaged) for a file that names none, Failure(failure) for one
// that cannot be read.
std::optional<std::string> membership(const std::filesystem::path& data);

// Throws Failure(usage), with what to do, where the directory is another cluster's than `cluster`; empty: whoever asks
// takes part in none. A directory without a mark may be used by all.
void check_membership(const std::filesystem::path& data, const std::string& cluster);

// From then on it is this cluster's, also after a power cut. Throws StorageFull, Failure(failure).
void set_membership(const std::filesystem::path& data, const std::string& cluster);

}  // namespace catlog::store
