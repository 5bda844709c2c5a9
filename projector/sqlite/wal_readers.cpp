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
constexpr int first_lock_byte = 120, read_locks_from = 3, in_use_byte = 128;
static_assert(offsetof(WalIndexBegin, last_frame) == 16 && offsetof(WalIndexBegin, written_back) == 96 &&
              offsetof(WalIndexBegin, lock_bytes) == first_lock_byte);

// SQLite's file locks are POSIX locks. This process's own are not told: it is not in its own way.
std::optional<pid_t> holder_of(int fd, int byte) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
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
  return names.empty() ? "somebody" : fmt::format("{}", fmt::join(names, ", "));
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
    const auto process = holder_of(file_->fd(), first_lock_byte + read_locks_from + mark);
    if (process) found.push_back({*process, mark == 0 ? index.written_back : index.read_marks[mark]});
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.frame < b.frame; });
  return found;
}

std::optional<WalReader> WalReaders::user() {
  if (!open()) return std::nullopt;
  const auto process = holder_of(file_->fd(), in_use_byte);
  if (!process) return std::nullopt;
  return WalReader{*process, 0};
}

}  // namespace catlog::projector
