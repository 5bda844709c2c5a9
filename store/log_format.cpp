#include "store/log_format.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>

#include "store/check_tree.h"
#include "store/files/disk_space.h"
#include "store/files/durable_file.h"
#include "store/files/file_lock.h"
#include "store/files/own_file.h"
#include "store/lmdb/environment.h"
#include "store/log_names.h"
#include "store/meta.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

constexpr size_t max_copied_records = 10'000;  // of a commit
constexpr size_t max_copied_bytes = size_t{16} << 20;
constexpr std::string_view kept_begins = "data.format-", kept_ends = ".mdb";
constexpr std::chrono::milliseconds between_tries{10};
constexpr int tries = 200;  // whoever only looks at a log of another format is gone soon, before anything is begun

constexpr Layout earlier_layout{.name = "log",
                                .map_size_bytes = size_t{1} << 40,
                                .format = earlier_log_format,
                                .content = {.name = "records", .flags = MDB_INTEGERKEY},
                                .tree = {.name = "nodes", .flags = MDB_INTEGERKEY}};

[[noreturn]] void damaged(const fs::path& directory, const std::string& what) {
  throw Failure(Exit::damaged,
                fmt::format("the log in {}: {}; look at it with `catlog verify` of the release that wrote "
                            "it. Nothing was changed",
                            directory.string(), what));
}

// A log of the format before: the record alone is the value, the tree's nodes are a database of their own, in the order
// in which they come, and the right edge of the tree is an entry of `meta`.
class EarlierLog {
 public:
  static void create(const fs::path& directory, const LogIdentity& identity) {
    Records meta = make_meta(earlier_log_format, identity.id);
    if (identity.forked_from) meta.emplace_back(meta_key::forked_from, encode(*identity.forked_from));
    meta.emplace_back(meta_key::frontier, Frontier().encode());
    Environment::create(directory, earlier_layout, meta);
  }

  explicit EarlierLog(const fs::path& directory) {
    auto environment = Environment::open(directory, Access::write, earlier_layout);
    if (!environment) damaged(directory, environment.error());
    environment_ = std::move(*environment);
    const ReadTransaction transaction(*environment_);
    auto identity = read_identity(transaction, earlier_log_format);
    if (!identity) damaged(directory, identity.error());
    identity_ = *std::move(identity);
    const auto bytes = transaction.get(environment_->meta(), meta_key::frontier);
    auto frontier = bytes ? Frontier::decode(*bytes) : std::nullopt;
    if (!frontier || frontier->size() != transaction.count(environment_->content()))
      damaged(directory, "the frontier of its Merkle tree is not that of its events");
    nodes_ = transaction.count(environment_->tree());
    frontier_ = *std::move(frontier);
  }

  const LogIdentity& identity() const { return identity_; }
  TreeHead tree_head() const { return frontier_.head(); }

  class Snapshot {
   public:
    explicit Snapshot(Environment& environment) : transaction_(environment) {}
    template <class Visit>
    void scan(Position from, Visit&& visit) const {
      const Environment& environment = transaction_.environment();
      ReadCursor cursor(transaction_, environment.content());
      for (auto entry = cursor.seek(as_text(from)); entry; entry = cursor.next(), ++from) {
        if (to_number(entry->key) != from) damaged(environment.directory(), fmt::format("event {} is missing", from));
        if (entry->value.empty() || entry->value.size() % sizeof(uint64_t) != 0)
          damaged(environment.directory(), fmt::format("event {} is not made of words", from));
        if (!visit(from, std::as_bytes(std::span(entry->value)))) return;
      }
    }

   private:
    ReadTransaction transaction_;
  };
  Snapshot snapshot() const { return Snapshot(*environment_); }

  Position append(Position head, std::span<const Bytes> records) {
    WriteTransaction transaction(*environment_);
    {
      WriteCursor content(transaction, environment_->content()), tree(transaction, environment_->tree());
      for (const Bytes record : records) {
        content.put(as_text(++head), {reinterpret_cast<const char*>(record.data()), record.size()}, MDB_APPEND);
        frontier_.add(leaf_hash(record), [&](const Digest& node) {
          tree.put(as_text(nodes_++), {reinterpret_cast<const char*>(node.data()), node.size()}, MDB_APPEND);
        });
      }
    }
    transaction.put(environment_->meta(), meta_key::frontier, frontier_.encode());
    transaction.commit();
    return head;
  }

