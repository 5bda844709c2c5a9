#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

namespace catlog::store {

// The number of a user, or of a group, of this machine that is given by its name or number. Nothing: none has that
// name. Threads: any.
std::optional<uid_t> user_named(const std::string& name);
std::optional<gid_t> group_named(const std::string& name);

}  // namespace catlog::store
