#include <algorithm>
#include <exception>
#include <iostream>
#include <string_view>

#include <fmt/core.h>
#include <kj/exception.h>
#include <CLI/CLI.hpp>

#include "bin/cli/subcommand.h"
#include "events/error.h"

namespace {

using catlog::events::Exit;
using catlog::events::Failure;

int report(Exit code, std::string_view what) {
  std::cout.flush();  // what was answered stands before the failure
  fmt::print(stderr, "catlog: {}\n", what);
  return static_cast<int>(code);
}

Exit run(const catlog::cli::Subcommands& subcommands, const catlog::cli::Settings& settings) {
  auto chosen = std::find_if(subcommands.begin(), subcommands.end(), [](const auto& one) { return one->chosen(); });
  CATLOG_CHECK(chosen != subcommands.end());
  Exit code = (*chosen)->run(settings);
  if (!std::cout.flush()) throw Failure(Exit::failure, "cannot write to the standard output");
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::ios::sync_with_stdio(false);
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
      return app.exit(answer) == 0 ? 0 : static_cast<int>(Exit::usage);
    }
    return static_cast<int>(run(subcommands, settings));
  } catch (const Failure& failure) {
    return report(failure.code(), failure.what());
  } catch (const std::exception& failure) {
    return report(Exit::failure, failure.what());
  } catch (const kj::Exception& failure) {
    return report(Exit::damaged, failure.getDescription().cStr());
  }
}
