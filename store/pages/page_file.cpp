#include "store/pages/page_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "events/error.h"

namespace catlog::store {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t least_page_bytes = 512, most_page_bytes = 32'768;

// What one of the two says for itself; nothing when it may be right.
std::optional<std::string> fault(const MetaPage& meta, PageNumber number) {
  if (meta.header.number != number || meta.header.flags != page_flag::meta || meta.magic != lmdb_magic)
    return "it is no meta page of LMDB's";
  if (meta.version != lmdb_version) return fmt::format("it is of version {} of LMDB's format", meta.version);
  const uint32_t page_bytes = meta.free.pad;
  if (!std::has_single_bit(page_bytes) || page_bytes < least_page_bytes || page_bytes > most_page_bytes)
    return fmt::format("it says that a page has {} bytes", page_bytes);
  return {};
}

// A commit writes the meta page that its number names, and each commit has the next number. A new file has two of 0.
bool are_consecutive(uint64_t even, uint64_t odd) {
  if (odd == 0) return even == 0;
  return even % 2 == 0 && odd % 2 == 1 && (even + 1 == odd || odd + 1 == even);
}

}  // namespace

PageFile::PageFile(std::filesystem::path file) : path_(std::move(file)), file_(open(path_)) {}

OwnFile PageFile::open(const std::filesystem::path& path) {
  auto file = OwnFile::open(path, Opening::read);
  if (!file) throw Failure(Exit::failure, file.error().sentence);
  return *std::move(file);
}

PageNumber PageFile::pages() const {
  struct stat found {};
  return ::fstat(file_.fd(), &found) == 0 ? static_cast<uint64_t>(found.st_size) / page_bytes_ : 0;
}

bool PageFile::read(PageNumber page, size_t offset, std::span<std::byte> bytes) const {
  auto at = static_cast<off_t>(page * page_bytes_ + offset);
  while (!bytes.empty()) {
    const ssize_t got = ::pread(file_.fd(), bytes.data(), bytes.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Failure(Exit::failure, fmt::format("cannot read {}: {}", path_.string(), std::strerror(errno)));
    if (got == 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(got));
    at += got;
  }
  return true;
}

std::expected<MetaPage, std::string> PageFile::read_metas(std::span<MetaPage> metas) {
  for (PageNumber number = 0; number < meta_pages; ++number) {
    MetaPage& meta = metas[number];
    if (!read(number, 0, std::as_writable_bytes(std::span(&meta, 1))))
      return std::unexpected(fmt::format("the file ends before its page {}", number));
    if (const auto what = fault(meta, number)) return std::unexpected(fmt::format("page {}: {}", number, *what));
    if (number > 0 && meta.free.pad != page_bytes_) return std::unexpected("its pages 0 and 1 differ in a page's size");
    page_bytes_ = meta.free.pad;
  }
  if (!are_consecutive(metas[0].transaction, metas[1].transaction))
    return std::unexpected(fmt::format("its pages 0 and 1 are of the commits {} and {}, which do not follow each other",
                                       metas[0].transaction, metas[1].transaction));
  return metas[metas[1].transaction > metas[0].transaction ? 1 : 0];
}

// What is read while a commit is written says nothing: only what stays as it is is damage.
std::expected<MetaPage, std::string> PageFile::last_commit() {
  std::array<MetaPage, meta_pages> before{}, metas{};
  for (;;) {
    page_bytes_ = 0;  // so page 0 is found where it is
    auto last = read_metas(metas);
    if (last || std::memcmp(before.data(), metas.data(), sizeof metas) == 0) return last;
    before = metas;
  }
}

std::optional<MetaPage> PageFile::commit(uint64_t transaction) {
  const auto last = last_commit();
  if (!last) return {};
  MetaPage meta{};
  if (!read(transaction % meta_pages, 0, std::as_writable_bytes(std::span(&meta, 1)))) return {};
  return meta.transaction == transaction ? std::optional(meta) : std::nullopt;
}

}  // namespace catlog::store
