#include <algorithm>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "events/export/description.h"
#include "events/export/field_words.h"
#include "events/export/json_value.h"

namespace catlog::cli {
namespace {

using events::DescribedCommand;
using events::DescribedEvent;
using events::DescribedField;
using events::DescribedObject;
using events::Description;
using events::description;
using events::Exit;
using events::Failure;
using events::Json;
using events::Written;

// The fields of a command or event; empty: it has none. Where exactly one of several must be given, all of them.
std::vector<DescribedField> fields_of(const std::string& object_name) {
  const DescribedObject* object = description().object(object_name);
  if (!object) return {};
  auto fields = object->fields;
  for (const auto& way : object->alternatives) {
    for (const DescribedField& field : way) {
      fields.push_back(field);
      fields.back().is_required = false;
      fields.back().otherwise = "another of these is given";
    }
  }
  return fields;
}

Json fields_json(const std::vector<DescribedField>& fields, Written written) {
  Json all = Json::array();
  for (const DescribedField& field : fields) {
    const auto words = events::words_of(field, written);
    all.add(Json::object()
                .with("name", field.name)
                .with("says", field.says)
                .with("type", words.type)
                .with("needed", words.presence)
                .with("limits", words.limits));
  }
  return all;
}

std::string to_json(const DescribedCommand& command) {
  return Json::object()
             .with("command", command.name)
             .with("says", command.says)
             .with("sentBy", command.sent_by)
             .with("fields", fields_json(fields_of(command.object), Written::by_producers))
             .with("example", Json::written(command.example))
             .to_line() +
         '\n';
}

std::string to_json(const DescribedEvent& event) {
  return Json::object()
             .with("event", event.name)
             .with("says", event.says)
             .with("stream", event.stream)
             .with("readModel", event.does)
             .with("fields", fields_json(fields_of(event.object), Written::in_an_event))
             .with("names", Json::texts(event.names))
             .to_line() +
         '\n';
}

void show_fields(const std::vector<DescribedField>& fields, Written written) {
  size_t width = 0;
  for (const DescribedField& field : fields) width = std::max(width, field.name.size());
  for (const DescribedField& field : fields) {
    const auto words = events::words_of(field, written);
    std::string line = fmt::format("  {:<{}}  {}", field.name, width, words.type);
    if (!words.limits.empty()) line += fmt::format(" ({})", words.limits);
    if (!words.presence.empty()) line += fmt::format(", {}", words.presence);
    show("{}\n", line);
    if (!field.says.empty()) show("  {:<{}}    {}\n", "", width, field.says);
  }
}

void describe(const DescribedCommand& command) {
  show("{}\n\n{}\n\nSent by: {}\n\n", command.name, command.says, command.sent_by);
  const auto fields = fields_of(command.object);
  if (!fields.empty()) show("Fields:\n");
  show_fields(fields, Written::by_producers);
  show("\nBeside `{}`:\n", command.name);
  show_fields(description().object("Command")->fields, Written::by_producers);
  show("\n`catlog send` makes an id where there is none.\n\nExample:\n{}\n", command.example);
}

void describe(const DescribedEvent& event) {
  show("{}\n\n{}.\n\nIn the stream of a row of {}; {}.\n\n", event.name, event.says, event.stream, event.does);
  const auto fields = fields_of(event.object);
  if (event.object.empty())
    show("It has no fields: \"event\":{{\"{}\":null}}\n", event.name);
  else if (fields.empty())
    show("Its fields are secret: \"event\":{{\"{}\":{{}}}}\n", event.name);
  else
    show("Fields:\n");
  show_fields(fields, Written::in_an_event);
  if (!event.names.empty())
    show("\nIts `names`, beside the event (PROTOCOL.md, \"Names\"): {}, and actor.\n", fmt::join(event.names, ", "));
  show("\nBeside `event` a record has:\n");
  auto record = description().object("EventRecord")->fields;
  std::erase_if(record, [](const DescribedField& field) { return field.name == "event"; });
  show_fields(record, Written::by_the_daemon);
}

class Describe : public Subcommand {
 public:
  explicit Describe(Syntax parent)
      : Subcommand(parent.subcommand("describe", "Describe a command or an event: its fields, rules and an example")) {
    syntax().option("name", name_, "The command or event; without one all of them are listed");
    syntax().flag("--json", is_json_, "A command or event a line, as JSON");
    syntax().footer("Example: catlog describe putMovie; catlog describe movieRated --json");
  }

  Exit run(const Settings&) override {
    const Description& all = description();
    if (name_.empty())
      list();
    else if (const DescribedCommand* command = all.command(name_))
      tell_of(*command);
    else if (const DescribedEvent* event = all.event(name_))
      tell_of(*event);
    else
      throw Failure(Exit::usage,
                    fmt::format("there is no command or event {}; `catlog describe` lists what there is", name_));
    return Exit::ok;
  }

 private:
  template <class Described>
  void tell_of(const Described& described) const {
    if (is_json_)
      show_json(to_json(described));
    else
      describe(described);
  }

  void list() const {
    const Description& all = description();
    size_t width = 0;
    for (const auto& command : all.commands) width = std::max(width, command.name.size());
    for (const auto& event : all.events) width = std::max(width, event.name.size());
    const auto list_all = [&](const char* title, const auto& described, const char* end) {
      if (!is_json_) show("{}\n", title);
      for (const auto& each : described) {
        if (is_json_)
          show_json(to_json(each));
        else
          show("  {:<{}}  {}{}\n", each.name, width, each.says, end);
      }
    };
    list_all("Commands:", all.commands, "");
    list_all("Events:", all.events, ".");
  }

  std::string name_;
  bool is_json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_describe(Syntax parent) { return std::make_unique<Describe>(parent); }

}  // namespace catlog::cli
