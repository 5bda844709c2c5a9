#include "projector/sqlite/statement_limits.h"

#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/sqlite/vfs_shim.h"

namespace catlog::projector {
namespace {

using events::Exit;
using events::Failure;

// A VFS in front of SQLite's own, which counts the bytes of temporary files.
struct TemporarySpace {
  sqlite3_vfs vfs{};
  sqlite3_vfs* below = nullptr;
  std::atomic<int64_t> left{0};
  std::atomic<bool> is_spent{false};
};

TemporarySpace& space() {
  static TemporarySpace instance;
  return instance;
}

struct TemporaryFile {
  sqlite3_file base;
  sqlite3_int64 bytes;
};
using TemporaryShim = VfsShim<TemporaryFile>;

constexpr sqlite3_io_methods handed_on = TemporaryShim::handing_on();

int write_file(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
  TemporaryFile& ours = TemporaryShim::ours(file);
  const sqlite3_int64 grows = at + bytes - ours.bytes;
  if (grows > 0) {
    if (space().left.fetch_sub(grows) < grows) {
      space().left += grows;
      space().is_spent = true;
      return SQLITE_FULL;
    }
    ours.bytes += grows;
  }
  return handed_on.xWrite(file, from, bytes, at);
}

constexpr sqlite3_io_methods counted = [] {
  sqlite3_io_methods calls = handed_on;
  calls.xWrite = write_file;
  calls.xClose = [](sqlite3_file* file) {
    space().left += TemporaryShim::ours(file).bytes;
    return handed_on.xClose(file);
  };
  calls.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) {
    TemporaryFile& ours = TemporaryShim::ours(file);
    if (size < ours.bytes) {
      space().left += ours.bytes - size;
      ours.bytes = size;
    }
    return handed_on.xTruncate(file, size);
  };
  // A hint of a size to come would grow the file uncounted.
  calls.xFileControl = [](sqlite3_file* file, int what, void* argument) {
    if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
    return handed_on.xFileControl(file, what, argument);
  };
  return calls;
}();

int open_counted(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* vfs = space().below;
  if (!(flags & SQLITE_OPEN_DELETEONCLOSE)) return vfs->xOpen(vfs, name, file, flags, flags_out);
  return TemporaryShim::open_ours(vfs, name, file, flags, flags_out, counted);
}

int64_t data_bytes_of_process() {
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0, shared = 0, text = 0, library = 0, data = 0;
  statm >> total >> resident >> shared >> text >> library >> data;
  return statm ? data * ::sysconf(_SC_PAGESIZE) : 0;
}

void limit_process(int64_t more_bytes) {
  rlimit limit{};
  const int64_t bytes = data_bytes_of_process() + more_bytes;
  if (::getrlimit(RLIMIT_DATA, &limit) != 0 || limit.rlim_cur <= static_cast<rlim_t>(bytes)) return;
  limit.rlim_cur = static_cast<rlim_t>(bytes);
  if (::setrlimit(RLIMIT_DATA, &limit) != 0)
    throw Failure(Exit::failure, fmt::format("cannot limit the memory of this process: {}", std::strerror(errno)));
}

}  // namespace

void limit_statements(const StatementLimits& limits) {
  sqlite3_hard_heap_limit64(limits.memory_bytes);
  limit_process(limits.process_bytes);
  TemporarySpace& shim = space();
  shim.left = limits.temporary_file_bytes;
  shim.is_spent = false;
  if (shim.below) return;  // a test sets others
  shim.below = sqlite3_vfs_find(nullptr);
  shim.vfs = TemporaryShim::in_front_of(*shim.below, "catlog-limited", open_counted);
  if (const int code = sqlite3_vfs_register(&shim.vfs, 1); code != SQLITE_OK)
    throw Failure(Exit::failure, fmt::format("cannot limit temporary files: {}", sqlite3_errstr(code)));
}

bool is_temporary_space_spent() { return space().is_spent; }

}  // namespace catlog::projector
