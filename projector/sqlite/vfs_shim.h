#pragma once
#include <sqlite3.h>

namespace catlog::projector {

// A file of a VFS that stands in front of another one (https://www.sqlite.org/vfs.html, "shims"): `Ours`, which begins
// with a sqlite3_file, and behind it in SQLite's memory the file of the VFS below.
template <class Ours>
struct VfsShim {
  static constexpr int our_bytes = (sizeof(Ours) + 7) / 8 * 8;
  static Ours& ours(sqlite3_file* file) { return *reinterpret_cast<Ours*>(file); }
  static sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + our_bytes);
  }

  // Every call goes on to the file below. Version 1: no memory mapping, which would change a file by itself.
  static constexpr sqlite3_io_methods handing_on() {
    sqlite3_io_methods calls{};
    calls.iVersion = 1;
    calls.xClose = [](sqlite3_file* file) { return below(file)->pMethods->xClose(below(file)); };
    calls.xRead = [](sqlite3_file* file, void* into, int bytes, sqlite3_int64 at) {
      return below(file)->pMethods->xRead(below(file), into, bytes, at);
    };
    calls.xWrite = [](sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
      return below(file)->pMethods->xWrite(below(file), from, bytes, at);
    };
    calls.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) {
      return below(file)->pMethods->xTruncate(below(file), size);
    };
    calls.xSync = [](sqlite3_file* file, int flags) { return below(file)->pMethods->xSync(below(file), flags); };
    calls.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
      return below(file)->pMethods->xFileSize(below(file), size);
    };
    calls.xLock = [](sqlite3_file* file, int lock) { return below(file)->pMethods->xLock(below(file), lock); };
    calls.xUnlock = [](sqlite3_file* file, int lock) { return below(file)->pMethods->xUnlock(below(file), lock); };
    calls.xCheckReservedLock = [](sqlite3_file* file, int* is_locked) {
      return below(file)->pMethods->xCheckReservedLock(below(file), is_locked);
    };
    calls.xFileControl = [](sqlite3_file* file, int what, void* argument) {
      return below(file)->pMethods->xFileControl(below(file), what, argument);
    };
    calls.xSectorSize = [](sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); };
    calls.xDeviceCharacteristics = [](sqlite3_file* file) {
      return below(file)->pMethods->xDeviceCharacteristics(below(file));
    };
    return calls;
  }

  // A VFS, to be registered, whose files are those of `below` unless `open` opens them with open_ours.
  static sqlite3_vfs in_front_of(const sqlite3_vfs& below, const char* name, decltype(sqlite3_vfs::xOpen) open) {
    sqlite3_vfs vfs = below;
    vfs.zName = name;
    vfs.pNext = nullptr;
    vfs.szOsFile = our_bytes + below.szOsFile;
    vfs.xOpen = open;
    return vfs;
  }
  static int open_ours(sqlite3_vfs* vfs_below, const char* name, sqlite3_file* file, int flags, int* flags_out,
                       const sqlite3_io_methods& calls) {
    ours(file) = {};
    const int code = vfs_below->xOpen(vfs_below, name, below(file), flags, flags_out);
    ours(file).base.pMethods = code == SQLITE_OK ? &calls : nullptr;
    return code;
  }
};

}  // namespace catlog::projector
