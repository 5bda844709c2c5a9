#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/error.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace catlog {

// What a program's command line may hold. CLI11 reads it; only command_line.cpp sees that.

// An option, argument or flag, to be told more of. Cheap to copy. Lifetime: dies with its Parser.
class Option {
 public:
  Option& required();
  Option& needs(Option other);
  Option& excludes(Option other);
  // Of a vector: each time it is given it takes one word, not all that follow.
  Option& one_at_a_time();
  Option& one_of(std::vector<std::string> words);
  Option& at_least(uint64_t least);
  Option& between(uint64_t least, uint64_t most);
  Option& existing_path();
  // An empty value is one too.
  Option& may_be_empty();
  // The environment's variable that says it where the command line does not; an empty one is wrong use.
  Option& or_variable(const std::string& name);
  // Its value before parsing is shown by --help.
  Option& shows_default();

 private:
  friend class Syntax;
  explicit Option(CLI::Option* option) : option_(option) {}
  CLI::Option* option_;
};

// One word's options: the program's own, or a subcommand's. Cheap to copy. Lifetime: dies with its Parser.
class Syntax {
 public:
  // "--from", or the name of an argument. `into` keeps its value when nothing is given, and is written by
  // Parser::parse; an empty value is wrong use. T: std::string, std::filesystem::path, unsigned, uint64_t,
  // std::optional<uint64_t>, or a vector of texts or numbers.
  template <class T>
  Option option(const std::string& name, T& into, const std::string& about);
  Option flag(const std::string& name, bool& into, const std::string& about);
  Syntax subcommand(const std::string& name, const std::string& about);
  // Exactly one of the subcommands must be given.
  void needs_subcommand();
  // Stands below the help: an example.
  void footer(const std::string& text);
  // A flag that names a file with the same options as TOML.
  void configuration(const std::string& name, const std::string& about);
  // Whether this subcommand was given.
  bool is_given() const;

 private:
  friend class Parser;
  explicit Syntax(CLI::App* app) : app_(app) {}
  CLI::App* app_;
};

class Parser {
 public:
  // `name`: of the program. Knows --help and --version, and --declaration, which --help leaves out (declaration.h).
  Parser(const std::string& name, const std::string& about);
  ~Parser();
  Parser(const Parser&) = delete;
  Syntax syntax() { return Syntax(app_.get()); }
  // Writes what was given. Else what the program is to exit with: --help or --version was asked for, and is printed, or
  // the use is wrong, which is told on stderr.
  std::optional<events::Exit> parse(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace catlog
