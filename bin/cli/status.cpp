#include <iostream>

#include <CLI/CLI.hpp>

#include "bin/cli/overview.h"
#include "bin/cli/subcommand.h"

namespace catlog::cli {
namespace {

class Status : public Subcommand {
 public:
  explicit Status(CLI::App& parent)
      : Subcommand(
            parent.add_subcommand("status", "Show how far log, decision state and read model are, and who runs")) {
    app().add_flag("--json", is_json_, "One line of JSON");
    app().footer("Example: catlog status --json");
  }

  events::Exit run(const Settings& settings) override {
    const Overview overview = look_at(settings);
    if (is_json_)
      std::cout << to_json(overview) << '\n';
    else
      std::cout << to_text(overview);
    return events::Exit::ok;
  }

 private:
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_status(CLI::App& app) { return std::make_unique<Status>(app); }

}  // namespace catlog::cli
