#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "events/error.h"

namespace CLI {
class App;
}

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
  explicit Subcommand(CLI::App* app) : app_(app) {}
  Subcommand(const Subcommand&) = delete;
  virtual ~Subcommand() = default;
  // Whether it is the one that was asked for.
  bool chosen() const;
  // What the process exits with. Throws what the rooms throw, Failure(usage) for arguments that make no sense.
  virtual events::Exit run(const Settings& settings) = 0;

 protected:
  CLI::App& app() const { return *app_; }

 private:
  CLI::App* app_;
};

using Subcommands = std::vector<std::unique_ptr<Subcommand>>;

std::unique_ptr<Subcommand> make_send(CLI::App& app);
std::unique_ptr<Subcommand> make_describe(CLI::App& app);
std::unique_ptr<Subcommand> make_import(CLI::App& app);
std::unique_ptr<Subcommand> make_log(CLI::App& app);
std::unique_ptr<Subcommand> make_history(CLI::App& app);
std::unique_ptr<Subcommand> make_tail(CLI::App& app);
std::unique_ptr<Subcommand> make_rebuild(CLI::App& app);
std::unique_ptr<Subcommand> make_verify(CLI::App& app);
std::unique_ptr<Subcommand> make_prove(CLI::App& app);
std::unique_ptr<Subcommand> make_check_proof(CLI::App& app);
std::unique_ptr<Subcommand> make_sql(CLI::App& app);
std::unique_ptr<Subcommand> make_report(CLI::App& app);
std::unique_ptr<Subcommand> make_status(CLI::App& app);
std::unique_ptr<Subcommand> make_unseal(CLI::App& app);
std::unique_ptr<Subcommand> make_backup(CLI::App& app);
std::unique_ptr<Subcommand> make_restore(CLI::App& app);

// All of them, in the order in which --help lists them.
Subcommands make_subcommands(CLI::App& app);

}  // namespace catlog::cli
