#include "events/export/description.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "events/error.h"
#include "events/export/declared_words.h"
#include "events/export/object_walk.h"
#include "events/schema/natural_key.h"
#include "events/schema/reference_form.h"

namespace catlog::events {
namespace {

std::string sent_by(schema::Allowed allowed) {
  switch (allowed) {
    case schema::Allowed::ADMIN:
      return "services and admins";
    case schema::Allowed::USER:
      return "services, admins and users";
    case schema::Allowed::OWN_USER:
      return "services, admins, and users for themselves";
    case schema::Allowed::OWN:
      return "services, admins, and users and guests for themselves";
    case schema::Allowed::SERVICE:
      return "services, on nobody's behalf";
  }
  return {};
}

std::string does_text(const EventType& event) {
  const std::string& table = model().entity(event.entity).table;
  switch (event.op) {
    case Op::CREATE:
      return fmt::format("inserts a row of {}, or updates it when it is there", table);
    case Op::UPDATE:
      return fmt::format("updates a row of {}", table);
    case Op::REMOVE:
      return fmt::format("deletes a row of {}, and what goes with it", table);
    case Op::ASSIGN:
      return fmt::format("replaces all rows of {} of the stream's thing", table);
    case Op::LINK:
      return fmt::format("inserts a row of {}", table);
    case Op::UNLINK:
      return fmt::format("deletes a row of {}", table);
    case Op::UNSET:
      break;
  }
  return {};
}

std::vector<DescribedCommand> commands_of() {
  std::vector<DescribedCommand> commands;
  for (const CommandType& command : model().commands())
    commands.push_back({command.name, command.says, sent_by(command.allowed), command.example,
                        object_name(command.field.getType().asStruct())});
  return commands;
}

// By which member a thing is told, whose stream it is or to which a column leads; the actor has its own. Empty: none.
std::string member_of_names(Entity entity) {
  for (const auto field : capnp::Schema::from<schema::Names>().getFields()) {
    const std::string name = field.getProto().getName().cStr();
    if (field.getType().isStruct() && named_by(field.getType().asStruct()) == entity && name != "actor") return name;
  }
  return {};
}

// What of an event is told by natural keys.
std::vector<std::string> names_of(const EventType& event) {
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (!name.empty()) names.push_back(std::move(name));
  };
  add(member_of_names(model().entity(event.entity).stream));
  for (const auto& [column, to] : row_id_columns(event))
    add(column->kind == Kind::integers ? "genres" : member_of_names(to));
  if (removes_translation(event)) add("language");
  return names;
}

std::vector<DescribedEvent> events_of() {
  std::vector<DescribedEvent> events;
  for (const EventType& event : model().events()) {
    const auto type = event.field.getType();
    events.push_back({event.name, declared_words(event.field).says, does_text(event),
                      model().entity(model().entity(event.entity).stream).table,
                      type.isStruct() ? object_name(type.asStruct()) : std::string(), names_of(event)});
  }
  return events;
}

std::vector<DescribedEntity> entities_of() {
  std::vector<DescribedEntity> entities;
  for (const EntityModel& entity : model().entities()) {
    if (entity.entity == Entity::UNSET) continue;
    DescribedEntity described{entity.name, entity.table, model().entity(entity.stream).table, {}};
    const auto key = std::ranges::find_if(entity.indexes, [](const Index& index) { return index.unique; });
    if (key != entity.indexes.end()) described.natural_key = key->columns;
    if (entity.is_link)
      for (const Reference& reference : entity.references) described.natural_key.push_back(reference.column);
    entities.push_back(std::move(described));
  }
  return entities;
}

Description make_description() {
  Description made;
  ObjectWalk walk(made);
  walk.add(capnp::Schema::from<schema::Command>(), Written::by_producers);
  walk.add(capnp::Schema::from<schema::ReplayRequest>(), Written::by_producers);
  walk.add(capnp::Schema::from<schema::GroupRequest>(), Written::by_producers);
  walk.add(capnp::Schema::from<schema::Receipt>(), Written::by_the_daemon);
  walk.add(capnp::Schema::from<schema::Record>(), Written::by_the_daemon);
  walk.add(capnp::Schema::from<schema::ChangeHeader>(), Written::by_the_daemon);
  walk.add(capnp::Schema::from<schema::Head>(), Written::by_the_daemon);
  walk.add(capnp::Schema::from<schema::ReplayAnswer>(), Written::by_the_daemon);
  walk.add(capnp::Schema::from<schema::GroupAnswer>(), Written::by_the_daemon);
  made.commands = commands_of();
  made.events = events_of();
  made.entities = entities_of();
  return made;
}

}  // namespace

const Description& description() {
  static const Description made = make_description();
  return made;
}

}  // namespace catlog::events
