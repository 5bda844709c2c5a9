#include "bin/cli/fields.h"

#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "events/schema/reference_form.h"
#include "events/schema/shape.h"

namespace catlog::cli {

using events::Column;
using events::Entity;
using events::Kind;

namespace {

std::string natural_key(capnp::StructSchema schema) {
  std::string key;
  for (auto field : schema.getFields()) {
    const std::string name = field.getProto().getName().cStr();
    if (name == "id" || name == "createdBy") continue;
    const bool is_struct = field.getType().isStruct();
    key += fmt::format(R"({}"{}":{})", key.empty() ? "" : ",", name, is_struct ? "{…}" : "…");
  }
  return key;
}

std::string reference_text(capnp::StructSchema schema, Entity entity) {
  const std::string key = natural_key(schema);
  const std::string start = fmt::format(R"(a {}, by {{"id":…}}{} {{"createdBy":"<command id>"}})",
                                        events::model().entity(entity).name, key.empty() ? " or" : ",");
  return key.empty() ? start : fmt::format("{} or {{{}}}", start, key);
}

std::string spellings(capnp::EnumSchema schema) {
  std::string text;
  for (auto enumerant : schema.getEnumerants())
    if (enumerant.getOrdinal() != 0)
      text += fmt::format("{}{}", text.empty() ? "one of " : ", ", events::spelling(enumerant));
  return text;
}

std::string other_type(capnp::Type type) {
  if (type.isList()) return "a list, each " + other_type(type.asList().getElementType());
  if (!type.isStruct()) return "a value";
  if (type.asStruct() == capnp::Schema::from<events::schema::Command>()) return "a command with an id of its own";
  const Entity entity = events::named_by(type.asStruct());
  return entity == Entity::UNSET ? "an object" : reference_text(type.asStruct(), entity);
}

std::string type_text(const Column& column) {
  switch (column.kind) {
    case Kind::integer:
      return "integer";
    case Kind::flag:
      return "true or false";
    case Kind::datetime:
      return "time";
    case Kind::real:
      return "number";
    case Kind::text:
      return "text";
    case Kind::enumeration:
      return spellings(column.field.getType().asEnum());
    case Kind::integers:
      return "a list of integers";
    case Kind::other:
      return other_type(column.field.getType());
  }
  return {};
}

std::string zero_text(Kind kind) {
  switch (kind) {
    case Kind::flag:
      return "optional: false when absent";
    case Kind::text:
      return "optional: empty when absent";
    case Kind::integers:
      return "optional: [] when absent";
    case Kind::integer:
    case Kind::real:
    case Kind::datetime:
      return "optional: 0 when absent";
    case Kind::enumeration:
    case Kind::other:
      break;
  }
  return {};
}

std::string needed_text(const events::Member& member) {
  switch (member.column.absent) {
    case events::schema::Absent::REFUSED:
      return "required";
    case events::schema::Absent::NULL_:
      return "optional";
    case events::schema::Absent::ZERO:
      break;
  }
  // What absence means is declared for columns; other fields are the command's own.
  return member.flattened ? zero_text(member.column.kind) : std::string();
}

std::string format_text(events::Format format) {
  switch (format) {
    case events::Format::NON_BLANK:
      return "something in it can be seen";
    case events::Format::DATE:
      return "YYYY-MM-DD or empty";
    case events::Format::LANGUAGE:
      return "ISO 639-1, two letters";
    case events::Format::INFO_HASH:
      return "40 or 64 hex digits";
    case events::Format::BCRYPT:
      return "a bcrypt string, never a plain password";
    case events::Format::JSON:
      return "a JSON text, nested at most 1,000 deep";
    case events::Format::DATETIME:
      return "RFC 3339, such as 2026-01-15T10:30:00Z";
    case events::Format::POSITIVE_EACH:
      return "each > 0";
    case events::Format::UUID:
      return "a UUID";
    case events::Format::DIGEST:
      return "hex digits";
    case events::Format::ANY:
      break;
  }
  return {};
}

std::string limits_text(const Column& column) {
  std::string text = column.identity == events::schema::Identity::USER_NAME
                         ? "nothing in it that cannot be seen, no white space at an end"
                         : format_text(column.format);
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  if (column.least && column.most)
    add(fmt::format("{} to {}", *column.least, *column.most));
  else if (column.least)
    add(fmt::format(">= {}", *column.least));
  else if (column.most)
    add(fmt::format("<= {}", *column.most));
  if (column.secret) add("secret: never shown");
  return text;
}

}  // namespace

std::vector<FieldText> fields_of(const events::CommandType& command) {
  std::vector<FieldText> fields;
  for (const auto& member : events::shape_of(command.field.getType().asStruct()).members) {
    if (member.column.assigned) continue;
    fields.push_back({member.column.name, type_text(member.column), needed_text(member), limits_text(member.column)});
  }
  return fields;
}

std::string who_may_send(const events::CommandType& command) {
  switch (command.allowed) {
    case events::schema::Allowed::ADMIN:
      return "services and admins";
    case events::schema::Allowed::USER:
      return "services, admins and users";
    case events::schema::Allowed::OWN_USER:
      return "services, admins, and users for themselves";
    case events::schema::Allowed::OWN:
      return "services, admins, and users and guests for themselves";
  }
  return {};
}

}  // namespace catlog::cli
