#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/files/own_file.h"

namespace catlog::projector {

// Another process that has a read transaction open on a file in WAL mode. Until it ends, what the WAL holds from
// `frame` on stays there.
struct WalReader {
  pid_t process = 0;   // as the kernel tells it: 0 or less for one that cannot be seen from here (of another container)
  uint32_t frame = 0;  // of the WAL: how far the reader sees
  bool operator==(const WalReader&) const = default;
};

// "process 4711 (sqlite3)"
std::string to_text(const WalReader& reader);
// The same of several, each process once.
std::string to_text(const std::vector<WalReader>& readers);

// Another process that reads or writes a file in DELETE mode. Only while this process has no connection to it, as
// below.
std::optional<WalReader> lock_holder(const std::filesystem::path& database);

// Which other processes use a SQLite file in WAL mode, by the locks on its -shm, as sqlite.org/walformat.html lays them
// out ("WAL-Index Locks"). It only asks (F_GETLK), and needs no right to write.
//
// Lifetime: must go after every connection that this process has to the file: when any descriptor of a file is closed,
// the kernel ends all locks that the process has on it, SQLite's too. Threads: one at a time.
class WalReaders {
 public:
  explicit WalReaders(const std::filesystem::path& database);
  // Those that stand in the way of the WAL's next use, one for each of SQLite's five read marks; who sees the oldest
  // state comes first. More processes may stand behind one of them.
  std::vector<WalReader> in_the_way();
  // Another process that has the file open, with a transaction or without; nothing when there is none.
  std::optional<WalReader> user();
  // Another process that keeps everybody from writing; nothing when there is none.
  std::optional<WalReader> writer();

 private:
  std::optional<WalReader> holder_of(int lock_byte);
  bool open();
  std::filesystem::path index_;
  std::optional<store::OwnFile> file_;  // opened when it is first needed: SQLite makes it
};

}  // namespace catlog::projector
