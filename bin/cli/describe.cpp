#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "bin/cli/fields.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "events/text/json_text.h"

namespace catlog::cli {
namespace {

using events::CommandType;
using events::Exit;
using events::Failure;

std::string json_text(std::string_view text) {
  std::string json;
  events::write_json_text(text, json);
  return json;
}

std::string to_json(const CommandType& command) {
  std::string fields;
  for (const FieldText& field : fields_of(command))
    fields +=
        fmt::format(R"({}{{"name":{},"type":{},"needed":{},"limits":{}}})", fields.empty() ? "" : ",",
                    json_text(field.name), json_text(field.type), json_text(field.needed), json_text(field.limits));
  return fmt::format(R"({{"command":"{}","says":{},"sentBy":{},"fields":[{}],"example":{}}})", command.name,
                     json_text(command.says), json_text(who_may_send(command)), fields, command.example);
}

void describe(const CommandType& command) {
  show("{}\n\n{}\n\nSent by: {}\n\n", command.name, command.says, who_may_send(command));
  const auto fields = fields_of(command);
  size_t width = 0;
  for (const FieldText& field : fields) width = std::max(width, field.name.size());
  if (!fields.empty()) show("Fields:\n");
  for (const FieldText& field : fields) {
    std::string line = fmt::format("  {:<{}}  {}", field.name, width, field.type);
    if (!field.limits.empty()) line += fmt::format(" ({})", field.limits);
    if (!field.needed.empty()) line += fmt::format(", {}", field.needed);
    show("{}\n", line);
  }
  show(
      "\nBeside `{}` a command may have: id (a UUID; catlog send makes one), expectedVersion (-1: any, 0: must "
      "create),\n"
      "actor (userId, ipAddress, userAgent), correlationId, causationId.\n\nExample:\n{}\n",
      command.name, command.example);
}

class Describe : public Subcommand {
 public:
  explicit Describe(Syntax parent)
      : Subcommand(parent.subcommand("describe", "Describe a command: its fields, its rules and an example")) {
    syntax().option("command", name_, "The command; without one all commands are listed");
    syntax().flag("--json", is_json_, "One command per line as JSON");
    syntax().footer("Example: catlog describe putMovie");
  }

  Exit run(const Settings&) override {
    if (name_.empty()) {
      list();
      return Exit::ok;
    }
    const CommandType* command = events::model().command(name_);
    if (!command)
      throw Failure(Exit::usage, fmt::format("there is no command {}; `catlog describe` lists what there is", name_));
    if (is_json_)
      show_json(to_json(*command) + '\n');
    else
      describe(*command);
    return Exit::ok;
  }

 private:
  void list() const {
    size_t width = 0;
    for (const auto& command : events::model().commands()) width = std::max(width, command.name.size());
    for (const auto& command : events::model().commands()) {
      if (is_json_)
        show_json(to_json(command) + '\n');
      else
        show("{:<{}}  {}\n", command.name, width, command.says);
    }
  }

  std::string name_;
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_describe(Syntax parent) { return std::make_unique<Describe>(parent); }

}  // namespace catlog::cli
