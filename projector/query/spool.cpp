#include "projector/query/spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::projector {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t piece_bytes = size_t{64} << 10;
constexpr std::chrono::milliseconds longest_unkept{100};

[[noreturn]] void fail_file(const char* doing) {
  throw Failure(Exit::failure, fmt::format("cannot {} a temporary file for output that nobody takes: {}", doing,
                                           std::strerror(errno)));
}

int temporary_file() {
  std::string name = std::filesystem::temp_directory_path() / "catlog-spool-XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) fail_file("make");
  ::unlink(name.c_str());
  return file;
}

}  // namespace

Spool::Spool(std::ostream& to, SpoolLimits limits) : to_(to), limits_(limits), thread_([this] { hand_on_all(); }) {}

Spool::~Spool() {
  if (thread_.joinable()) try {
      keep_written();
    } catch (const std::exception&) {  // whoever cannot go on has said why
    }
  if (thread_.joinable()) end();
  if (file_ >= 0) ::close(file_);
}

void Spool::finish() {
  keep_written();
  end();
  if (failure_) std::rethrow_exception(failure_);
}

void Spool::end() {
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Spool::int_type Spool::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return 0;
  written_ += traits_type::to_char_type(c);
  keep_if_due();
  return c;
}

std::streamsize Spool::xsputn(const char* bytes, std::streamsize count) {
  written_.append(bytes, static_cast<size_t>(count));
  keep_if_due();
  return count;
}

void Spool::keep_if_due() {
  if (written_.size() >= piece_bytes || Clock::now() - kept_at_ > longest_unkept) keep_written();
}

void Spool::keep_written() {
  std::string text;
  text.swap(written_);
  kept_at_ = Clock::now();
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(rest.size(), piece_bytes)))
    keep(rest.substr(0, piece_bytes));
  changed_.notify_one();
}

void Spool::keep(std::string_view text) {
  // Once some of it is in the file, all is, for its order.
  if (in_file_ > 0 || memory_bytes_ + text.size() > limits_.memory_bytes) return keep_in_file(text);
  memory_bytes_ += text.size();
  pieces_.push_back({std::string(text)});
}

void Spool::keep_in_file(std::string_view text) {
  if (in_file_ + text.size() > limits_.file_bytes)
    throw Failure(
        Exit::refused,
        fmt::format("the rows are not taken as quickly as they come, and more than {} MiB wait: the query was "
                    "ended. Write them into a file, or ask for fewer with LIMIT",
                    (limits_.memory_bytes + limits_.file_bytes) >> 20));
  if (file_ < 0) file_ = temporary_file();
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = ::pwrite(file_, text.data() + done, text.size() - done, static_cast<off_t>(file_end_ + done));
    if (count < 0 && errno != EINTR) fail_file("write");
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  pieces_.push_back({{}, file_end_, text.size()});
  file_end_ += text.size();
  in_file_ += text.size();
}

std::string Spool::take(Piece piece) const {
  if (piece.bytes == 0) return std::move(piece.text);
  std::string text;
  text.resize(piece.bytes);
  for (size_t done = 0; done < text.size();) {
    const ssize_t count =
        ::pread(file_, text.data() + done, text.size() - done, static_cast<off_t>(piece.offset + done));
    if (count == 0) errno = EIO;
    if (count <= 0 && errno != EINTR) fail_file("read");
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  // The file is only as long as what waits; where that cannot be done it grows.
  static_cast<void>(::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(piece.offset),
                                static_cast<off_t>(piece.bytes)));
  return text;
}

void Spool::hand_on_all() {
  try {
    hand_on();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
}

void Spool::hand_on() {
  const auto fail = [] { throw Failure(Exit::failure, "cannot write to the standard output"); };
  std::unique_lock lock(mutex_);
  for (;;) {
    if (pieces_.empty() && !is_ended_) {
      lock.unlock();
      if (!to_.flush()) fail();  // nothing waits: it is time to be seen
      lock.lock();
      changed_.wait(lock, [&] { return is_ended_ || !pieces_.empty(); });
    }
    if (pieces_.empty()) break;
    Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    const size_t in_memory = piece.text.size();
    const uint64_t in_file = piece.bytes;
    lock.unlock();
    const std::string text = take(std::move(piece));
    if (!to_.write(text.data(), static_cast<std::streamsize>(text.size()))) fail();
    lock.lock();
    memory_bytes_ -= in_memory;
    in_file_ -= in_file;
  }
  lock.unlock();
  if (!to_.flush()) fail();
}

}  // namespace catlog::projector
