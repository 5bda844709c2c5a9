#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/run.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

// The blocks of commands of ops/RUNBOOK.md, by chapter: what a heading, or a paragraph's beginning in bold, is called,
// without the exit code behind it. Throws for a block that has no end or is not marked as sh.
using Runbook = std::map<std::string, std::vector<std::string>>;
Runbook read_runbook(const std::filesystem::path& file);

// Somebody who looks after a catalogue as the runbook says. Its names lead into a scratch folder: the data directory,
// where backups go, everything else; and systemctl is a program of ours that starts and stops catlogd there. Its daemon
// and its folder go with this object.
class Operator {
 public:
  // `programs`: the folder of catlogd and catlog.
  Operator(Runbook runbook, std::filesystem::path programs);
  Operator(const Operator&) = delete;
  ~Operator();

  std::filesystem::path operator/(const std::string& name) const { return scratch_ / name; }
  std::filesystem::path data() const { return scratch_ / "catlog"; }

  // Makes a data directory, starts catlogd there and sends a few commands.
  void begin_catalogue();
  // Runs any commands, as an operator types them.
  Ran type(const std::string& commands);
  // The same; throws, with what they said, unless they end with the code. What they wrote to stdout.
  std::string must(const std::string& commands, int exit_code = 0);
  // Runs a block of the runbook as it stands there, less the names; throws unless it ends with the code.
  std::string follow(const std::string& chapter, size_t block = 0, int exit_code = 0);
  // What a block leaves to be filled in: "N".
  void set(const std::string& variable, const std::string& value) { variables_[variable] = value; }

  // Sends one more command, which is accepted, and waits until the read model has it.
  void check_catalogue_works();
  // Waits for a daemon that ends by itself.
  void wait_for_end();
  // Blocks that nobody followed so far, as "chapter, block n".
  std::vector<std::string> not_followed(const std::string& chapter) const;

 private:
  std::string with_names_of_ours(std::string commands) const;
  std::string daemon_process() const;  // its id; empty: none was started
  Runbook runbook_;
  std::filesystem::path programs_;
  TemporaryDirectory scratch_;
  std::map<std::string, std::string> variables_;
  std::map<std::string, std::vector<bool>> followed_;
  int sent_ = 0;
};

}  // namespace catlog::tests
