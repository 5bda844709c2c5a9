#include <fmt/format.h>

#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "projector/rebuild/migrate_live.h"
#include "projector/rebuild/rebuild.h"
#include "store/files/file_lock.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;

class Migrate : public Subcommand {
 public:
  explicit Migrate(Syntax parent)
      : Subcommand(parent.subcommand(
            "migrate",
            "Bring the read model to this release's schema, or to an earlier one, while catlogd is stopped")) {
    syntax().option("--to", to_, "This schema instead of the newest: before an earlier release is used again");
    syntax().flag("--dry-run", is_dry_, "Show the steps and where the copy would be, and change nothing");
    syntax().footer(
        "catlogd does the same to an older read model when it starts, but leaves it to `catlog rebuild` to fill "
        "columns\n"
        "that are new from the log, which this does too. The read model is copied first, beside itself;\n"
        "the copy goes with its generation, two rebuilds later, or may be deleted by hand. The log is never changed.\n"
        "Example: catlog migrate --dry-run\n"
        "         catlog migrate --to 5");
  }

  Exit run(const Settings& settings) override {
    if (is_dry_) return show_plan(projector::plan_live_migration(settings.data.read_model(), to_));
    projector::plan_live_migration(settings.data.read_model(), to_);  // wrong use makes no lock
    if (const auto process = store::FileLock::holder(settings.data.lock("projector")))
      throw Failure(Exit::held,
                    fmt::format("catlogd writes the read model (process {}): stop it first. When it starts it brings "
                                "an older read model to its schema by itself",
                                *process));
    const store::FileLock role(settings.data.lock("projector"), "the projector");
    const auto plan = migrate(settings);
    if (plan.steps.empty())
      tell("{} has schema {} already\n", plan.file.string(), plan.to);
    else
      tell(
          "{} has schema {} now; as it was, with schema {}, it is in {}, which goes with the generation or may be "
          "deleted\n",
          plan.file.string(), plan.to, plan.from, plan.copy.string());
    if (plan.wants_rebuild) fill_from_log(settings);
    return Exit::ok;
  }

 private:
  projector::LiveMigration migrate(const Settings& settings) const {
    const store::FileLock rebuild(settings.data.lock("rebuild"), "a rebuild");
    auto plan = projector::plan_live_migration(settings.data.read_model(), to_);
    projector::run_live_migration(plan);
    return plan;
  }

  static void fill_from_log(const Settings& settings) {
    const store::Log log = open_log(settings);
    ProgressBar bar("rebuilding");
    projector::RebuildOptions options;
    options.progress = [&bar](events::Position done, events::Position head) { bar.update(done, head); };
    const auto built = projector::rebuild(log, open_quarantine(settings, log), settings.data.read_model(),
                                          settings.data.run(), options);
    bar.clear();
    tell("new columns are filled from the log: {} is live, at position {}\n", built.generation.string(),
         built.position);
  }

  static Exit show_plan(const projector::LiveMigration& plan) {
    show("{} has schema {}\n", plan.file.string(), plan.from);
    if (plan.steps.empty())
      show("there is nothing to do\n");
    else
      show("it would be copied to {}, then, in one transaction:\n", plan.copy.string());
    for (const auto& step : plan.steps) show("{}\n", step);
    if (plan.wants_rebuild) show("then it would be rebuilt, for the log to fill columns that are new\n");
    return Exit::ok;
  }

  std::optional<uint64_t> to_;
  bool is_dry_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_migrate(Syntax parent) { return std::make_unique<Migrate>(parent); }

}  // namespace catlog::cli
