#pragma once
#include <cstddef>
#include <filesystem>
#include <memory_resource>

namespace catlog::store {

// Memory that lies in a file without a name: for what is as large as a log. The system writes it out when it needs
// memory, where a process's own memory would have to stay; the file is gone with the process, whatever ends that.
//
// Throws StorageFull where the file system has no space for more (then nothing was allocated), Failure(failure).
// Threads: one at a time. Everything allocated must be let go before this object dies.
class ScratchMemory : public std::pmr::memory_resource {
 public:
  // The folder for temporary files: SQLITE_TMPDIR or TMPDIR, as SQLite takes them, else /var/tmp.
  static std::filesystem::path usual_directory();
  // Keeps the file in this directory.
  explicit ScratchMemory(const std::filesystem::path& directory);
  ScratchMemory(const ScratchMemory&) = delete;
  ~ScratchMemory() override;

 private:
  // Pieces of the file, each mapped by itself; what is given back is given back to the file system.
  class Pieces : public std::pmr::memory_resource {
   public:
    explicit Pieces(const std::filesystem::path& directory);
    ~Pieces() override;

   private:
    void* do_allocate(size_t bytes, size_t alignment) override;
    void do_deallocate(void* piece, size_t bytes, size_t alignment) override;
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
    std::filesystem::path directory_;
    int fd_ = -1;
    size_t end_ = 0;
  };
  void* do_allocate(size_t bytes, size_t alignment) override;
  void do_deallocate(void* memory, size_t bytes, size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  Pieces pieces_;
  std::pmr::monotonic_buffer_resource blocks_;  // for the pools, a few large ones
  std::pmr::unsynchronized_pool_resource small_;
};

}  // namespace catlog::store
