#include <filesystem>
#include <iostream>
#include <string>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "commandhandler/keys.h"

namespace catlog::cli {
namespace {

class Unseal : public Subcommand {
 public:
  explicit Unseal(Syntax parent)
      : Subcommand(parent.subcommand("unseal", "Open sealed values, a line each, for whoever may read keys/")) {
    syntax().footer(
        "Example: catlog sql \"SELECT accessToken FROM trakt_users\" --format csv | tail -n +2 | catlog unseal");
  }

  events::Exit run(const Settings& settings) override {
    const auto folder = settings.data.keys();
    if (!std::filesystem::exists(folder))
      throw events::Failure(events::Exit::usage, fmt::format("there are no keys in {}", folder.string()));
    commandhandler::Keys keys(folder);
    for (std::string line; std::getline(std::cin, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) data_out() << keys.open(line) << '\n';
    }
    return events::Exit::ok;
  }
};

}  // namespace

std::unique_ptr<Subcommand> make_unseal(Syntax parent) { return std::make_unique<Unseal>(parent); }

}  // namespace catlog::cli
