#include "bin/cli/lines.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "bin/cli/interruption.h"
#include "events/error.h"
#include "events/text/text_form.h"

namespace catlog::cli {

using events::Exit;
using events::Failure;

namespace {

constexpr size_t read_bytes = size_t{1} << 16;
constexpr size_t form_bytes = 4;  // the longest mark of a form

}  // namespace

LineReader::LineReader(const std::string& file) : file_(file == "-" ? "the standard input" : file) {
  fd_ = file == "-" ? STDIN_FILENO : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw Failure(Exit::usage, fmt::format("cannot open {}: {}", file, std::strerror(errno)));
  struct stat about {};
  if (::fstat(fd_, &about) != 0) return;
  if (S_ISREG(about.st_mode)) size_bytes_ = static_cast<uint64_t>(about.st_size);
  if (!S_ISDIR(about.st_mode)) return;
  if (file != "-") ::close(fd_);  // no destructor does it
  throw Failure(Exit::usage, fmt::format("{} is a folder: name a file with one command per line", file_));
}

LineReader::~LineReader() {
  if (fd_ != STDIN_FILENO) ::close(fd_);
}

std::optional<std::string_view> LineReader::next() {
  line_.clear();
  for (;;) {
    if (at_ == buffer_.size() && !fill()) {
      if (line_.empty()) return {};
      ++number_;
      return line_;
    }
    const std::string_view rest = std::string_view(buffer_).substr(at_);
    const size_t end = rest.find('\n');
    keep(rest.substr(0, end));
    at_ += end == std::string_view::npos ? rest.size() : end + 1;
    if (end == std::string_view::npos) continue;
    ++number_;
    return line_;
  }
}

bool LineReader::would_wait() const {
  if (ended_ || buffer_.find('\n', at_) != std::string::npos) return false;
  pollfd wanted{.fd = fd_, .events = POLLIN, .revents = 0};
  int ready = 0;
  while ((ready = ::poll(&wanted, 1, 0)) < 0 && errno == EINTR) {
  }
  return ready == 0;
}

bool LineReader::fill() {
  const bool is_first = bytes_read_ == 0;
  buffer_.clear();
  at_ = 0;
  read_more();
  while (is_first && !ended_ && !can_tell_form()) read_more();
  if (is_first) look_at_form();
  return !buffer_.empty();
}

void LineReader::read_more() {
  if (ended_) return;
  const size_t before = buffer_.size();
  buffer_.resize(before + read_bytes);
  ssize_t count = 0;
  Interruption::wait_for_input(fd_);
  while ((count = ::read(fd_, buffer_.data() + before, read_bytes)) < 0 && errno == EINTR)
    Interruption::wait_for_input(fd_);
  if (count < 0) throw Failure(Exit::failure, fmt::format("cannot read {}: {}", file_, std::strerror(errno)));
  buffer_.resize(before + static_cast<size_t>(count));
  bytes_read_ += static_cast<uint64_t>(count);
  ended_ = count == 0;
}

// A pipe may bring the first bytes one by one.
bool LineReader::can_tell_form() const {
  return buffer_.size() >= form_bytes || buffer_.find('\n') != std::string::npos;
}

// Of the first bytes: who wrote them in another form should hear that, and not of faults in their lines.
void LineReader::look_at_form() {
  const events::TextForm form = events::form_of(buffer_);
  if (form == events::TextForm::marked_utf8) {
    at_ = events::utf8_mark.size();
  } else if (form != events::TextForm::plain) {
    throw Failure(Exit::usage, fmt::format("{} is {}", file_, events::advice(form)));
  }
}

void LineReader::keep(std::string_view part) {
  line_.append(part.substr(0, max_line_bytes - std::min(max_line_bytes, line_.size())));
}

}  // namespace catlog::cli
