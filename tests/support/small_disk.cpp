#include "tests/support/small_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

namespace catlog::tests {

namespace fs = std::filesystem;

namespace {

constexpr const char* filler = "filler";

void write_text(const char* file, const std::string& text) { std::ofstream(file) << text; }

// Once per process; false with errno.
bool enter_namespace() {
  static bool entered = false;
  if (entered) return true;
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", fmt::format("{0} {0} 1", user));
    write_text("/proc/self/gid_map", fmt::format("{0} {0} 1", group));
  }
  entered = ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return entered;
}

}  // namespace

std::unique_ptr<SmallDisk> SmallDisk::mount(const fs::path& directory, uint64_t bytes) {
  const std::string size = fmt::format("size={}", bytes);
  if (!enter_namespace() || ::mount("catlog-test", directory.c_str(), "tmpfs", 0, size.c_str()) != 0) {
    BOOST_TEST_MESSAGE("not tried: no tmpfs can be mounted here: " << std::strerror(errno));
    return nullptr;
  }
  return std::unique_ptr<SmallDisk>(new SmallDisk(directory));
}

SmallDisk::~SmallDisk() { ::umount2(directory_.c_str(), MNT_DETACH); }

uint64_t SmallDisk::free_bytes() const {
  struct statvfs room;
  if (::statvfs(directory_.c_str(), &room) != 0)
    throw std::system_error(errno, std::generic_category(), directory_.string());
  return room.f_bavail * room.f_frsize;
}

void SmallDisk::fill(uint64_t leave_bytes) {
  const int fd = ::open((directory_ / filler).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return;  // not even room for a name
  const std::vector<char> page(4096);
  while (free_bytes() > leave_bytes && ::write(fd, page.data(), page.size()) > 0) {
  }
  ::close(fd);
}

void SmallDisk::make_room() { fs::remove(directory_ / filler); }

}  // namespace catlog::tests
