#include "tests/support/disk/held_pages.h"

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

namespace catlog::tests::disk {
namespace {

// SQLite's functions take no argument of ours.
struct {
  std::mutex mutex;
  std::condition_variable let_go;
  bool is_held = false;
  int waiting = 0;
} gate;

ssize_t (*real_write)(int, const void*, size_t, off_t) = nullptr;

bool is_database(int fd) {
  std::array<char, 4'096> path;
  const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.data(), path.size());
  return size > 0 && std::string_view(path.data(), static_cast<size_t>(size)).ends_with(".sqlite");
}

ssize_t held_write(int fd, const void* bytes, size_t size, off_t offset) {
  std::unique_lock lock(gate.mutex);
  if (gate.is_held && is_database(fd)) {
    ++gate.waiting;
    gate.let_go.wait(lock, [] { return !gate.is_held; });
    --gate.waiting;
  }
  lock.unlock();
  return real_write(fd, bytes, size, offset);
}

}  // namespace

HeldPages::HeldPages() {
  sqlite3_vfs* vfs = sqlite3_vfs_find("unix");
  real_write = reinterpret_cast<decltype(real_write)>(vfs->xGetSystemCall(vfs, "pwrite64"));
  gate.is_held = true;
  vfs->xSetSystemCall(vfs, "pwrite64", reinterpret_cast<sqlite3_syscall_ptr>(held_write));
}

HeldPages::~HeldPages() {
  let_go();
  sqlite3_vfs* vfs = sqlite3_vfs_find("unix");
  vfs->xSetSystemCall(vfs, "pwrite64", nullptr);
}

bool HeldPages::is_holding() const {
  const std::lock_guard lock(gate.mutex);
  return gate.waiting > 0;
}

void HeldPages::let_go() {
  {
    const std::lock_guard lock(gate.mutex);
    gate.is_held = false;
  }
  gate.let_go.notify_all();
}

}  // namespace catlog::tests::disk
