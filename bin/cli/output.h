#pragma once
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace catlog::cli {

// What the subcommands print. Names, titles, reasons and file names come from outside: only these functions write to
// the terminal's two streams (ops/check), so that none of them drives it (events/printable.h).

// To stderr: lines for people. What cannot be written is lost, and never a failure.
void tell_lines(std::string_view lines);
template <class... Args>
void tell(fmt::format_string<Args...> format, Args&&... args) {
  tell_lines(fmt::format(format, std::forward<Args>(args)...));
}
// To stdout: lines for people.
void show(std::string_view lines);
// To stdout: documents of JSON, which keep their values.
void show_json(std::string_view documents);
// Stdout, for bytes that a program reads exactly: rows as CSV, an opened secret. On a terminal each line is as show()
// has it. Threads: one.
std::ostream& data_out();

}  // namespace catlog::cli
