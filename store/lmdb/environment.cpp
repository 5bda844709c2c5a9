#include "store/lmdb/environment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <thread>

#include "events/error.h"
#include "events/rights.h"
#include "events/text/printable.h"
#include "store/files/disk_space.h"
#include "store/files/own_file.h"

namespace catlog::store {

namespace fs = std::filesystem;
using events::Exit;
using events::Failure;

namespace {

bool means_damage(int code) {
  switch (code) {
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:  // a tree that is too deep, or leads back to itself
    case MDB_BAD_VALSIZE:
    case MDB_INCOMPATIBLE:
    case MDB_NOTFOUND:
      return true;
    default:
      return false;
  }
}

std::string sentence(const Layout& layout, const fs::path& directory, int code) {
  return fmt::format("the {} in {}: {}", layout.name, directory.string(), mdb_strerror(code));
}

// Of LMDB's own checks: a page is not what it must be. No exception can pass through LMDB.
void end_by_assertion(MDB_env* env, const char* what) {
  const Layout* layout = static_cast<const Layout*>(mdb_env_get_userctx(env));
  const char* directory = nullptr;
  if (!layout || mdb_env_get_path(env, &directory) != MDB_SUCCESS) {
    std::fprintf(stderr, "catlog: LMDB finds a damaged page in a new file (%s)\n", what);
  } else {
    std::fprintf(stderr, "catlog: LMDB finds a damaged page of the %s in %s (%s); %s\n", layout->name,
                 events::printable(directory).c_str(), what, layout->if_damaged);
  }
  ::_exit(static_cast<int>(Exit::damaged));
}

// The files of a log that is made over are replaced in an instant (log_format.h).
constexpr int tries_to_open = 100;

constexpr const char* must_register =
    "to read beside a program that may write, lock.mdb must be writable by you; catlogd --audit-group sees to that";

// Whether a process has the environment open: LMDB holds a lock on its lock file for as long.
bool is_in_use(const fs::path& lock) {
  struct flock any {};
  any.l_type = F_WRLCK;
  any.l_whence = SEEK_SET;
  const auto file = OwnFile::open(lock, Opening::read);
  if (!file) return file.error().error != ENOENT;
  return ::fcntl(file->fd(), F_GETLK, &any) != 0 || any.l_type != F_UNLCK;
}

}  // namespace

bool Environment::exists(const fs::path& directory) {
  std::error_code error;
  const auto found = fs::status(directory / data_file, error);
  if (found.type() != fs::file_type::none) return fs::exists(found);
  // "Cannot be told" must not be taken for "not there": a new one would be made in its place.
  throw Failure(Exit::failure, fmt::format("cannot look at {}: {}{}", (directory / data_file).string(), error.message(),
                                           events::hint_at(error.value())));
}

Environment::Environment(const fs::path& directory, const Layout& layout) : directory_(directory), layout_(layout) {}

Environment::~Environment() {
  for (MDB_txn* reader : idle_) mdb_txn_abort(reader);
  if (env_) mdb_env_close(env_);
}

std::expected<std::unique_ptr<Environment>, std::string> Environment::open(const fs::path& directory, Access access,
                                                                           const Layout& layout) {
  for (int left = tries_to_open; left > 0; --left) {
    auto opened = try_to_open(directory, access, layout);
    if (!opened || *opened) return opened;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::unexpected(sentence(layout, directory, MDB_INVALID));
}

std::expected<std::unique_ptr<Environment>, std::string> Environment::try_to_open(const fs::path& directory,
                                                                                  Access access, const Layout& layout) {
  if (!exists(directory))
    throw Failure(Exit::usage, fmt::format("there is no {} in {}", layout.name, directory.string()));
  for (const char* file : {data_file, lock_file}) static_cast<void>(has_own_file(directory / file));
  std::error_code error;
  if (fs::file_size(directory / data_file, error) == 0 && !error)  // LMDB would take it for a new one
    return std::unexpected(fmt::format("the {} in {} is an empty file", layout.name, directory.string()));
  if (::access((directory / data_file).c_str(), R_OK) == 0)  // else LMDB says what is in the way
    if (const auto fault = first_fault(directory / data_file, access))
      return std::unexpected(fmt::format("the {} in {}: {}", layout.name, directory.string(), *fault));
  std::unique_ptr<Environment> self(new Environment(directory, layout));
  const unsigned flags = MDB_NOTLS | (access == Access::read ? MDB_RDONLY : 0);
  int code = self->open_files(flags);
  // Without a lock file a writer could reuse the pages that we read. Where we may write nothing at all, that is the
  // only way to read, and such a place (a read-only copy) has no writer.
  if (code == EACCES && access == Access::read && ::access(directory.c_str(), W_OK) != 0) {
    if (is_in_use(directory / lock_file))
      throw Failure(Exit::failure, fmt::format("{}: {}", sentence(layout, directory, code), must_register));
    code = self->open_files(flags | MDB_NOLOCK);
  }
  // The pages were well: it is the lock file, which is empty until the first who has it alone fills it.
  if (code == MDB_INVALID) return nullptr;
  if (means_damage(code)) return std::unexpected(sentence(layout, directory, code));
  if (code != MDB_SUCCESS) throw Failure(Exit::failure, sentence(layout, directory, code));
  if (code = self->watch_files(); code != MDB_SUCCESS) throw Failure(Exit::failure, sentence(layout, directory, code));
  // To read, LMDB opens the data before it asks for the lock, behind which they may have been replaced.
  if (self->files_.front().misplaced()) return nullptr;
  if (access == Access::write) self->note_last_commit();
  if (auto damage = self->open_databases()) return std::unexpected(*damage);
  self->clear_stale_readers();
  return self;
}

int Environment::open_files(unsigned flags) {
  for (size_t map_size_bytes = layout_.map_size_bytes;; map_size_bytes /= 2) {
    const int code = open_files(flags, map_size_bytes);
    // EINVAL is what valgrind says of so large a map.
    if ((code != ENOMEM && code != EINVAL) || map_size_bytes / 2 < least_map_bytes) return code;
  }
}

int Environment::open_files(unsigned flags, size_t map_size_bytes) {
  if (env_) mdb_env_close(env_);
  env_ = nullptr;
  if (const int code = mdb_env_create(&env_)) return code;
  if (const int code = prepare(env_, directory_)) return code;
  if (const int code = mdb_env_set_mapsize(env_, map_size_bytes)) return code;
  if (const int code = mdb_env_set_userctx(env_, &layout_)) return code;  // for end_by_assertion
  return mdb_env_open(env_, directory_.c_str(), flags, file_mode);
}

// LMDB writes its lock file through a map, where a full disk is a SIGBUS: so its space is taken first.
int Environment::prepare(MDB_env* env, const fs::path& directory) {
  if (const int code = mdb_env_set_maxreaders(env, max_readers)) return code;
  if (const int code = mdb_env_set_maxdbs(env, max_databases)) return code;
  if (const int code = mdb_env_set_assert(env, end_by_assertion)) return code;
  const auto file = OwnFile::open(directory / lock_file, Opening::update, lock_file_mode);
  if (!file && file.error().error == EMLINK) return EMLINK;
  if (!file) return MDB_SUCCESS;  // where we may not write LMDB will say so, or does without
  struct stat found {};
  int code = ::fstat(file->fd(), &found) == 0 ? 0 : errno;
  // A file that is in use keeps its length: LMDB takes the number of readers from it.
  if (code == 0 && ::fallocate(file->fd(), found.st_size == 0 ? 0 : FALLOC_FL_KEEP_SIZE, 0, lock_file_bytes) != 0)
    code = errno == ENOSPC || errno == EDQUOT ? errno : 0;  // not every file system can take space beforehand
  return code;
}

std::expected<FileSeen, int> Environment::see_data() const {
  int fd = -1;
  if (const int code = mdb_env_get_fd(env_, &fd)) return std::unexpected(code);
  return see_file(fd);
}

// Before anything is read of them: the file that LMDB has, whatever is found under its name by now, and how long it was
// then.
int Environment::watch_files() {
  const auto found = see_data();
  if (!found) return found.error();
  files_.emplace_back(directory_ / data_file, *found);
  files_.emplace_back(directory_ / lock_file);
  largest_bytes_ = found->bytes;
  return MDB_SUCCESS;
}

// A writer that was killed between writing a commit and telling the readers of it leaves them at the commit before, as
// long as another process holds the lock file. Whoever takes the write lock next tells them; that should not be the
// first append, which would not know where the log ends (decision 33).
void Environment::note_last_commit() {
  MDB_txn* txn = nullptr;
  if (mdb_txn_begin(env_, nullptr, 0, &txn) == MDB_SUCCESS) mdb_txn_abort(txn);  // else a write will say why not
}

// LMDB trusts its pages, and would end the process, or destroy the file, over one that lies. So they are looked at
// before it does. A writer at work keeps the pages of a commit until the second one after it: what was read later than
// that says nothing.
std::optional<std::string> Environment::first_fault(const fs::path& file, Access access) {
  PageFile pages(file);
  for (;;) {
    const auto meta = pages.last_commit();
    if (!meta) return meta.error();
    const bool is_large = pages.pages() > max_looked_through_bytes / pages.page_bytes();
    const Extent extent = access == Access::read ? Extent::reading : is_large ? Extent::writing : Extent::whole;
    const PageCheck found = store::check_pages(pages, *meta, extent, 1);
    if (found.findings.empty()) return {};
    const auto now = pages.last_commit();
    if (now && now->transaction <= meta->transaction + 1) return found.findings.front();
  }
}

PageCheck Environment::check_pages(size_t most, const PageProgress& progress) {
  PageFile pages(directory_ / data_file);
  for (;;) {
    const ReadTransaction held(*this);
    if (const auto what = misplaced()) throw Failure(Exit::failure, *what + " while its pages were looked at");
    // One that began while two commits were made finds its meta page overwritten.
    if (const auto meta = pages.commit(held.commit()))
      return store::check_pages(pages, *meta, Extent::whole, most, progress);
    if (const auto meta = pages.last_commit(); !meta) return {.findings = {meta.error()}};
  }
}

int Environment::open_database(MDB_txn* txn, const Database& database, MDB_dbi& handle) {
  if (const int code = mdb_dbi_open(txn, database.name, database.flags, &handle)) return code;
  unsigned flags = 0;
  if (const int code = mdb_dbi_flags(txn, handle, &flags)) return code;
  return flags == database.flags ? MDB_SUCCESS : MDB_INCOMPATIBLE;
}

std::optional<std::string> Environment::open_databases() {
  MDB_txn* txn = nullptr;
  if (const int code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn)) read_failed(code);
  int code = open_database(txn, {meta_database, 0}, meta_);
  if (code == MDB_SUCCESS) code = open_database(txn, layout_.content, content_);
  // A log of another format may lack it: that is for check_meta to say.
  if (code == MDB_SUCCESS && layout_.tree.name) {
    code = open_database(txn, layout_.tree, tree_);
    if (code == MDB_NOTFOUND) code = MDB_SUCCESS;
  }
  if (code != MDB_SUCCESS) {
    mdb_txn_abort(txn);
    if (means_damage(code)) return sentence(layout_, directory_, code);
    read_failed(code);
  }
  code = mdb_txn_commit(txn);  // an abort would close the handles
  if (code != MDB_SUCCESS) read_failed(code);
  return std::nullopt;
}

int Environment::clear_stale_readers() {
  int dead = 0;
  if (const int code = mdb_reader_check(env_, &dead)) read_failed(code);
  return dead;
}

std::vector<std::pair<uint64_t, uint64_t>> Environment::open_readers() const {
  // LMDB tells it as lines of text only: "pid thread txnid", the last one "-" for a slot without a transaction.
  std::string lines;
  auto collect = [](const char* line, void* into) {
    *static_cast<std::string*>(into) += line;
    return 0;
  };
  if (const int code = mdb_reader_list(env_, collect, &lines); code < 0) read_failed(code);
  MDB_envinfo info;
  if (const int code = mdb_env_info(env_, &info)) read_failed(code);
  std::vector<std::pair<uint64_t, uint64_t>> readers;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    uint64_t process_id = 0, transaction = 0;
    std::string thread;
    if (fields >> process_id >> thread >> transaction)
      readers.emplace_back(process_id, info.me_last_txnid - std::min<uint64_t>(transaction, info.me_last_txnid));
  }
  return readers;
}

