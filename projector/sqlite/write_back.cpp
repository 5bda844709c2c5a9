#include "projector/sqlite/write_back.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "projector/sqlite/unsynced.h"

namespace catlog::projector {

namespace {

// A file system that has no such thing says so by these.
bool is_not_to_be_had(int error) { return error == ENOSYS || error == EINVAL || error == ESPIPE; }

// Has the system begin to write to the disk what the WAL has, and waits for none of it. Nothing is durable by that: a
// checkpoint syncs the WAL first, and is told of pages that could not be written. What cannot even begin to be written
// ext4 may tell nobody but who asks here, and give up the pages. SQLite holds no lock on a WAL's file, which closing it
// here would end.
void hand_on_wal(const std::filesystem::path& file) {
  const int wal = ::open((file.string() + "-wal").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (wal < 0) return;
  int result = 0;
  do {
    result = ::sync_file_range(wal, 0, 0, SYNC_FILE_RANGE_WRITE);
  } while (result != 0 && errno == EINTR);
  const int error = errno;
  ::close(wal);
  if (result != 0 && !is_not_to_be_had(error))
    fail_sync(file, fmt::format("{}: disk I/O error ({}, handing on the WAL)", file.string(), std::strerror(error)));
}

}  // namespace

WriteBackOptions write_back_within(uint64_t wal_limit_bytes) {
  WriteBackOptions with;
  with.from =
      static_cast<int>(std::min<uint64_t>(static_cast<uint64_t>(with.from), wal_limit_bytes / 4 / wal_page_bytes));
  with.again_after = std::min(with.again_after, with.from / 8);
  with.handed_at_once = std::min(with.handed_at_once, with.from / 8);
  with.most_by_writer = std::min(with.most_by_writer, with.from / 8);
  return with;
}

WriteBack::~WriteBack() {
  try {
    take_pass();
  } catch (const std::exception&) {
  }
}

void WriteBack::committed() {
  if (is_under_way()) return;
  take_pass();
  const int pages = writer_.wal_pages();
  if (pages < options_.from) {  // it has begun anew, or for the first time
    written_back_ = 0;
    handed_on_ = std::min(handed_on_, pages);
    begin_with(options_.from);
  }
  if (pages < next_) {
    if (pages - handed_on_ >= options_.handed_at_once && !begin(Does::hand_on))
      handed_on_ = pages;  // the next time, then
    return;
  }
  const int left = pages - written_back_;
  if (left > options_.most_by_writer && left < left_before_ / 2) {
    left_before_ = left;
    if (begin(Does::pass)) return;
  }
  is_rest_due_ = true;
}

void WriteBack::write_rest() {
  if (!std::exchange(is_rest_due_, false)) return;
  const int pages = writer_.wal_pages();
  if (writer_.checkpoint_wal(WalCheckpoint::passive).all)
    writer_.checkpoint_wal(WalCheckpoint::restart, wait_for_statements_ms);
  written_back_ = handed_on_ = 0;  // of the new one; where a reader kept the old one, the next pass finds that
  begin_with(pages + options_.again_after);
}

bool WriteBack::is_under_way() const {
  return pass_.valid() && pass_.wait_for(std::chrono::seconds(0)) == std::future_status::timeout;
}

void WriteBack::begin_with(int pages) {
  next_ = pages;
  left_before_ = all_pages;
}

bool WriteBack::give_back(int wait_ms) {
  take_pass();
  is_rest_due_ = false;
  return !is_unsynced(writer_.file()) && writer_.checkpoint_wal(WalCheckpoint::truncate, wait_ms).all;
}

void WriteBack::finish() {
  take_pass();
  beside_.reset();
}

bool WriteBack::begin(Does what) {
  does_ = what;
  pages_of_pass_ = writer_.wal_pages();
  const bool at_once = options_.runs == WriteBackOptions::Runs::at_once;
  try {
    pass_ = std::async(at_once ? std::launch::deferred : std::launch::async, [this, what, at_once] {
      if (!at_once) ::pthread_setname_np(::pthread_self(), "write-back");
      return work(what);
    });
  } catch (const std::system_error&) {
    return false;
  }
  if (at_once) take_pass();
  return true;
}

void WriteBack::take_pass() {
  if (!pass_.valid()) return;
  try {
    written_back_ = std::max(written_back_, pass_.get());
    handed_on_ = pages_of_pass_;
  } catch (const events::StorageFull&) {
    // It could not even begin. The next commit says so, if it still is.
  } catch (...) {
    beside_.reset();
    throw;
  }
  if (does_ == Does::pass && written_back_ < pages_of_pass_) begin_with(pages_of_pass_ + options_.again_after);
}

int WriteBack::work(Does what) {
  if (what == Does::hand_on) {
    hand_on_wal(writer_.file());
    return 0;
  }
  if (!beside_) {
    Database opened(writer_.file(), Open::write);
    opened.leave_wal_files();
    opened.run("PRAGMA synchronous = NORMAL; SELECT count(*) FROM sqlite_schema");
    beside_ = std::move(opened);
  }
  const WrittenBack written = beside_->checkpoint_wal(WalCheckpoint::passive);
  // So that the writer, which has SQLite do so when nothing is left, does not wait for all of it.
  if (written.pages > 0) beside_->sync_file();
  return written.pages;
}

}  // namespace catlog::projector
