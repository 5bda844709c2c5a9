#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

#include "bin/cli/report.h"
#include "bin/cli/subcommand.h"
#include "bin/last_words.h"

namespace {

using catlog::events::Exit;

Exit run(const catlog::cli::Subcommands& subcommands, const catlog::cli::Settings& settings) {
  auto chosen = std::find_if(subcommands.begin(), subcommands.end(), [](const auto& one) { return one->chosen(); });
  CATLOG_CHECK(chosen != subcommands.end());
  return (*chosen)->run(settings);
}

Exit parse_and_run(int argc, char** argv) {
  CLI::App app("catlog: the command line of the media catalogue. Data goes to stdout, everything else to stderr.",
               "catlog");
  app.footer(
      "Example: echo '{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}' | catlog send\n"
      "Exit codes: 0 success, 1 a refusal or a difference, 2 wrong use, 3 and more: failures (ops/RUNBOOK.md).");
  app.fallthrough();
  app.require_subcommand(1);
  catlog::cli::Settings settings;
  app.add_option("--data", settings.data, "The data directory")->envname("CATLOG_DATA")->capture_default_str();
  const auto subcommands = catlog::cli::make_subcommands(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& answer) {  // --help is one of them
    return app.exit(answer) == 0 ? Exit::ok : Exit::usage;
  }
  return run(subcommands, settings);
}

}  // namespace

int main(int argc, char** argv) {
  catlog::tell_last_words("catlog");
  std::ios::sync_with_stdio(false);
  return static_cast<int>(catlog::cli::reported([&] { return parse_and_run(argc, argv); }));
}