PageUse Environment::page_use() {
  constexpr MDB_dbi free_pages = 0;  // LMDB's own database: lists of page numbers, each behind how many there are
  MDB_envinfo info;
  if (const int code = mdb_env_info(env_, &info)) read_failed(code);
  PageUse use{info.me_last_pgno + 1, 0};
  const ReadTransaction transaction(*this);
  ReadCursor lists(transaction, free_pages);
  for (auto list = lists.seek({}); list; list = lists.next()) {
    size_t count = 0;
    if (list->value.size() >= sizeof count) std::memcpy(&count, list->value.data(), sizeof count);
    use.free += std::min(count, list->value.size() / sizeof count);
  }
  return use;
}

uint64_t Environment::size_bytes() const {
  std::error_code error;
  const uint64_t size = fs::file_size(directory_ / data_file, error);
  return error ? 0 : size;
}

std::optional<std::string> Environment::misplaced() const {
  for (const WatchedFile& file : files_)
    if (auto what = file.misplaced()) return what;
  return cut_short();
}

std::optional<std::string> Environment::cut_short() const {
  uint64_t largest = largest_bytes_;  // before the size: what another thread sees of a commit in between is no cut
  const auto found = see_data();
  if (!found) return {};
  const uint64_t bytes = found->bytes;
  if (bytes < largest)
    return fmt::format("{} was cut short, from {} to {} bytes", (directory_ / data_file).string(), largest, bytes);
  while (bytes > largest && !largest_bytes_.compare_exchange_weak(largest, bytes)) {
  }
  return {};
}

