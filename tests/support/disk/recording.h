#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/disk/calls.h"

namespace catlog::tests::disk {

// One thing that was done to the disk, in the order in which it was done.
struct Done {
  enum class What { create, write, truncate, sync, rename, unlink, symlink, link, mkdir, sync_directory };
  What what;
  unsigned file = 0;  // of create, write, truncate, sync: a number of its own for each file that ever was
  std::string path;   // names, relative to the watched directory; of write and sync, for messages
  std::string to;     // rename, link: the new name; symlink: where it leads
  uint64_t offset = 0;
  std::string bytes;
  bool is_synced = false;  // a write through an O_DSYNC descriptor: on disk when it returns, itself and nothing else
};

// Keeps everything that is done beneath a directory that is empty at the beginning.
class Recording : public Watcher {
 public:
  explicit Recording(const std::filesystem::path& directory) : directory_(directory.string()) {}
  void after(const Operation& operation, ssize_t result) override;

  const std::vector<Done>& done() const { return done_; }

 private:
  std::string relative(const std::string& path) const;
  unsigned file_of(int fd, const std::string& path);
  void written(const Operation& operation, size_t length);
  void named(const Operation& operation);

  std::string directory_;
  std::vector<Done> done_;
  std::map<uint64_t, unsigned> by_inode_;
  std::map<std::string, uint64_t> inodes_;  // of names, to forget a number that may be used again
  unsigned files_ = 0;
};

}  // namespace catlog::tests::disk
