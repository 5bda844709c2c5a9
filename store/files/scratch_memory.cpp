#include "store/files/scratch_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "events/error.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr size_t memory_page_bytes = 4'096, small_bytes = 64 << 10, block_bytes = 4 << 20;

[[noreturn]] void fail(const fs::path& directory, int code) {
  const std::string sentence = fmt::format("cannot keep working memory in {}: {}; TMPDIR names another folder",
                                           directory.string(), std::strerror(code));
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) throw events::StorageFull(sentence);
  throw Failure(Exit::failure, sentence);
}

constexpr size_t whole(size_t bytes, size_t part) { return (bytes + part - 1) / part * part; }
constexpr size_t whole_pages(size_t bytes) { return whole(bytes, memory_page_bytes); }

}  // namespace

ScratchMemory::Pieces::Pieces(const fs::path& directory) : directory_(directory) {
  std::string name = directory / "catlog-XXXXXX";
  fd_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd_ < 0) fail(directory_, errno);
  ::unlink(name.c_str());
}

ScratchMemory::Pieces::~Pieces() { ::close(fd_); }

// Its space is taken first: writing to a map of a file that finds none is a signal.
void* ScratchMemory::Pieces::do_allocate(size_t bytes, size_t) {
  const size_t size = whole_pages(bytes);
  const auto at = static_cast<off_t>(end_);
  if (const int code = ::posix_fallocate(fd_, at, static_cast<off_t>(size))) fail(directory_, code);
  void* piece = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, at);
  if (piece == MAP_FAILED) fail(directory_, errno);
  end_ += size;
  return piece;
}

void ScratchMemory::Pieces::do_deallocate(void* piece, size_t bytes, size_t) {
  ::madvise(piece, whole_pages(bytes), MADV_REMOVE);  // where it cannot, the space stays taken until the end
  ::munmap(piece, whole_pages(bytes));
}

fs::path ScratchMemory::usual_directory() {
  for (const char* name : {"SQLITE_TMPDIR", "TMPDIR"})
    if (const char* folder = std::getenv(name); folder && *folder) return folder;
  return "/var/tmp";
}

ScratchMemory::ScratchMemory(const fs::path& directory)
    : pieces_(directory),
      blocks_(block_bytes, &pieces_),
      small_({.max_blocks_per_chunk = 0, .largest_required_pool_block = small_bytes}, &blocks_) {}

ScratchMemory::~ScratchMemory() = default;

// The pools of GCC 12's libstdc++ take a block of the next size, whatever its alignment: one of 24 bytes lies at any
// multiple of 8.
void* ScratchMemory::do_allocate(size_t bytes, size_t alignment) {
  bytes = whole(bytes, alignment);
  if (bytes > small_bytes) return pieces_.allocate(bytes, alignment);
  return small_.allocate(bytes, alignment);
}

void ScratchMemory::do_deallocate(void* memory, size_t bytes, size_t alignment) {
  bytes = whole(bytes, alignment);
  if (bytes > small_bytes) return pieces_.deallocate(memory, bytes, alignment);
  small_.deallocate(memory, bytes, alignment);
}

}  // namespace catlog::store