// LMDB looks up the number of the last commit, and then that commit's meta page, which the second commit after it
// overwrites. A thread that sleeps in between would see that later commit, and an earlier one the next time.
bool Environment::was_overtaken(const MDB_txn* reader) const {
  MDB_envinfo info;
  if (const int code = mdb_env_info(env_, &info)) read_failed(code);
  return info.me_last_txnid > mdb_txn_id(const_cast<MDB_txn*>(reader)) + 1;
}

MDB_txn* Environment::take_reader() {
  MDB_txn* reader = begin_reader();
  while (was_overtaken(reader)) {
    mdb_txn_reset(reader);
    if (const int code = mdb_txn_renew(reader)) {
      mdb_txn_abort(reader);
      read_failed(code);
    }
  }
  return reader;
}

MDB_txn* Environment::begin_reader() {
  MDB_txn* reader = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      reader = idle_.back();
      idle_.pop_back();
    }
  }
  if (reader) {
    const int code = mdb_txn_renew(reader);
    if (code == MDB_SUCCESS) return reader;
    mdb_txn_abort(reader);
    read_failed(code);
  }
  int code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader);
  if (code == MDB_READERS_FULL && clear_stale_readers() > 0) code = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &reader);
  if (code != MDB_SUCCESS) read_failed(code);
  return reader;
}

