#include <iostream>

#include "bin/cli/output.h"
#include "bin/cli/overview.h"
#include "bin/cli/subcommand.h"

namespace catlog::cli {
namespace {

class Status : public Subcommand {
 public:
  explicit Status(Syntax parent)
      : Subcommand(parent.subcommand("status", "Show how far log, decision state and read model are, and who runs")) {
    syntax().flag("--json", is_json_, "One line of JSON");
    syntax().footer("Example: catlog status --json");
  }

  events::Exit run(const Settings& settings) override {
    const Overview overview = look_at(settings);
    if (is_json_)
      show_json(to_json(overview) + '\n');
    else
      show_lines(to_text(overview));
    return events::Exit::ok;
  }

 private:
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_status(Syntax parent) { return std::make_unique<Status>(parent); }

}  // namespace catlog::cli
