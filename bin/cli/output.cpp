#include "bin/cli/output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <streambuf>
#include <utility>

#include "bin/cli/interruption.h"
#include "events/error.h"
#include "events/text/printable.h"

namespace catlog::cli {
namespace {

// Shows what is written to it, line by line.
class PrintableLines : public std::streambuf {
 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return 0;
    line_ += traits_type::to_char_type(c);
    if (line_.back() == '\n') sync();
    return std::cout ? c : traits_type::eof();
  }
  int sync() override {
    show_lines(std::exchange(line_, {}));
    return std::cout.flush() ? 0 : -1;
  }

 private:
  std::string line_;
};

}  // namespace

// Also from destructors, and when a failure is told: where stderr cannot be written there is nobody to hear it.
void tell_lines(std::string_view lines) {
  const std::string text = events::printable_lines(lines);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

void show_lines(std::string_view lines) { std::cout << events::printable_lines(lines); }

void show_json(std::string_view documents) { std::cout << events::printable_json(documents); }

bool show_json_now(std::string_view documents) {
  const std::string text = events::printable_json(documents);
  for (std::string_view rest = text; !rest.empty();) {
    Interruption::wait_for_output(STDOUT_FILENO);
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), std::min<size_t>(rest.size(), PIPE_BUF));
    if (count < 0 && errno == EPIPE) return false;
    if (count < 0 && errno != EINTR)
      throw events::Failure(events::Exit::failure,
                            fmt::format("cannot write to the standard output: {}", std::strerror(errno)));
    rest.remove_prefix(count > 0 ? static_cast<size_t>(count) : 0);
  }
  return true;
}

void outlive_readers() { std::signal(SIGPIPE, SIG_IGN); }

void end_process(const char* sentence, events::Exit code) noexcept {
  ::alarm(1);  // should nobody read stderr
  static_cast<void>(!::write(STDERR_FILENO, sentence, std::strlen(sentence)));
  ::_exit(static_cast<int>(code));
}

std::optional<size_t> terminal_width() {
  constexpr size_t usual = 80;
  winsize size{};
  if (!::isatty(STDOUT_FILENO)) return {};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

std::ostream& data_out() {
  static PrintableLines lines;
  static std::ostream on_terminal(&lines);
  return ::isatty(STDOUT_FILENO) ? on_terminal : std::cout;
}

}  // namespace catlog::cli
