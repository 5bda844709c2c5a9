#include "bin/command_line.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <type_traits>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bin/configuration_text.h"
#include "bin/declaration.h"
#include "bin/version.h"
#include "events/text/printable.h"

namespace catlog {
namespace {

// An empty value is a variable of the shell that is not set, and must not be taken for an option that was not given.
constexpr const char* given_value_name = "given value";
CLI::Validator given_value(const std::string& name) {
  const std::string fault = name.starts_with('-') ? "an empty value; leave the option out" : "it is empty";
  return {[fault](const std::string& value) { return value.empty() ? fault : ""; }, "", given_value_name};
}

// CLI11 takes a number that is too large for the largest one.
bool is_whole_number(const std::string& text, uint64_t least, uint64_t most) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
}

CLI::Validator in_range(uint64_t least, uint64_t most) {
  const std::string range =
      most == UINT64_MAX ? fmt::format("{} or more", least) : fmt::format("{} to {}", least, most);
  return {[least, most, range](const std::string& text) {
            return is_whole_number(text, least, most) ? std::string() : "must be a whole number, " + range;
          },
          range};
}

// Of any option that is a number, whatever else it must be.
template <class T>
constexpr bool is_number = std::is_same_v<T, unsigned> || std::is_same_v<T, uint64_t> ||
                           std::is_same_v<T, std::optional<uint64_t>> || std::is_same_v<T, std::vector<uint64_t>>;
const CLI::Validator& whole_number() {
  static const CLI::Validator validator(
      [](const std::string& text) {
        return is_whole_number(text, 0, UINT64_MAX) ? "" : std::string("must be a whole number, 0 or more");
      },
      "");
  return validator;
}

// A FIFO that nobody writes to would be waited for.
CLI::Validator regular_file() {
  return {[](const std::string& name) {
            std::error_code error;
            if (std::filesystem::is_regular_file(name, error)) return std::string();
            const bool exists = std::filesystem::exists(name, error);
            return (exists ? "it is no regular file: " : "there is no such file: ") + name;
          },
          "FILE"};
}

// TOML as CLI11 reads it (configuration_text.h), which takes of keys that are given twice the first one, and knows two
// that begin and end a section.
class Configuration : public CLI::ConfigTOML {
 public:
  Configuration() { comment('\0'); }
  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    const auto text = configuration_text({std::istreambuf_iterator<char>(in), {}});
    if (!text) throw CLI::FileError(text.error());
    std::istringstream clean(*text);
    auto keys = CLI::ConfigTOML::from_config(clean);
    std::set<std::string> names;
    for (const CLI::ConfigItem& item : keys) {
      if (item.name == "++" || item.name == "--" || !item.parents.empty())
        throw CLI::FileError("the configuration has a section or a key with dots: write keys alone; --help lists them");
      if (!names.insert(item.name).second)
        throw CLI::FileError(fmt::format("the configuration has {} twice: leave one of them out", item.name));
    }
    return keys;
  }
};

void refuse_empty_variable(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const char* value = option->get_envname().empty() ? nullptr : std::getenv(option->get_envname().c_str());
    if (value && *value == '\0' && option->count() == 0)
      throw CLI::ValidationError(option->get_envname(), "an empty value; unset the variable");
  }
}

// CLI11 speaks of INI for any configuration.
std::string sentence_of(const CLI::ParseError& error) {
  const std::string what = error.what();
  constexpr std::string_view unknown_key = "INI was not able to parse ";
  if (!what.starts_with(unknown_key)) return what;
  return fmt::format("the configuration has a key that is none: {}; --help lists them",
                     what.substr(unknown_key.size()));
}

}  // namespace

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::needs(Option other) {
  option_->needs(other.option_);
  return *this;
}

Option& Option::one_at_a_time() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::excludes(Option other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

Option& Option::at_least(uint64_t least) {
  option_->check(in_range(least, UINT64_MAX));
  return *this;
}

Option& Option::between(uint64_t least, uint64_t most) {
  option_->check(in_range(least, most));
  return *this;
}

Option& Option::existing_path() {
  option_->check(CLI::ExistingPath);
  return *this;
}

Option& Option::may_be_empty() {
  option_->get_validator(given_value_name)->active(false);
  return *this;
}

Option& Option::or_variable(const std::string& name) {
  option_->envname(name);
  return *this;
}

Option& Option::shows_default() {
  option_->capture_default_str();
  return *this;
}

template <class T>
Option Syntax::option(const std::string& name, T& into, const std::string& about) {
  CLI::Option* option = app_->add_option(name, into, about)->check(given_value(name));
  if constexpr (is_number<T>) option->check(whole_number());
  if constexpr (std::is_same_v<T, std::filesystem::path>) option->type_name("PATH");
  return Option(option);
}
template Option Syntax::option(const std::string&, std::string&, const std::string&);
template Option Syntax::option(const std::string&, std::filesystem::path&, const std::string&);
template Option Syntax::option(const std::string&, unsigned&, const std::string&);
template Option Syntax::option(const std::string&, uint64_t&, const std::string&);
template Option Syntax::option(const std::string&, std::optional<uint64_t>&, const std::string&);
template Option Syntax::option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Syntax::option(const std::string&, std::vector<uint64_t>&, const std::string&);

Option Syntax::flag(const std::string& name, bool& into, const std::string& about) {
  return Option(app_->add_flag(name, into, about));
}

Syntax Syntax::subcommand(const std::string& name, const std::string& about) {
  return Syntax(app_->add_subcommand(name, about));
}

void Syntax::needs_subcommand() { app_->require_subcommand(1); }

void Syntax::footer(const std::string& text) { app_->footer(text); }

void Syntax::configuration(const std::string& name, const std::string& about) {
  app_->config_formatter(std::make_shared<Configuration>());
  app_->set_config(name, "", about)->check(regular_file());
  app_->allow_config_extras(CLI::config_extras_mode::error);
}

bool Syntax::is_given() const { return app_->parsed(); }

Parser::Parser(const std::string& name, const std::string& about) : app_(std::make_unique<CLI::App>(about, name)) {
  app_->fallthrough();
  app_->set_version_flag("--version", fmt::format("{} {}", name, version), "Print the version");
  // Answered as --version is, when all that will be declared has been.
  app_->add_flag_callback("--declaration", [this] { throw CLI::CallForVersion(declaration_of(*app_), 0); })
      ->configurable(false)
      ->group("");
}

Parser::~Parser() = default;

std::optional<events::Exit> Parser::parse(int argc, char** argv) {
  try {
    app_->parse(argc, argv);
    refuse_empty_variable(*app_);
  } catch (const CLI::Success& answer) {  // --help is one of them
    app_->exit(answer);
    return events::Exit::ok;
  } catch (const CLI::ParseError& error) {
    const std::string text = fmt::format("{}\nRun {} --help for more information.\n",
                                         events::printable_lines(sentence_of(error)), app_->get_name());
    std::fwrite(text.data(), 1, text.size(), stderr);  // where that cannot be written nobody hears it
    return events::Exit::usage;
  }
  return {};
}

}  // namespace catlog
