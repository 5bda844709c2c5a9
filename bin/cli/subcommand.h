#pragma once
#include <memory>
#include <string>
#include <vector>

#include "bin/command_line.h"
#include "events/data_directory.h"
#include "events/error.h"

namespace catlog::cli {

// What the flags say that every subcommand shares.
struct Settings {
  events::DataDirectory data{"./catlog-data"};
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
  // Does the work and returns what the process exits with. Throws what the rooms throw, and Failure(usage) for
  // arguments that make no sense.
  virtual events::Exit run(const Settings& settings) = 0;

 protected:
  Syntax syntax() const { return syntax_; }

 private:
  Syntax syntax_;
};

using Subcommands = std::vector<std::unique_ptr<Subcommand>>;

// All of them, in the order in which --help lists them (subcommand.cpp has the list).
Subcommands make_subcommands(Syntax program);

}  // namespace catlog::cli
