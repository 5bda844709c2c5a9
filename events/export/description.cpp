#include "events/export/description.h"

#include "events/schema/vocabulary.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/error.h"
#include "events/export/declared_words.h"
#include "events/export/object_walk.h"
#include "events/schema/natural_key.h"

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

const char* member_of_names(Entity entity) {
  switch (entity) {
    case Entity::MOVIE:
      return "movie";
    case Entity::TV_SHOW:
      return "tvShow";
    case Entity::SEASON:
      return "season";
    case Entity::EPISODE:
      return "episode";
    case Entity::GENRE:
      return "genre";
    case Entity::MOVIE_SOURCE:
      return "source";
    case Entity::STORAGE:
      return "storage";
    case Entity::USER:
      return "user";
    default:
      return nullptr;
  }
}

// What of an event is told by natural keys.
std::vector<std::string> names_of(const EventType& event) {
  std::vector<std::string> names;
  const auto add = [&](const char* name) {
    if (name) names.emplace_back(name);
  };
  add(member_of_names(model().entity(event.entity).stream));
  for (const auto& [column, to] : row_id_columns(event))
    add(column->kind == Kind::integers ? "genres" : member_of_names(to));
  const auto& kept = model().entity(event.entity).kept;
  if (event.op == Op::REMOVE && event.has_row_id && std::ranges::find(kept, "language") != kept.end()) add("language");
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
