#include <fmt/format.h>

#include "bin/cli/advice.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "projector/rebuild/migrate_live.h"
#include "projector/rebuild/rebuild.h"
#include "store/files/file_lock.h"
#include "store/log_format.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;

class Migrate : public Subcommand {
 public:
  explicit Migrate(Syntax parent)
      : Subcommand(parent.subcommand(
            "migrate",
            "Bring log and read model to this release's format and schema, or to an earlier one, while catlogd is "
            "stopped")) {
    const auto to =
        syntax().option("--to", to_, "The read model to this schema: before an earlier release is used again");
    syntax()
        .option("--log-format", log_format_, "The log to this format (2 or 3): before an earlier release is used again")
        .excludes(to);
    syntax().flag("--dry-run", is_dry_, "Show the steps and where the copy would be, and change nothing");
    syntax().footer(
        "catlogd does the same to what is older when it starts. A read model whose new columns only the log can fill "
        "is\n"
        "built from it instead, as by `catlog rebuild`, which catlogd leaves to that. Else it is copied first, beside\n"
        "itself; the copy goes with its generation, two rebuilds later, or may be deleted by hand. The log is copied\n"
        "into the other format and read again, and takes its place when it has the same root; the file as it was "
        "stays\n"
        "beside it as "
        "log/data.format-N.mdb, to be deleted by hand.\n"
        "Example: catlog migrate --dry-run\n"
        "         catlog migrate --to 5\n"
        "         catlog migrate --log-format 2");
  }

  Exit run(const Settings& settings) override {
    if (!to_) bring_log(settings);
    if (log_format_) return Exit::ok;
    if (is_dry_) return show_plan(projector::plan_live_migration(settings.data.read_model(), to_));
    projector::plan_live_migration(settings.data.read_model(), to_);  // wrong use makes no lock
    if (const auto process = store::FileLock::holder(settings.data.lock("projector")))
      throw Failure(Exit::held,
                    fmt::format("catlogd writes the read model (process {}): stop it first. When it starts it brings "
                                "an older read model to its schema by itself",
                                *process));
    const store::FileLock role(settings.data.lock("projector"), "the projector");
    const auto plan = carry_out(settings);
    if (plan.wants_rebuild) return rebuild(settings, plan);
    if (plan.steps.empty())
      tell("{} has schema {} already\n", plan.file.string(), plan.to);
    else
      tell(
          "{} has schema {} now; as it was, with schema {}, it is in {}, which goes with the generation or may be "
          "deleted\n",
          plan.file.string(), plan.to, plan.from, plan.copy.string());
    return Exit::ok;
  }

 private:
  // A rebuild takes its own lock.
  projector::LiveMigration carry_out(const Settings& settings) const {
    const store::FileLock lock(settings.data.lock("rebuild"), "a rebuild");
    auto plan = projector::plan_live_migration(settings.data.read_model(), to_);
    if (!plan.wants_rebuild) projector::run_live_migration(plan);
    return plan;
  }

  static Exit rebuild(const Settings& settings, const projector::LiveMigration& plan) {
    const store::Log log = open_log(settings);
    ProgressBar bar("rebuilding");
    projector::RebuildOptions options;
    options.progress = [&bar](events::Position done, events::Position head) { bar.update(done, head); };
    const auto built = projector::rebuild(log, open_quarantine(settings, log), settings.data.read_model(),
                                          settings.data.run(), options);
    bar.clear();
    tell("{} is live at position {}, built from the log with schema {}; as it was, with schema {}, it is {}\n",
         built.generation.string(), built.position, plan.to, plan.from, plan.file.string());
    return Exit::ok;
  }

  // A log that is not there is for the read model's part to say.
  void bring_log(const Settings& settings) const {
    const auto log = settings.data.log();
    if (!log_format_ && !std::filesystem::exists(log)) return;
    const uint64_t to = log_format_.value_or(store::log_format), from = store::format_of(log);
    if (from == to && log_format_) tell("the log in {} has format {} already\n", log.string(), to);
    if (from == to) return;
    const auto room = store::room_to_convert(log, to);
    const auto sentence = fmt::format("into format {}, which takes at most {} of the {} MiB that are free", to,
                                      room.needed_bytes >> 20, room.free_bytes >> 20);
    if (is_dry_) return show("the log in {} has format {}: it would be made over {}\n", log.string(), from, sentence);
    tell("the log in {} has format {}: it is made over {}\n", log.string(), from, sentence);
    ProgressBar bar("making the log over");
    const auto made = store::convert_log(
        log, to, [&bar](auto done, auto all) { bar.update(done, all); },
        [&bar](const std::string& holder) {
          bar.clear();
          tell("{} has the log open: it is copied, and takes its place as soon as nobody reads the old one\n", holder);
        });
    bar.clear();
    tell(
        "the log in {} has format {} now: {} events, Merkle root {} as before; as it was, it is in {}: delete that "
        "once {} is content\n",
        log.string(), to, made.head.size, events::hex(made.head.root), made.kept.string(),
        with_data(settings, "`catlog verify`"));
  }

  static Exit show_plan(const projector::LiveMigration& plan) {
    show("{} has schema {}\n", plan.file.string(), plan.from);
    if (plan.steps.empty())
      show("there is nothing to do\n");
    else if (plan.wants_rebuild)
      show("one with schema {} would be built from the log, which alone has what is new in it:\n", plan.to);
    else
      show("it would be copied to {}, then, in one transaction:\n", plan.copy.string());
    for (const auto& step : plan.steps) show("{}\n", step);
    return Exit::ok;
  }

  std::optional<uint64_t> to_, log_format_;
  bool is_dry_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_migrate(Syntax parent) { return std::make_unique<Migrate>(parent); }

}  // namespace catlog::cli
