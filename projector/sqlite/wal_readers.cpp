#include "projector/sqlite/wal_readers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <fstream>

#include <fmt/format.h>

#include "events/text/printable.h"

namespace catlog::projector {

namespace {

// The beginning of a WAL's index, in the machine's byte order.
struct WalIndexBegin {
  uint32_t before_last_frame[4];
  uint32_t last_frame;  // of the WAL, committed
  uint32_t behind_last_frame[19];
  uint32_t written_back;   // frames that the file has
  uint32_t read_marks[5];  // the frame that readers with the lock of this mark see; of the first: none, only the file
  unsigned char lock_bytes[8];
};
constexpr int first_lock_byte = 120, write_lock_byte = 120, read_locks_from = 3, in_use_byte = 128;
constexpr off_t file_lock_bytes = 0x40000000,
                file_lock_bytes_count = 512;  // of a database file: PENDING, RESERVED, SHARED
static_assert(offsetof(WalIndexBegin, last_frame) == 16 && offsetof(WalIndexBegin, written_back) == 96 &&
              offsetof(WalIndexBegin, lock_bytes) == first_lock_byte);

// SQLite's file locks are POSIX locks. This process's own are not told: it is not in its own way.
std::optional<pid_t> holder_of_bytes(int fd, off_t first, off_t count) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = first;
  lock.l_len = count;
  if (::fcntl(fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

}  // namespace

std::string to_text(const WalReader& reader) {
  if (reader.process <= 0) return "a process of another container";
  std::ifstream file(fmt::format("/proc/{}/comm", reader.process));
  std::string name;
  if (!std::getline(file, name)) return fmt::format("process {}", reader.process);
  return fmt::format("process {} ({})", reader.process, events::printable(name));
}

std::string to_text(const std::vector<WalReader>& readers) {
  std::vector<std::string> names;
  for (const WalReader& reader : readers)
    if (auto name = to_text(reader); std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  return fmt::format("{}", fmt::join(names, ", "));
}

WalReaders::WalReaders(const std::filesystem::path& database) : index_(database.string() + "-shm") {}

bool WalReaders::open() {
  if (file_) return true;
  if (auto opened = store::OwnFile::open(index_, store::Opening::read)) file_.emplace(std::move(*opened));
  return file_.has_value();
}

std::vector<WalReader> WalReaders::in_the_way() {
  WalIndexBegin index{};
  if (!open() || ::pread(file_->fd(), &index, sizeof index, 0) != static_cast<ssize_t>(sizeof index)) return {};
  std::vector<WalReader> found;
  for (int mark = 0; mark < static_cast<int>(std::size(index.read_marks)); ++mark) {
    // Who reads the file alone is in the way of nothing but of more being written to it.
    if (mark == 0 && index.written_back >= index.last_frame) continue;
    const uint32_t frame = mark == 0 ? index.written_back : index.read_marks[mark];
    if (const auto holder = holder_of(first_lock_byte + read_locks_from + mark))
      found.push_back({holder->process, frame});
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.frame < b.frame; });
  return found;
}

std::optional<WalReader> WalReaders::user() { return holder_of(in_use_byte); }

std::optional<WalReader> WalReaders::writer() { return holder_of(write_lock_byte); }

std::optional<WalReader> WalReaders::holder_of(int lock_byte) {
  if (!open()) return std::nullopt;
  const auto process = holder_of_bytes(file_->fd(), lock_byte, 1);
  if (!process) return std::nullopt;
  return WalReader{*process, 0};
}

std::optional<WalReader> lock_holder(const std::filesystem::path& database) {
  const auto file = store::OwnFile::open(database, store::Opening::read);
  if (!file) return std::nullopt;
  const auto process = holder_of_bytes(file->fd(), file_lock_bytes, file_lock_bytes_count);
  if (!process) return std::nullopt;
  return WalReader{*process, 0};
}

}  // namespace catlog::projector
