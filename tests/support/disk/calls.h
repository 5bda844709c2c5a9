#pragma once
#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

// What lies beneath LMDB, SQLite and our own files: an executable that links this has functions of its own in place of
// the C library's that write, sync and name files, for its shared libraries too. Without a Watching they do what those
// do.
namespace catlog::tests::disk {

enum class Call {
  pwrite,
  write,
  writev,
  fdatasync,
  fsync,
  sync_file_range,
  ftruncate,
  create,  // open with O_CREAT
  rename,
  unlink,
  symlink,
  link,
  mkdir
};
inline bool is_write(Call call) { return call == Call::pwrite || call == Call::write || call == Call::writev; }
inline bool is_sync(Call call) { return call == Call::fdatasync || call == Call::fsync; }
const char* name_of(Call call);

// One call on a file in the watched directory.
struct Operation {
  Call call;
  std::string path;  // of the descriptor, or the first argument
  std::string to;    // rename, link: the new name
  int fd = -1;       // writes, syncs, sync_file_range, ftruncate
  const iovec* parts = nullptr;
  int part_count = 0;
  off_t offset = 0;   // of a write: where; ftruncate: the new length
  size_t length = 0;  // of a write
};

// What happens to a call: it fails with `error`, or writes at most so many bytes, or neither.
struct Verdict {
  int error = 0;
  size_t at_most = SIZE_MAX;
};

// Who is told. The calls are one after the other, also those of several threads. It must not write files itself.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual Verdict before(const Operation&) { return {}; }
  // `result` as the call's own; `fd` of a create is the new descriptor.
  virtual void after(const Operation&, ssize_t result) { static_cast<void>(result); }
  // What statvfs says is free; nothing: the truth.
  virtual std::optional<uint64_t> free_bytes() { return {}; }
  // Likewise the inodes that it says there are and that are free.
  virtual std::optional<uint64_t> inodes() { return {}; }
  virtual uint64_t free_inodes() { return 0; }
};

// While it lives, `watcher` is told of every call on a file below `directory`, run/ (sockets, locks), SQLite's -shm and
// LMDB's lock files apart: nothing that lasts is in those. One at a time.
class Watching {
 public:
  Watching(const std::filesystem::path& directory, Watcher& watcher);
  Watching(const Watching&) = delete;
  ~Watching();
};

}  // namespace catlog::tests::disk
