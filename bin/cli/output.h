#pragma once
#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/printable.h"

namespace catlog::cli {

// A text, without what drives a terminal and without line ends; anything else as it is.
template <class T>
decltype(auto) as_value(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>)
    return events::printable(value);
  else
    return (value);
}

// What the subcommands print. Names, titles, reasons and file names come from outside: only these functions write to
// the terminal's two streams (ops/check), so that none of them drives it (events/text/printable.h), and none makes a
// line of its own that looks like one of ours.

// The format's own line ends stay, those in a text among the arguments do not.
template <class... Args>
std::string to_lines(fmt::format_string<Args...> format, Args&&... args) {
  return fmt::vformat(fmt::string_view(format), fmt::make_format_args(as_value(args)...));
}

// To stderr: lines for people. What cannot be written is lost, and never a failure.
void tell_lines(std::string_view lines);
template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  tell_lines(to_lines(format, std::forward<Args>(args)...));
}
// To stdout: lines for people.
void show_lines(std::string_view lines);
template <class... Args>
void show(fmt::format_string<Args...> format, Args&&... args) {
  show_lines(to_lines(format, std::forward<Args>(args)...));
}
// To stdout: documents of JSON, which keep their values.
void show_json(std::string_view documents);
// The same, at once. False when nobody reads any more: where SIGPIPE ends the process that is not seen. Throws
// Failure(failure) when it cannot be written, and as Interruption::wait_for_output() does.
bool show_json_now(std::string_view documents);
// From now on a stdout that nobody reads any more is one that cannot be written, a failure that is told, and no end by
// SIGPIPE: for whoever does more than print. A program that takes this one's place would inherit it.
void outlive_readers();
// Tells the sentence, as far as stderr takes it at once, and ends the process without anything else. For a thread that
// cannot wait for others, nor for memory: `sentence` is written as it is.
[[noreturn]] void end_process(const char* sentence, events::Exit code) noexcept;
// Stdout, for bytes that a program reads exactly: rows as CSV, an opened secret. On a terminal each line is as show()
// has it. Threads: one.
std::ostream& data_out();

// How many columns the terminal has that stdout is; nothing when it is none.
std::optional<size_t> terminal_width();

}  // namespace catlog::cli
