#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "bin/torrent/keep.h"
#include "events/error.h"

namespace catlog::torrent {

namespace {

constexpr long version_with_refer = 2, version_with_truncate = 3;

uint64_t rights_to_change(long version) {
  uint64_t rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |
                    LANDLOCK_ACCESS_FS_MAKE_SYM;
  if (version >= version_with_refer) rights |= uint64_t{1} << 13;     // REFER
  if (version >= version_with_truncate) rights |= uint64_t{1} << 14;  // TRUNCATE
  return rights;
}

[[noreturn]] void fail(const char* what) {
  throw events::Failure(events::Exit::failure, fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

bool confine_to(const std::filesystem::path& directory) {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  landlock_ruleset_attr ruled{};
  ruled.handled_access_fs = rights_to_change(version);
  const int rules = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &ruled, sizeof ruled, 0));
  if (rules < 0) fail("landlock_create_ruleset");
  landlock_path_beneath_attr beneath{};
  beneath.allowed_access = ruled.handled_access_fs;
  beneath.parent_fd = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (beneath.parent_fd < 0) fail("the directory cannot be opened");
  const bool holds = ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0 &&
                     ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                     ::syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  if (!holds) fail("landlock");
  ::close(beneath.parent_fd);
  ::close(rules);
  return true;
}

}  // namespace catlog::torrent
