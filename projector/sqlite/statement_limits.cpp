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

namespace catlog::projector {
namespace {

using events::Exit;
using events::Failure;

// A VFS in front of SQLite's own, which counts the bytes of temporary files. https://www.sqlite.org/vfs.html, "shims"
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

// Stands before the file of the VFS below.
struct TemporaryFile {
  sqlite3_file base;
  sqlite3_int64 bytes;
};

constexpr int header_bytes = (sizeof(TemporaryFile) + 7) / 8 * 8;

TemporaryFile& ours(sqlite3_file* file) { return *reinterpret_cast<TemporaryFile*>(file); }
sqlite3_file* below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + header_bytes);
}

int close_file(sqlite3_file* file) {
  space().left += ours(file).bytes;
  return below(file)->pMethods->xClose(below(file));
}

int read_file(sqlite3_file* file, void* into, int bytes, sqlite3_int64 at) {
  return below(file)->pMethods->xRead(below(file), into, bytes, at);
}

int write_file(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
  const sqlite3_int64 grows = at + bytes - ours(file).bytes;
  if (grows > 0) {
    if (space().left.fetch_sub(grows) < grows) {
      space().left += grows;
      space().is_spent = true;
      return SQLITE_FULL;
    }
    ours(file).bytes += grows;
  }
  return below(file)->pMethods->xWrite(below(file), from, bytes, at);
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (size < ours(file).bytes) {
    space().left += ours(file).bytes - size;
    ours(file).bytes = size;
  }
  return below(file)->pMethods->xTruncate(below(file), size);
}

int sync_file(sqlite3_file* file, int flags) { return below(file)->pMethods->xSync(below(file), flags); }
int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  return below(file)->pMethods->xFileSize(below(file), size);
}
int lock_file(sqlite3_file* file, int lock) { return below(file)->pMethods->xLock(below(file), lock); }
int unlock_file(sqlite3_file* file, int lock) { return below(file)->pMethods->xUnlock(below(file), lock); }
int check_lock(sqlite3_file* file, int* is_locked) {
  return below(file)->pMethods->xCheckReservedLock(below(file), is_locked);
}
// A hint of a size to come would grow the file uncounted.
int control_file(sqlite3_file* file, int what, void* argument) {
  if (what == SQLITE_FCNTL_SIZE_HINT || what == SQLITE_FCNTL_CHUNK_SIZE) return SQLITE_OK;
  return below(file)->pMethods->xFileControl(below(file), what, argument);
}
int sector_size(sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); }
int characteristics(sqlite3_file* file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); }

// Version 1: no memory mapping, which would grow a file by itself.
const sqlite3_io_methods counted = {
    1,         close_file,  read_file,  write_file,   truncate_file, sync_file,       size_of_file,
    lock_file, unlock_file, check_lock, control_file, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,     nullptr,    nullptr,      nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* vfs = space().below;
  if (!(flags & SQLITE_OPEN_DELETEONCLOSE)) return vfs->xOpen(vfs, name, file, flags, flags_out);
  ours(file) = {};
  const int code = vfs->xOpen(vfs, name, below(file), flags, flags_out);
  ours(file).base.pMethods = code == SQLITE_OK ? &counted : nullptr;
  return code;
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
  shim.vfs = *shim.below;
  shim.vfs.zName = "catlog-limited";
  shim.vfs.pNext = nullptr;
  shim.vfs.szOsFile = header_bytes + shim.below->szOsFile;
  shim.vfs.xOpen = open_file;
  if (const int code = sqlite3_vfs_register(&shim.vfs, 1); code != SQLITE_OK)
    throw Failure(Exit::failure, fmt::format("cannot limit temporary files: {}", sqlite3_errstr(code)));
}

bool is_temporary_space_spent() { return space().is_spent; }

}  // namespace catlog::projector
