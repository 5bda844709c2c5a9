#include "tests/bench/document.h"

#include <fmt/format.h>

#include "events/error.h"

namespace catlog::bench {
namespace {

constexpr double idle_load = 0.5;

// Where the line begins; it must be there once.
size_t place_of(std::string_view document, std::string_view line) {
  const auto whole = fmt::format("\n{}\n", line);
  const size_t at = document.find(whole);
  if (at == std::string_view::npos || document.find(whole, at + 1) != std::string_view::npos)
    throw events::Failure(events::Exit::usage, fmt::format("the document must have this line once: {}", line));
  return at + 1;
}

}  // namespace

std::string markdown_of(const Measurement& measurement, const Table& table) {
  const auto& [machine, runs, only, commit, date] = measurement;
  return fmt::format(
      "| | |\n|---|---|\n"
      "| measured | {}, commit {}, {}medians of {} run{} |\n"
      "| machine | {}, {} cores, {:.1f} GiB |\n"
      "| system | {}, data on {}, load {:.2f} before |\n\n{}{}",
      date, commit, only.empty() ? "" : fmt::format("only `{}`, ", only), runs, runs == 1 ? "" : "s", machine.processor,
      machine.cores, machine.memory_gib, machine.kernel, machine.file_system, machine.load,
      machine.load > idle_load ? "Other work was running on the machine: no figures to go by.\n\n" : "",
      table.markdown());
}

std::string with_figures(std::string_view document, std::string_view figures) {
  const size_t begin = place_of(document, figures_begin) + figures_begin.size() + 1;
  const size_t end = place_of(document, figures_end);
  if (end < begin)
    throw events::Failure(events::Exit::usage, fmt::format("in the document the end stands first: {}", figures_end));
  return fmt::format("{}\n{}\n{}", document.substr(0, begin), figures, document.substr(end));
}

}  // namespace catlog::bench
