#include "events/export/object_walk.h"

#include "events/schema/vocabulary.h"

#include <algorithm>

#include "events/error.h"
#include "events/export/declared_words.h"
#include "events/schema/reference_form.h"

namespace catlog::events {
namespace {

using Is = ValueType::Is;

// What somebody else's rows are meant by in an event: "genreIds" and "movieId" in the declaration's references.
std::string table_meant(const std::string& column) {
  if (column == "genreIds") return model().entity(Entity::GENRE).table;
  for (const EntityModel& entity : model().entities())
    for (const Reference& reference : entity.references)
      if (reference.column == column) return model().entity(reference.to).table;
  return {};
}

bool is_pointer(capnp::Type type) { return type.isText() || type.isData() || type.isList() || type.isStruct(); }

// Of what the daemon writes: numbers, groups and the words of a UUID have no way to be absent.
bool is_always_written(const Column& column) {
  if (column.kind != Kind::other) return false;
  return column.field.getProto().isGroup() || !is_pointer(column.field.getType());
}

bool is_required(const Member& member, const DeclaredWords& words, Written written) {
  switch (written) {
    case Written::in_an_event:
      return member.column.absent != schema::Absent::NULL_;
    case Written::by_the_daemon:
      return words.is_needed || is_always_written(member.column);
    case Written::by_producers:
      break;
  }
  return member.is_needed;
}

std::string zero_text(const Column& column) {
  if (column.kept) return "as it was, or 0";
  switch (column.kind) {
    case Kind::flag:
      return "false";
    case Kind::text:
      return "empty";
    case Kind::integers:
      return "[]";
    case Kind::integer:
    case Kind::real:
    case Kind::datetime:
      return "0";
    case Kind::enumeration:
    case Kind::other:
      break;
  }
  return {};
}

// What absence means is declared for columns; other fields are the command's own, and say it themselves.
std::string otherwise_text(const Member& member, const DeclaredWords& words) {
  if (!words.otherwise.empty() || !member.flattened || member.column.absent != schema::Absent::ZERO)
    return words.otherwise;
  return zero_text(member.column);
}

// The envelope's ids are refused by the intake when they are none, not by a column's rule.
Format format_of(const Column& column) {
  const bool is_id = column.identity == schema::Identity::UUID && (column.name == "id" || column.name == "createdBy");
  return is_id ? Format::UUID : column.format;
}

}  // namespace

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string object_name(capnp::StructSchema schema) {
  const std::string display = schema.getProto().getDisplayName().cStr();
  std::string name, part;
  for (const char c : display.substr(display.find(':') + 1) + '.') {
    if (c != '.') {
      part += c;
      continue;
    }
    name += capitalised(std::exchange(part, {}));
  }
  if (name == "Record") return "EventRecord";  // a name that TypeScript has for something else
  return name == "RecordEvent" ? "Event" : name;
}

ValueType ObjectWalk::add(capnp::StructSchema schema, Written written) {
  const auto key = std::pair(std::string(schema.getProto().getDisplayName().cStr()), written);
  if (const auto known = names_.find(key); known != names_.end()) return {Is::object, known->second, {}};
  DescribedObject object;
  object.name = object_name(schema);
  if (std::ranges::any_of(names_, [&](const auto& each) { return each.second == object.name; }))
    object.name = "Recorded" + object.name;  // what producers write has other members
  CATLOG_CHECK(!into_.object(object.name));
  object.written = written;
  // Who names a thing chooses a way; who is told of it gets all of them.
  const Entity named = named_by(schema);
  if (written == Written::by_producers) object.names = named;
  names_.emplace(key, object.name);
  if (named == Entity::UNSET)
    add_members(schema, object);
  else if (written == Written::by_producers)
    add_ways(schema, object);
  else
    add_names(schema, object);
  into_.objects.push_back(std::move(object));
  return {Is::object, names_.at(key), {}};
}

void ObjectWalk::add_members(capnp::StructSchema schema, DescribedObject& object) {
  using Alternatives = DescribedObject::Alternatives;
  const bool is_event = object.name == "Event";
  for (const Member& member : shape_of(schema).members) {
    if (object.written == Written::by_producers && member.column.assigned) continue;
    if (object.written != Written::by_producers && member.column.secret) continue;
    DescribedField field = field_of(member, is_event ? Written::in_an_event : object.written);
    const bool is_way = member.is_either;
    if (!is_way && !member.in_union) {
      object.fields.push_back(std::move(field));
      continue;
    }
    field.is_required = true;
    object.are = is_way ? Alternatives::ways : Alternatives::members;
    object.alternatives.push_back({std::move(field)});
  }
}

void ObjectWalk::add_ways(capnp::StructSchema schema, DescribedObject& object) {
  const ReferenceForm& form = reference_form(schema);
  object.are = DescribedObject::Alternatives::ways;
  const auto add = [&](const std::vector<const Column*>& columns) {
    auto& way = object.alternatives.emplace_back();
    for (const Column* column : columns) {
      way.push_back(field_of({*column, std::nullopt, false}, object.written));
      way.back().is_required = true;
    }
  };
  add({&form.id});
  add({&form.created_by});
  for (const NamingKey& key : form.keys) {
    std::vector<const Column*> columns;
    for (const auto& part : key.parts) columns.push_back(&part.field);
    add(columns);
  }
}

void ObjectWalk::add_names(capnp::StructSchema schema, DescribedObject& object) {
  const ReferenceForm& form = reference_form(schema);
  const auto add = [&](const Column& column, std::string says) {
    object.fields.push_back(field_of({column, std::nullopt, false}, object.written));
    object.fields.back().says = std::move(says);
  };
  add(form.id, "Its row id");
  object.fields.back().is_required = true;
  for (const NamingKey& key : form.keys)
    for (const auto& part : key.parts)
      add(part.field, part.row ? "What it belongs to, by row id" : "What it is known by outside; absent: it has none");
}

DescribedField ObjectWalk::field_of(const Member& member, Written written) {
  const DeclaredWords words = declared_words(member.column.field);
  DescribedField field;
  field.name = member.column.name;
  field.says = words.says;
  field.type = type_of(member.column, written);
  field.format = format_of(member.column);
  field.identity = member.column.identity;
  field.least = member.column.least;
  field.most = member.column.most;
  field.is_required = is_required(member, words, written);
  field.is_secret = member.column.secret;
  if (written == Written::by_producers)
    field.otherwise = otherwise_text(member, words);
  else if (written == Written::in_an_event)
    field.table = table_meant(member.column.name);
  return field;
}

ValueType ObjectWalk::type_of(const Column& column, Written written) {
  switch (column.kind) {
    case Kind::integer:
      return {Is::integer, {}, {}};
    case Kind::flag:
      return {Is::flag, {}, {}};
    case Kind::datetime:
      return {Is::time, {}, {}};
    case Kind::real:
      return {Is::real, {}, {}};
    case Kind::text:
      return {Is::text, {}, {}};
    case Kind::enumeration:
      return add_choice(column.field.getType().asEnum());
    case Kind::integers:
      return {Is::list, {}, {{Is::integer, {}, {}}}};
    case Kind::other:
      break;
  }
  if (column.format != Format::ANY) return {Is::text, {}, {}};  // the words of a UUID or a digest
  return type_of(column.field.getType(), written);
}

ValueType ObjectWalk::type_of(capnp::Type type, Written written) {
  switch (type.which()) {
    case capnp::schema::Type::VOID:
      return {Is::nothing, {}, {}};
    case capnp::schema::Type::BOOL:
      return {Is::flag, {}, {}};
    case capnp::schema::Type::UINT32:
      return {Is::small, {}, {}};
    case capnp::schema::Type::UINT64:
      return {Is::integer, {}, {}};
    case capnp::schema::Type::LIST:
      return {Is::list, {}, {type_of(type.asList().getElementType(), written)}};
    case capnp::schema::Type::STRUCT:
      return add(type.asStruct(), written);
    default:
      return {Is::text, {}, {}};  // Text, and Data in hex
  }
}

ValueType ObjectWalk::add_choice(capnp::EnumSchema schema) {
  const std::string display = schema.getProto().getDisplayName().cStr();
  DescribedChoice choice;
  choice.name = display.substr(display.find(':') + 1);
  if (!into_.choice(choice.name)) {
    for (auto enumerant : schema.getEnumerants())
      if (enumerant.getOrdinal() != 0)
        choice.values.push_back({std::string(spelling(enumerant)), declared_words(enumerant)});
    into_.choices.push_back(choice);
  }
  return {Is::choice, choice.name, {}};
}

}  // namespace catlog::events