 private:
  std::unique_ptr<Environment> environment_;
  LogIdentity identity_;
  Frontier frontier_;
  uint64_t nodes_ = 0;
};

// Tells `progress` of both halves as one.
struct Halves {
  const ConversionProgress& progress;
  Position size = 0;
  void copied(Position done) const {
    if (progress) progress(done, 2 * size);
  }
  void read(Position done) const { copied(size + done); }
};

// Gives each event up to `size` to `visit`, some at a time, together with the snapshot that keeps them.
template <class From, class Visit>
void for_each_portion(const From& from, Position size, Visit&& visit) {
  for (Position done = 0; done < size;) {
    const auto snapshot = from.snapshot();
    std::vector<Bytes> records;
    size_t bytes = 0;
    snapshot.scan(done + 1, [&](Position, Bytes record) {
      records.push_back(record);
      bytes += record.size();
      return records.size() < max_copied_records && bytes < max_copied_bytes;
    });
    if (records.empty()) break;
    visit(done, records);
    done += records.size();
  }
}

template <class From, class To>
void copy(const From& from, To& to, const Halves& halves) {
  for_each_portion(from, halves.size,
                   [&](Position done, std::span<const Bytes> records) { halves.copied(to.append(done, records)); });
}

// The head of the tree over what is on the disk by now.
TreeHead read_again(const EarlierLog& log, const Halves& halves) {
  Frontier frontier;
  for_each_portion(log, halves.size, [&](Position done, std::span<const Bytes> records) {
    for (const Bytes record : records) frontier.add(leaf_hash(record));
    halves.read(done + records.size());
  });
  return frontier.head();
}

TreeHead read_again(const Log& log, const Halves& halves) {
  const TreeCheck check = check_tree(log, 1, [&halves](Position done, Position) { halves.read(done); });
  return check.findings.empty() ? check.head : TreeHead{};
}

void require_same(const fs::path& directory, const TreeHead& made, const TreeHead& read, const TreeHead& expected) {
  if (made != expected) damaged(directory, "its events are not those that the root of its Merkle tree stands for");
  if (read != expected)
    throw Failure(Exit::failure,
                  fmt::format("a copy of the log in {} reads back otherwise than it was written: look at "
                              "the disk. The log is as it was",
                              directory.string()));
}

TreeHead copy_to_current(const fs::path& directory, const fs::path& aside, const ConversionProgress& progress) {
  const EarlierLog from(directory);
  const TreeHead head = from.tree_head();
  Log to = Log::open(aside, Access::write);
  const Halves halves{progress, head.size};
  copy(from, to, halves);
  to.identify(from.identity());
  require_same(directory, to.snapshot().tree_head(), read_again(to, halves), head);
  return head;
}

TreeHead copy_to_earlier(const fs::path& directory, const fs::path& aside, const ConversionProgress& progress) {
  const Log from = Log::open(directory, Access::read);
  const TreeHead head = from.snapshot().tree_head();
  EarlierLog::create(aside, {from.id(), from.forked_from()});
  const Halves halves{progress, head.size};
  TreeHead made;
  {
    EarlierLog to(aside);
    copy(from, to, halves);
    made = to.tree_head();
  }
  require_same(directory, made, read_again(EarlierLog(aside), halves), head);
  return head;
}

// While it lives no process can open the log's files: LMDB asks for the first byte of its lock file.
class LockedOut {
 public:
  // Calls `wait` as often as somebody has it open, until nobody has.
  template <class Wait>
  LockedOut(const fs::path& directory, Wait&& wait) : file_(opened(directory / lock_file)), directory_(directory) {
    for (int times = 0; !take(); ++times) {
      wait(times, holder());
      std::this_thread::sleep_for(between_tries);
    }
  }
  // The table of readers is the old file's. Who waits for the lock finds none, and opens once more to make it.
  void forget_readers() const {
    if (::ftruncate(file_.fd(), 0) != 0)
      throw Failure(Exit::failure,
                    fmt::format("cannot empty {}: {}", (directory_ / lock_file).string(), std::strerror(errno)));
  }

