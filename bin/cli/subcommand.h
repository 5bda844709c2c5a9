#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bin/command_line.h"
#include "events/error.h"

namespace catlog::cli {

// What the flags say that every subcommand shares.
struct Settings {
  std::filesystem::path data{"./catlog-data"};

  std::filesystem::path log() const { return data / "log"; }
  std::filesystem::path state() const { return data / "state"; }
  std::filesystem::path quarantine() const { return data / "quarantine.json"; }
  std::filesystem::path run() const { return data / "run"; }
  std::filesystem::path read_model() const { return data / "readmodel"; }
  std::filesystem::path current_read_model() const { return read_model() / "current.sqlite"; }
};

// One word of the command line: its flags, and what it does. It registers itself with the parser, which keeps
// references into it: neither copied nor moved.
//
// Data goes to std::cout, everything else to stderr.
class Subcommand {
 public:
  explicit Subcommand(Syntax syntax) : syntax_(syntax) {}
  Subcommand(const Subcommand&) = delete;
  virtual ~Subcommand() = default;
  // Whether it is the one that was asked for.
  bool chosen() const { return syntax_.is_given(); }
  // What the process exits with. Throws what the rooms throw, Failure(usage) for arguments that make no sense.
  virtual events::Exit run(const Settings& settings) = 0;

 protected:
  Syntax syntax() const { return syntax_; }

 private:
  Syntax syntax_;
};

using Subcommands = std::vector<std::unique_ptr<Subcommand>>;

std::unique_ptr<Subcommand> make_send(Syntax parent);
std::unique_ptr<Subcommand> make_describe(Syntax parent);
std::unique_ptr<Subcommand> make_import(Syntax parent);
std::unique_ptr<Subcommand> make_log(Syntax parent);
std::unique_ptr<Subcommand> make_history(Syntax parent);
std::unique_ptr<Subcommand> make_explain(Syntax parent);
std::unique_ptr<Subcommand> make_tail(Syntax parent);
std::unique_ptr<Subcommand> make_rebuild(Syntax parent);
std::unique_ptr<Subcommand> make_verify(Syntax parent);
std::unique_ptr<Subcommand> make_prove(Syntax parent);
std::unique_ptr<Subcommand> make_check_proof(Syntax parent);
std::unique_ptr<Subcommand> make_sql(Syntax parent);
std::unique_ptr<Subcommand> make_report(Syntax parent);
std::unique_ptr<Subcommand> make_status(Syntax parent);
std::unique_ptr<Subcommand> make_unseal(Syntax parent);
std::unique_ptr<Subcommand> make_backup(Syntax parent);
std::unique_ptr<Subcommand> make_restore(Syntax parent);
std::unique_ptr<Subcommand> make_quarantine(Syntax parent);

// All of them, in the order in which --help lists them.
Subcommands make_subcommands(Syntax program);

}  // namespace catlog::cli
