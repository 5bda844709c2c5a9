#include <algorithm>
#include <filesystem>
#include <iostream>

#include <fmt/format.h>

#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "projector/rebuild/rebuild.h"
#include "store/backup/restore.h"
#include "store/check_tree.h"
#include "store/membership.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using events::Position;

class Rebuild : public Subcommand {
 public:
  explicit Rebuild(Syntax parent)
      : Subcommand(parent.subcommand(
            "rebuild",
            "Build the read model anew from the log and put it in the live one's place; the daemon may run")) {
    auto diff = syntax().flag("--diff", is_diff_,
                              "Compare it row by row with the live one, print what would change, then switch; exit 1 "
                              "when they differ. Then the log is read again first: one that is not what was appended "
                              "is not switched to (exit 5)");
    auto refuse = syntax().flag("--refuse-if-different", refuses_, "With --diff: do not switch when they differ");
    auto strategy = syntax().option("--strategy", strategy_,
                                    "fold: the log folded, then each row written once; ordered: every event applied "
                                    "in order, as always when quarantined events are left out");
    strategy.one_of({"fold", "ordered"}).shows_default();
    auto back = syntax().flag("--back", goes_back_, "Switch to the generation that was live before, at once");
    auto as_of = syntax().option("--as-of", as_of_, "Only up to this position, time or day, into a file");
    auto into = syntax().option("--into", into_, "The SQLite file to make with --as-of");
    refuse.needs(diff);
    back.excludes(diff).excludes(strategy).excludes(as_of);
    as_of.needs(into).excludes(diff);
    into.needs(as_of);
    syntax().footer(
        "The live read model is untouched until the new one is whole, and is kept for --back.\n"
        "Example: catlog rebuild --diff --refuse-if-different\n"
        "         catlog rebuild --as-of 2026-11-01T00:00:00Z --into november.sqlite");
  }

  Exit run(const Settings& settings) override {
    outlive_readers();
    const store::Log log = open_log(settings);
    if (goes_back_) return go_back(settings, log);
    const projector::Quarantine quarantine = open_quarantine(settings, log);
    if (!quarantine.empty())
      tell("{} quarantined events are left out, with their commands and what needs them\n", quarantine.events().size());
    ProgressBar bar("rebuilding");
    projector::RebuildOptions options{.diff = diff(),
                                      .strategy = strategy(),
                                      .progress = [&bar](Position done, Position head) { bar.update(done, head); }};
    if (!as_of_.empty()) {
      require_no_name_of_ours(settings.data.root);
      const Position position = projector::build_file(log, quarantine, into_, position_as_of(log, as_of_),
                                                      options.progress, options.strategy);
      bar.clear();
      tell("{} holds the read model as of position {}\n", into_.string(), position);
      return Exit::ok;
    }
    options.compared = [&](const projector::RebuildResult& report) {
      bar.clear();
      if (is_diff_) tell_differences(report);
      if (report.difference_count > 0) require_whole(log);
    };
    const auto report = projector::rebuild(log, quarantine, settings.data.read_model(), settings.data.run(), options);
    if (report.generation.empty())
      tell("not switched: the live read model stays as it is\n");
    else
      tell("{} is live, at position {}\n", report.generation.string(), report.position);
    return report.difference_count > 0 ? Exit::refused : Exit::ok;
  }

 private:
  projector::Diff diff() const {
    if (!is_diff_) return projector::Diff::no;
    return refuses_ ? projector::Diff::refuse_if_different : projector::Diff::yes;
  }

  projector::Strategy strategy() const {
    return strategy_ == "fold" ? projector::Strategy::fold : projector::Strategy::ordered;
  }

  // Some names in the data directory mean something there.
  void require_no_name_of_ours(const std::filesystem::path& data) const {
    const auto root = std::filesystem::weakly_canonical(data), file = std::filesystem::weakly_canonical(into_);
    const auto [root_end, name] = std::mismatch(root.begin(), root.end(), file.begin(), file.end());
    if (root_end != root.end() || name == file.end()) return;
    for (const char* ours :
         {"log", "state", "readmodel", "run", "keys", "bus-keys", "groups", "torrents", "quarantine.json",
          "housekeeping.json", store::membership_name, store::begin_sign, store::log_being_restored})
      if (*name == ours)
        throw Failure(Exit::usage, fmt::format("{} is a name that catlogd uses in its data directory: give --into "
                                               "another, outside of it",
                                               into_.string()));
  }

  static Exit go_back(const Settings& settings, const store::Log& log) {
    const auto generation = projector::go_back(log, settings.data.read_model(), settings.data.run());
    tell("{} is live again; catlogd brings it up to the log's end\n", generation.string());
    return Exit::ok;
  }

  // One of the two is wrong, and it may be the log.
  static void require_whole(const store::Log& log) {
    ProgressBar bar("checking the log");
    const auto findings =
        store::check_tree(log, 1, [&bar](Position done, Position head) { bar.update(done, head); }).findings;
    bar.clear();
    if (!findings.empty())
      throw Failure(Exit::damaged, fmt::format("the log is damaged, so nothing is switched: the live read model stays "
                                               "as it is. {}; see \"Damage: the log\" in ops/RUNBOOK.md",
                                               findings.front()));
  }

  static void tell_differences(const projector::RebuildResult& report) {
    for (const auto& difference : report.differences) show("{}\n", projector::to_text(difference, "before", "rebuilt"));
    if (!std::cout.flush())
      throw Failure(Exit::failure,
                    "cannot write to the standard output, so nothing is switched: the live read model stays as it is");
    if (report.difference_count > report.differences.size())
      tell("and {} more\n", report.difference_count - report.differences.size());
    if (report.difference_count > 0)
      tell("{} differences at position {}\n", report.difference_count, report.compared_at);
    else if (report.compared_at == 0)
      tell("no differences: there was no read model to compare with\n");
    else
      tell("no differences at position {}\n", report.compared_at);
  }

  bool is_diff_ = false, refuses_ = false, goes_back_ = false;
  std::string strategy_{"fold"};
  std::string as_of_;
  std::filesystem::path into_;
};

}  // namespace

std::unique_ptr<Subcommand> make_rebuild(Syntax parent) { return std::make_unique<Rebuild>(parent); }

}  // namespace catlog::cli