 private:
  static OwnFile opened(const fs::path& path) {
    auto file = OwnFile::open(path, Opening::update, lock_file_mode);
    if (!file) throw Failure(Exit::failure, file.error().sentence);
    return *std::move(file);
  }
  static struct flock first_byte() {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;
    return lock;
  }
  bool take() const {
    struct flock lock = first_byte();
    return ::fcntl(file_.fd(), F_OFD_SETLK, &lock) == 0;
  }
  std::string holder() const {
    struct flock lock = first_byte();
    const bool is_known = ::fcntl(file_.fd(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0;
    return is_known ? fmt::format("process {}", lock.l_pid) : "another process";
  }

  OwnFile file_;
  const fs::path& directory_;
};

void require_nobody(const fs::path& directory) {
  const LockedOut now(directory, [&directory](int times, const std::string& holder) {
    if (times < tries) return;
    throw Failure(Exit::held, fmt::format("{} has the log in {} open: end it, and begin again. The log is as it was",
                                          holder, directory.string()));
  });
}

void throw_if(const std::error_code& error, const fs::path& path) {
  if (error) throw Failure(Exit::failure, fmt::format("{}: {}", path.string(), error.message()));
}

void clear_away(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  throw_if(error, path);
}

// In one step, for whoever looks, and for a power cut. The old file has two names for a moment. What was copied for an
// hour waits for whoever began to read meanwhile.
fs::path put_in_place(const fs::path& directory, const fs::path& aside, const Conversion& done,
                      const ConversionProgress& progress, const OnHeld& on_held) {
  fs::path kept = directory / fmt::format("{}{}{}", kept_begins, done.from, kept_ends);
  clear_away(kept);
  const Halves halves{progress, done.head.size};
  const LockedOut locked(directory, [&](int times, const std::string& holder) {
    if (times == tries && on_held) on_held(holder);
    halves.read(done.head.size);
  });
  std::error_code error;
  fs::create_hard_link(directory / data_file, kept, error);
  throw_if(error, kept);
  sync_path(directory);
  fs::rename(aside / data_file, directory / data_file, error);
  throw_if(error, directory / data_file);
  locked.forget_readers();
  give_to_owner(directory / data_file);
  sync_path(directory);
  return kept;
}

}  // namespace

std::vector<fs::path> kept_logs(const fs::path& log_directory) {
  std::vector<fs::path> kept;
  std::error_code error;
  for (fs::directory_iterator file(log_directory, error), end; !error && file != end; file.increment(error)) {
    const std::string name = file->path().filename().string();
    if (name.starts_with(kept_begins) && name.ends_with(kept_ends)) kept.push_back(file->path());
  }
  return kept;
}

// Of two records that shared a page in format 2 each may need one of its own in format 3, with its nodes behind it.
ConversionRoom room_to_convert(const fs::path& log_directory, uint64_t to) {
  std::error_code error;
  const uint64_t size = fs::file_size(log_directory / data_file, error);
  const uint64_t most = to == log_format ? 2 * size : size + size / 4;
  return {.needed_bytes = error ? 0 : most + almost_no_room_bytes, .free_bytes = free_bytes(log_directory)};
}

uint64_t format_of(const fs::path& log_directory) {
  try {
    Log::open(log_directory, Access::read);
    return log_format;
  } catch (const OtherLogFormat& other) {
    return other.format();
  }
}

Conversion convert_log(const fs::path& log_directory, uint64_t to, const ConversionProgress& progress,
                       const OnHeld& on_held) {
  const FileLock lock(log_directory / writer_lock, log_writer);
  Conversion done{.from = format_of(log_directory), .to = to, .head = {}, .kept = {}};
  for (const uint64_t format : {done.from, to})
    if (format != log_format && format != earlier_log_format)
      throw Failure(Exit::usage,
                    fmt::format("the log's formats are {} and {}, not {}", earlier_log_format, log_format, format));
  if (done.from == to) return done;
  require_nobody(log_directory);  // now rather than when all is copied
  const fs::path aside = log_directory / log_being_converted;
  clear_away(aside);  // before the room is looked at: what was killed has some of it
  const ConversionRoom room = room_to_convert(log_directory, to);
  if (room.free_bytes < room.needed_bytes)
    throw events::StorageFull(
        fmt::format("making over the log in {} into format {} needs {} MiB beside it, and there "
                    "are {} MiB: make room, and begin again. The log is as it was",
                    log_directory.string(), to, room.needed_bytes >> 20, room.free_bytes >> 20));
  try {
    done.head = to == log_format ? copy_to_current(log_directory, aside, progress)
                                 : copy_to_earlier(log_directory, aside, progress);
    done.kept = put_in_place(log_directory, aside, done, progress, on_held);
  } catch (...) {
    std::error_code left;  // why it ended is what is said
    fs::remove_all(aside, left);
    throw;
  }
  clear_away(aside);
  return done;
}

}  // namespace catlog::store
