#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "store/files/own_file.h"
#include "store/pages/page_format.h"

namespace catlog::store {

using PageProgress = std::function<void(uint64_t done, uint64_t pages)>;

// The pages of an environment's file, read beside LMDB: also of a file at which LMDB would end the process. Private to
// this room.
//
// Threads: one at a time.
class PageFile {
 public:
  // Throws Failure(failure) when it cannot be opened.
  explicit PageFile(std::filesystem::path file);
  PageFile(const PageFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // The meta page of the last commit, after both meta pages were checked; or what is wrong with them. A commit may
  // happen meanwhile.
  std::expected<MetaPage, std::string> last_commit();
  // The meta page of this commit; nothing when later ones have overwritten it.
  std::optional<MetaPage> commit(uint64_t transaction);
  // The size of a page and how many whole ones the file has now. After last_commit() or commit().
  size_t page_bytes() const { return page_bytes_; }
  PageNumber pages() const;
  // Fills `bytes` from the beginning of a page on; false when the file ends before. Throws Failure(failure).
  bool read(PageNumber page, size_t offset, std::span<std::byte> bytes) const;

 private:
  std::expected<MetaPage, std::string> read_metas(std::span<MetaPage> metas);
  static OwnFile open(const std::filesystem::path& path);
  std::filesystem::path path_;
  OwnFile file_;
  size_t page_bytes_ = 0;
};

}  // namespace catlog::store
