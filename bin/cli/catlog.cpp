#include <algorithm>
#include <iostream>

#include "bin/cli/advice.h"
#include "bin/cli/failures.h"
#include "bin/cli/interruption.h"
#include "bin/cli/subcommand.h"
#include "bin/last_words.h"
#include "bin/standard_streams.h"

namespace {

using catlog::events::Exit;

Exit run(const catlog::cli::Subcommands& subcommands, const catlog::cli::Settings& settings) {
  auto chosen = std::find_if(subcommands.begin(), subcommands.end(), [](const auto& one) { return one->chosen(); });
  CATLOG_CHECK(chosen != subcommands.end());
  return catlog::cli::advising(settings, [&] { return (*chosen)->run(settings); });
}

Exit parse_and_run(int argc, char** argv) {
  catlog::Parser parser("catlog",
                        "The command line of the media catalogue. Data goes to stdout, everything else to stderr.");
  auto syntax = parser.syntax();
  syntax.footer(
      "Example: echo '{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}' | catlog send\n"
      "Exit codes: 0 success, 1 a refusal or a difference, 2 wrong use, 3 and more: failures (ops/RUNBOOK.md).");
  syntax.needs_subcommand();
  catlog::cli::Settings settings;
  syntax.option("--data", settings.data.root, "The data directory").or_variable("CATLOG_DATA").shows_default();
  const auto subcommands = catlog::cli::make_subcommands(syntax);
  if (const auto answer = parser.parse(argc, argv)) return *answer;
  return run(subcommands, settings);
}

}  // namespace

int main(int argc, char** argv) {
  catlog::open_standard_streams();
  catlog::close_to_others();
  catlog::tell_last_words("catlog");
  std::ios::sync_with_stdio(false);
  const auto code = catlog::cli::exit_code_of([&] { return parse_and_run(argc, argv); });
  catlog::cli::Interruption::end_as_told();
  return static_cast<int>(code);
}
