#include "bin/cli/spool.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t piece_bytes = size_t{64} << 10;

[[noreturn]] void fail_file(const char* doing) {
  throw Failure(Exit::failure, fmt::format("cannot {} a temporary file for output that nobody reads: {}", doing,
                                           std::strerror(errno)));
}

}  // namespace

Spool::Spool(std::ostream& to, SpoolLimits limits) : to_(to), limits_(limits), thread_([this] { hand_on(); }) {}

Spool::~Spool() {
  if (thread_.joinable()) end();
}

void Spool::finish() {
  if (!written_.empty()) keep_written();
  end();
  if (is_failed_) throw Failure(Exit::failure, "cannot write to the standard output");
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
  if (written_.size() >= piece_bytes) keep_written();
  return c;
}

std::streamsize Spool::xsputn(const char* bytes, std::streamsize count) {
  written_.append(bytes, static_cast<size_t>(count));
  if (written_.size() >= piece_bytes) keep_written();
  return count;
}

void Spool::keep_written() {
  std::string text;
  text.swap(written_);
  const std::lock_guard lock(mutex_);
  if (is_failed_) throw Failure(Exit::failure, "cannot write to the standard output");
  if (in_file_ == 0 && memory_bytes_ + text.size() <= limits_.memory_bytes) {
    memory_bytes_ += text.size();
    pieces_.push_back({std::move(text)});
  } else {
    keep_in_file(text);
  }
  changed_.notify_one();
}

void Spool::keep_in_file(const std::string& text) {
  if (in_file_ + text.size() > limits_.file_bytes)
    throw Failure(Exit::refused,
                  fmt::format("the rows are not read as quickly as they come, and more than {} MiB wait: the query was "
                              "ended. Write them into a file, or ask for fewer with LIMIT",
                              (limits_.memory_bytes + limits_.file_bytes) >> 20));
  if (!file_) file_.reset(std::tmpfile());
  if (!file_) fail_file("make");
  if (in_file_ == 0) {
    if (::ftruncate(::fileno(file_.get()), 0) != 0) fail_file("empty");
    file_end_ = 0;
  }
  for (size_t done = 0; done < text.size();) {
    const ssize_t count =
        ::pwrite(::fileno(file_.get()), text.data() + done, text.size() - done, static_cast<off_t>(file_end_ + done));
    if (count < 0 && errno != EINTR) fail_file("write");
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  pieces_.push_back({{}, file_end_, text.size()});
  file_end_ += text.size();
  in_file_ += text.size();
}

std::string Spool::take(const Piece& piece) const {
  if (piece.bytes == 0) return piece.text;
  std::string text;
  text.resize(piece.bytes);
  for (size_t done = 0; done < text.size();) {
    const ssize_t count =
        ::pread(::fileno(file_.get()), text.data() + done, text.size() - done, static_cast<off_t>(piece.offset + done));
    if (count <= 0 && errno != EINTR) return {};
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  return text;
}

void Spool::hand_on() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return is_ended_ || !pieces_.empty(); });
    if (pieces_.empty()) break;
    const Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    const std::string text = take(piece);
    lock.unlock();
    const bool is_handed_on = !text.empty() && to_.write(text.data(), static_cast<std::streamsize>(text.size()));
    lock.lock();
    memory_bytes_ -= piece.bytes == 0 ? piece.text.size() : 0;
    in_file_ -= piece.bytes;
    is_failed_ |= !is_handed_on;
    if (is_failed_) break;
  }
  lock.unlock();
  if (!to_.flush()) is_failed_ = true;
}

}  // namespace catlog::cli