void Environment::give_back(MDB_txn* reader) noexcept {
  mdb_txn_reset(reader);
  std::lock_guard lock(mutex_);
  if (idle_.size() < max_idle_readers)
    idle_.push_back(reader);
  else
    mdb_txn_abort(reader);
}

void Environment::read_failed(int code) const {
  if (!means_damage(code)) throw Failure(Exit::failure, sentence(layout_, directory_, code));
  throw Failure(Exit::damaged, fmt::format("{}; {}", sentence(layout_, directory_, code), layout_.if_damaged));
}

bool Environment::is_full(int code, const fs::path& directory) {
  if (code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT) return true;
  // LMDB reports a short write, which is how a disk fills up, as EIO.
  return code == EIO && is_almost_full(directory);
}

// LMDB undoes a failed write of data or its sync by itself: those pages belong to nobody yet. After a failed write of
// its meta page it begins no transaction any more.
bool Environment::survives() {
  MDB_txn* txn = nullptr;
  if (mdb_txn_begin(env_, nullptr, 0, &txn) != MDB_SUCCESS) return false;
  mdb_txn_abort(txn);
  return true;
}

void Environment::write_failed(int code) {
  if (is_full(code, directory_) && survives())
    throw events::StorageFull(sentence(layout_, directory_, code == EIO ? ENOSPC : code));
  broken_ = true;
  read_failed(code);
}

}  // namespace catlog::store
