#include <iostream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bin/cli/open.h"
#include "bin/cli/progress.h"
#include "bin/cli/subcommand.h"
#include "commandhandler/check_state.h"
#include "projector/verify.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Position;

// What is wrong goes to stdout, so that it can be kept.
Exit tell(const std::vector<std::string>& findings, std::string_view what, Exit when_wrong) {
  for (const auto& finding : findings) std::cout << what << ": " << finding << '\n';
  return findings.empty() ? Exit::ok : when_wrong;
}

Exit check_log(const store::Log& log) {
  ProgressBar bar("reading the log");
  const auto result = projector::verify_log(log, [&bar](Position done, Position head) { bar.update(done, head); });
  bar.clear();
  if (result.findings.empty()) fmt::print(stderr, "log: {} events read, all whole and in order\n", result.checked);
  return tell(result.findings, "log", Exit::damaged);
}

Exit check_state(const Settings& settings, const store::Log& log) {
  const auto stored = open_state(settings, log);
  if (!stored) {
    fmt::print(stderr, "decision state: there is none; the daemon builds it when it starts\n");
    return Exit::ok;
  }
  ProgressBar bar("folding the log");
  const auto result =
      commandhandler::check_state(log, *stored, [&bar](Position done, Position head) { bar.update(done, head); });
  bar.clear();
  if (result.difference) return tell({*result.difference}, "decision state", Exit::refused);
  fmt::print(stderr, "decision state: {} entries are what the log says at position {}\n", result.entries,
             result.position);
  return Exit::ok;
}

Exit check_read_model(const Settings& settings, const store::Log& log) {
  ProgressBar bar("rebuilding to compare");
  const auto result =
      projector::verify_read_model(log, open_quarantine(settings, log), settings.read_model(), settings.read_model(),
                                   [&bar](Position done, Position head) { bar.update(done, head); });
  bar.clear();
  if (result.findings.empty())
    fmt::print(stderr, "read model: every row is what the log says at position {}\n", result.checked);
  return tell(result.findings, "read model", Exit::refused);
}

class Verify : public Subcommand {
 public:
  explicit Verify(CLI::App& parent)
      : Subcommand(parent.add_subcommand(
            "verify", "Check that the log is whole, and that decision state and read model agree with it")) {
    app().footer(
        "The daemon may run. Exit 1 and the first differences when something does not agree, 5 when the log itself is\n"
        "damaged.\nExample: catlog verify");
  }

  Exit run(const Settings& settings) override {
    const store::Log log = open_log(settings);
    // What is derived from a damaged log proves nothing.
    if (Exit found = check_log(log); found != Exit::ok) return found;
    const Exit state = check_state(settings, log);
    const Exit read_model = check_read_model(settings, log);
    if (state != Exit::ok) return state;
    if (read_model == Exit::ok) std::cout << "ok\n";
    return read_model;
  }
};

}  // namespace

std::unique_ptr<Subcommand> make_verify(CLI::App& app) { return std::make_unique<Verify>(app); }

}  // namespace catlog::cli
