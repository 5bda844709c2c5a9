#include <algorithm>
#include <iostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bin/cli/as_of.h"
#include "bin/cli/open.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "projector/rebuild.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using events::Position;

class Rebuild : public Subcommand {
 public:
  explicit Rebuild(CLI::App& parent)
      : Subcommand(parent.add_subcommand(
            "rebuild",
            "Build the read model anew from the log and put it in the live one's place; the daemon may run")) {
    auto* diff = app().add_flag("--diff", is_diff_, "Compare it row by row with the live one; exit 1 when they differ");
    auto* as_of = app().add_option("--as-of", as_of_, "Only up to this position or time (RFC 3339), into a file");
    auto* into = app().add_option("--into", into_, "The SQLite file to make with --as-of");
    as_of->needs(into)->excludes(diff);
    into->needs(as_of);
    app().footer(
        "Example: catlog rebuild --diff\n"
        "         catlog rebuild --as-of 2026-11-01T00:00:00Z --into november.sqlite");
  }

  Exit run(const Settings& settings) override {
    const store::Log log = open_log(settings);
    const projector::Quarantine quarantine = open_quarantine(settings, log);
    ProgressBar bar("rebuilding");
    const auto progress = [&bar](Position done, Position head) { bar.update(done, head); };
    if (!as_of_.empty()) {
      const Position position = projector::build_file(log, quarantine, into_, position_as_of(log, as_of_), progress);
      bar.clear();
      fmt::print(stderr, "{} holds the read model as of position {}\n", into_, position);
      return Exit::ok;
    }
    const auto diff = is_diff_ ? projector::Diff::yes : projector::Diff::no;
    const auto report = projector::rebuild(log, quarantine, settings.read_model(), settings.run(), diff, progress);
    bar.clear();
    return tell(report);
  }

 private:
  Exit tell(const projector::RebuildReport& report) const {
    fmt::print(stderr, "{} is live, at position {}\n", report.generation.string(), report.position);
    if (!is_diff_) return Exit::ok;
    for (const auto& difference : report.differences)
      std::cout << projector::to_text(difference, "before", "rebuilt") << '\n';
    if (report.difference_count > report.differences.size())
      fmt::print(stderr, "and {} more\n", report.difference_count - report.differences.size());
    if (report.difference_count > 0) {
      fmt::print(stderr, "{} differences at position {}\n", report.difference_count, report.compared_at);
      return Exit::refused;
    }
    if (report.compared_at == 0)
      fmt::print(stderr, "no differences: there was no read model to compare with\n");
    else
      fmt::print(stderr, "no differences at position {}\n", report.compared_at);
    return Exit::ok;
  }

  bool is_diff_ = false;
  std::string as_of_, into_;
};

}  // namespace

std::unique_ptr<Subcommand> make_rebuild(CLI::App& app) { return std::make_unique<Rebuild>(app); }

}  // namespace catlog::cli
