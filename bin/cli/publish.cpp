#include <filesystem>

#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "projector/rebuild/publish.h"

namespace catlog::cli {
namespace {

class Publish : public Subcommand {
 public:
  explicit Publish(Syntax parent)
      : Subcommand(parent.subcommand("publish",
                                     "Make a copy of the read model that holds no password hash and no "
                                     "token, for those who may read no other")) {
    syntax().option("file", file_, "The SQLite file; an earlier one is replaced at once").required();
    syntax().footer(
        "It is built from the log's head; the daemon may run. The group of its folder may read it. `catlog verify\n"
        "--published FILE` compares one with the log.\n"
        "Example: catlog publish /srv/catlog/published.sqlite");
  }

  events::Exit run(const Settings& settings) override {
    require_outside(settings, file_, "who may enter that may read the other one");
    const store::Log log = open_log(settings);
    const projector::Quarantine quarantine = open_quarantine(settings, log);
    ProgressBar bar("publishing");
    const auto position = projector::publish(
        log, quarantine, file_, [&bar](events::Position done, events::Position head) { bar.update(done, head); });
    bar.clear();
    tell("{} holds the read model without secrets as of position {}\n", file_.string(), position);
    return events::Exit::ok;
  }

 private:
  std::filesystem::path file_;
};

}  // namespace

std::unique_ptr<Subcommand> make_publish(Syntax parent) { return std::make_unique<Publish>(parent); }

}  // namespace catlog::cli
