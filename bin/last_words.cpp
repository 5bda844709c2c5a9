#include "bin/last_words.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "events/error.h"
#include "events/text/printable.h"

namespace catlog {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

const char* name = "";

void say(std::string_view text) { static_cast<void>(!::write(STDERR_FILENO, text.data(), text.size())); }

// A name that somebody else gave: printable() makes a string, which this may not.
void say_printable(std::string_view text) {
  size_t plain = 0;
  while (plain < text.size()) {
    const size_t bytes = events::control_at(text.substr(plain)).bytes;
    if (bytes == 0) {
      ++plain;
      continue;
    }
    say(text.substr(0, plain));
    say(" ");
    text.remove_prefix(plain + bytes);
    plain = 0;
  }
  say(text);
}

// In a signal handler nothing may be allocated: these are the system calls and what works in place.

uint64_t take_hex(std::string_view& line) {
  uint64_t value = 0;
  while (!line.empty()) {
    const char c = line.front();
    if (c >= '0' && c <= '9')
      value = value << 4 | static_cast<uint64_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value << 4 | static_cast<uint64_t>(c - 'a' + 10);
    else
      break;
    line.remove_prefix(1);
  }
  return value;
}

// The file of a line of /proc/self/maps ("from-to rights offset device inode   /path") when `address` is in it.
std::string_view file_if_at(std::string_view line, uint64_t address) {
  const uint64_t from = take_hex(line);
  if (line.empty()) return {};
  line.remove_prefix(1);
  const uint64_t to = take_hex(line);
  const size_t path = line.find('/');
  return address >= from && address < to && path != std::string_view::npos ? line.substr(path) : std::string_view();
}

// Of the file that is mapped at `address`; empty when none is.
std::string_view file_at(uint64_t address, std::span<char> buffer) {
  const int fd = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  size_t filled = 0;
  std::string_view found;
  while (found.empty()) {
    const ssize_t got = ::read(fd, buffer.data() + filled, buffer.size() - filled);
    if (got <= 0) break;
    filled += static_cast<size_t>(got);
    std::string_view text(buffer.data(), filled);
    for (size_t end; found.empty() && (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
      found = file_if_at(text.substr(0, end), address);
    if (!found.empty()) break;
    std::memmove(buffer.data(), text.data(), text.size());
    filled = text.size() == buffer.size() ? 0 : text.size();
  }
  ::close(fd);
  return found;
}

// Linux marks the name of a file that has been removed.
std::string_view without_mark(std::string_view file) {
  constexpr std::string_view removed = " (deleted)";
  if (file.ends_with(removed)) file.remove_suffix(removed.size());
  return file;
}

void last_words(int signal, siginfo_t* info, void*) {
  static std::array<char, 16'384> buffer;
  const std::string_view file = file_at(reinterpret_cast<uintptr_t>(info->si_addr), buffer);
  say(name);
  say(signal == SIGBUS ? ": ended by signal 7 (bus error)" : ": ended by signal 11 (segmentation fault)");
  if (!file.empty()) {
    say(" in reading ");
    say_printable(file);
  }
  if (without_mark(file).ends_with("/state/data.mdb"))
    say(": the decision state is damaged or cut, which is no damage of the log: stop catlogd, delete the folder state/ "
        "and start; it is built again from the log\n");
  else
    say(", as a damaged or cut file of log/ or state/ does it; see \"Damage\" in ops/RUNBOOK.md, and run `catlog "
        "verify`: if that finds nothing, this is a bug\n");
  ::_exit(static_cast<int>(events::Exit::damaged));
}

}  // namespace

void tell_last_words(const char* program) {
  std::signal(SIGXFSZ, SIG_IGN);
  if (is_sanitized) return;
  name = program;
  struct sigaction act {};
  act.sa_sigaction = last_words;
  act.sa_flags = SA_SIGINFO;
  for (const int signal : {SIGSEGV, SIGBUS}) ::sigaction(signal, &act, nullptr);
}

void end_by_signals() {
  for (const int signal : {SIGSEGV, SIGBUS}) std::signal(signal, SIG_DFL);
}

}  // namespace catlog
