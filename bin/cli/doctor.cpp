#include <algorithm>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "bin/cli/checkup.h"
#include "bin/cli/output.h"
#include "bin/cli/overview.h"
#include "bin/cli/subcommand.h"
#include "events/text/json_text.h"

namespace catlog::cli {

using events::Exit;

std::string_view to_text(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::fault:
      break;
  }
  return "fault";
}

Exit Findings::exit_code() const {
  for (const Health worst : {Health::fault, Health::warning}) {
    const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& one) { return one.health == worst; });
    if (found != all_.end()) return found->code;
  }
  return Exit::ok;
}

namespace {

std::string finding_to_json(const Finding& finding) {
  std::string about, words;
  events::write_json_text(finding.about, about);
  events::write_json_text(finding.words, words);
  return fmt::format(R"({{"about":{},"health":"{}","words":{}}})", about, to_text(finding.health), words);
}

class Doctor : public Subcommand {
 public:
  explicit Doctor(Syntax parent)
      : Subcommand(parent.subcommand("doctor", "Look at everything that an operator should, and say what to do")) {
    syntax()
        .option("--backup", backup_, "A backup, or a folder of several, whose age is looked at")
        .or_variable("CATLOG_BACKUP");
    syntax().flag("--json", is_json_, "A line of JSON for each finding");
    syntax().footer(
        "A line for each thing: ok, warning or fault, and a sentence. It changes nothing, takes seconds, and reads "
        "neither\n"
        "all of the log nor all of the tables: `catlog verify` does. Exit 0: all is well; 1: the worst is a warning; "
        "else\n"
        "that of the first fault, as RUNBOOK.md, \"Exit codes\", has them: 4 disk or permissions, 5 damage, 6 nobody\n"
        "answers, 7 the projector stands still.\n"
        "Example: catlog doctor --backup /var/backups/catlog");
  }

  Exit run(const Settings& settings) override {
    const Overview overview = look_at(settings);
    Findings findings;
    look_at_processes(settings, overview, findings);
    look_at_files(settings, overview, findings);
    look_at_read_model(settings, overview, findings);
    look_at_backup(settings, overview, backup_, findings);
    for (const Finding& finding : findings.all()) {
      if (is_json_)
        show_json(finding_to_json(finding) + '\n');
      else
        show("{:<8} {:<12} {}\n", to_text(finding.health), finding.about, finding.words);
    }
    return findings.exit_code();
  }

 private:
  std::filesystem::path backup_;
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_doctor(Syntax parent) { return std::make_unique<Doctor>(parent); }

}  // namespace catlog::cli
