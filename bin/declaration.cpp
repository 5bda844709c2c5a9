#include "bin/declaration.h"

#include <string_view>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "bin/version.h"
#include "events/text/json_text.h"

namespace catlog {
namespace {

std::string json_text(std::string_view text) {
  std::string json;
  events::write_json_text(text, json);
  return json;
}

template <class Items, class ToJson>
std::string list_of(const Items& items, ToJson&& to_json) {
  std::string json;
  for (const auto& item : items) {
    if (!json.empty()) json += ',';
    json += to_json(item);
  }
  return "[" + json + "]";
}

// "--from", or an argument's name.
std::string name_of(const CLI::Option& option) {
  if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
  return option.nonpositional() ? "-" + option.get_snames().front() : option.get_name(true);
}

std::string to_json(const CLI::Option& option) {
  const auto named = [](const CLI::Option* other) { return json_text(name_of(*other)); };
  const bool takes_value = option.get_type_size_max() > 0;
  return fmt::format(
      R"({{"name":{},"short":{},"isArgument":{},"value":{},"about":{},"default":{},"variable":{},"isRequired":{},)"
      R"("isRepeated":{},"needs":{},"excludes":{}}})",
      json_text(name_of(option)),
      list_of(option.get_snames(), [](const std::string& name) { return json_text("-" + name); }),
      !option.nonpositional(), json_text(takes_value ? option.get_type_name() : ""),
      json_text(option.get_description()), json_text(option.get_default_str()), json_text(option.get_envname()),
      option.get_required(), option.get_expected_max() > 1, list_of(option.get_needs(), named),
      list_of(option.get_excludes(), named));
}

std::string to_json(const CLI::App& command) {
  const auto options = command.get_options([](const CLI::Option* option) { return !option->get_group().empty(); });
  const auto subcommands = command.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); });
  return fmt::format(R"({{"name":{},"about":{},"options":{},"footer":{},"commands":{}}})",
                     json_text(command.get_name()), json_text(command.get_description()),
                     list_of(options, [](const CLI::Option* option) { return to_json(*option); }),
                     json_text(command.get_footer()),
                     list_of(subcommands, [](const CLI::App* app) { return to_json(*app); }));
}

}  // namespace

std::string declaration_of(const CLI::App& program) {
  return fmt::format(R"({{"version":"{}","command":{}}})", version, to_json(program));
}

}  // namespace catlog
