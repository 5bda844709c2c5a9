#include "events/export/json_schema.h"

#include <algorithm>

#include "events/export/description.h"
#include "events/export/field_words.h"
#include "events/export/wire.h"

namespace catlog::events {
namespace {

using Is = ValueType::Is;
using Alternatives = DescribedObject::Alternatives;

constexpr double exact_in_double = 9007199254740992;  // 2^53
constexpr const char* uuid_pattern = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";

class Schemas {
 public:
  explicit Schemas(std::string_view prefix) : prefix_(prefix) {}

  Json object(const DescribedObject& from) const;
  static Json choice(const DescribedChoice& from);

 private:
  Json named_type(const ValueType& type) const;
  Json item(const DescribedField& field) const;
  Json property(const DescribedField& field, Written written) const;
  static void limit(const DescribedField& field, Written written, Json& schema);

  std::string prefix_;
};

// The types that are defined by a name; the others' own name.
const char* plain_type(ValueType::Is is) {
  switch (is) {
    case Is::nothing:
      return "null";
    case Is::flag:
      return "boolean";
    case Is::small:
      return "integer";
    case Is::real:
      return "number";
    case Is::text:
      return "string";
    case Is::list:
      return "array";
    case Is::integer:
    case Is::time:
    case Is::choice:
    case Is::object:
      break;
  }
  return nullptr;
}

Json Schemas::named_type(const ValueType& type) const {
  const std::string name = type.is == Is::integer ? "Integer" : type.is == Is::time ? "Time" : type.name;
  return Json::object().with("$ref", prefix_ + name);
}

Json Schemas::item(const DescribedField& field) const {
  const ValueType& type = field.type.each.front();
  if (const char* name = plain_type(type.is)) return Json::object().with("type", name);
  if (field.format != Format::POSITIVE_EACH) return named_type(type);
  return Json::object().with("allOf", Json::array().add(named_type(type))).with("minimum", Json::number(1));
}

// What a text's format comes to where only patterns can be told; each lets through all that the daemon takes.
const char* pattern_of(const DescribedField& field, Written written) {
  const bool is_sent = written == Written::by_producers;
  if (field.identity == schema::Identity::USER_NAME) return "\\S";
  switch (field.format) {
    case Format::NON_BLANK:
      return "\\S";
    case Format::DATE:
      return "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$";
    case Format::LANGUAGE:
      return is_sent ? "^[A-Za-z]{2}([-_].*)?$" : "^[a-z]{2}$";
    case Format::INFO_HASH:
      return is_sent ? "^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$" : "^([0-9a-f]{40}|[0-9a-f]{64})$";
    case Format::BCRYPT:
      return "^\\$2[abxy]\\$[0-9]{2}\\$[A-Za-z0-9./]{53}$";
    case Format::UUID:
      return uuid_pattern;
    case Format::DIGEST:
      return "^[0-9a-f]{64}$";
    default:
      return nullptr;
  }
}

void Schemas::limit(const DescribedField& field, Written written, Json& schema) {
  if (field.type.is == Is::small) schema.with("minimum", Json::number(0));
  if (field.least) schema.with("minimum", Json::number(*field.least));
  if (field.most) schema.with("maximum", Json::number(*field.most));
  if (const char* pattern = field.type.is == Is::text ? pattern_of(field, written) : nullptr)
    schema.with("pattern", pattern);
  if (field.format == Format::UUID) schema.with("format", "uuid");
  if (field.format == Format::JSON) schema.with("contentMediaType", "application/json");
  if (field.is_secret) schema.with("writeOnly", Json::yes());
  if (!field.table.empty()) schema.with("x-row-of", field.table);
}

Json Schemas::property(const DescribedField& field, Written written) const {
  const bool may_be_null = written == Written::by_producers && !field.is_required;
  Json schema = Json::object(), limits = Json::object();
  limit(field, written, limits);
  if (const std::string says = comment_of(field, written); !says.empty()) schema.with("description", says);
  if (const char* name = plain_type(field.type.is)) {
    schema.with("type", may_be_null ? Json::texts({name, "null"}) : Json::text(name));
    if (field.type.is == Is::list) schema.with("items", item(field));
    return schema.append(limits);
  }
  // Earlier drafts leave out what stands beside a reference.
  const Json named = named_type(field.type);
  if (may_be_null)
    schema.with("anyOf", Json::array().add(named).add(Json::object().with("type", "null")));
  else if (schema.is_empty() && limits.is_empty())
    return named;
  else
    schema.with("allOf", Json::array().add(named));
  return schema.append(limits);
}

Json Schemas::object(const DescribedObject& from) const {
  Json schema = Json::object();
  if (const std::string says = says_of(from); !says.empty()) schema.with("description", says);
  schema.with("type", "object");
  Json properties = Json::object(), ways = Json::array();
  std::vector<std::string> required, seen;
  const auto add = [&](const DescribedField& field) {
    if (std::ranges::find(seen, field.name) != seen.end()) return;
    seen.push_back(field.name);
    properties.with(field.name, property(field, from.written));
  };
  for (const DescribedField& field : from.fields) {
    add(field);
    if (field.is_required) required.push_back(field.name);
  }
  for (const auto& way : from.alternatives) {
    std::vector<std::string> names;
    for (const DescribedField& field : way) {
      add(field);
      names.push_back(field.name);
    }
    ways.add(Json::object().with("required", Json::texts(names)));
  }
  schema.with("properties", std::move(properties));
  if (!required.empty()) schema.with("required", Json::texts(required));
  // Later versions may add members, and events, to what the daemon writes.
  if (from.name == "Event")
    schema.with("maxProperties", Json::number(1));
  else if (!from.alternatives.empty())
    schema.with("oneOf", std::move(ways));
  if (from.written == Written::by_producers) schema.with("additionalProperties", Json::no());
  return schema;
}

Json Schemas::choice(const DescribedChoice& from) {
  std::vector<std::string> spellings;
  Json meanings = Json::object();
  for (const auto& value : from.values) {
    spellings.push_back(value.spelling);
    if (!value.says.empty()) meanings.with(value.spelling, value.says);
  }
  Json schema = Json::object().with("type", "string").with("enum", Json::texts(spellings));
  if (!meanings.is_empty()) schema.with("x-meanings", std::move(meanings));
  return schema;
}

Json integer_schema() {
  Json number = Json::object();
  number.with("type", "integer").with("minimum", Json::number(-exact_in_double));
  number.with("maximum", Json::number(exact_in_double));
  return Json::object()
      .with("description", "An integer of 64 bits: a number up to 2^53 either way, beyond that its digits as text")
      .with("anyOf", Json::array()
                         .add(std::move(number))
                         .add(Json::object().with("type", "string").with("pattern", "^-?[0-9]+$")));
}

Json time_schema() {
  return Json::object()
      .with("description", "A time by RFC 3339, with Z or an offset, up to six decimals")
      .with("type", "string")
      .with("format", "date-time")
      .with("pattern",
            "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$");
}

Json commands_as_json() {
  Json all = Json::object();
  for (const DescribedCommand& command : description().commands)
    all.with(command.name, Json::object().with("says", command.says).with("sentBy", command.sent_by));
  return all;
}

Json events_as_json() {
  Json all = Json::object();
  for (const DescribedEvent& event : description().events)
    all.with(event.name, Json::object()
                             .with("says", event.says)
                             .with("stream", event.stream)
                             .with("readModel", event.does)
                             .with("names", Json::texts(event.names)));
  return all;
}

Json entities_as_json() {
  Json all = Json::object();
  for (const DescribedEntity& entity : description().entities)
    all.with(entity.table, Json::object()
                               .with("entity", entity.name)
                               .with("stream", entity.stream)
                               .with("naturalKey", Json::texts(entity.natural_key)));
  return all;
}

Json limits_as_json() {
  Json all = Json::object();
  for (const Limit& limit : limits())
    all.with(limit.name,
             Json::object().with("value", Json::number(static_cast<double>(limit.value))).with("says", limit.says));
  return all;
}

}  // namespace

Json schemas(std::string_view prefix) {
  const Schemas write(prefix);
  Json all = Json::object();
  all.with("Integer", integer_schema()).with("Time", time_schema());
  for (const DescribedChoice& choice : description().choices) all.with(choice.name, Schemas::choice(choice));
  for (const DescribedObject& object : description().objects) all.with(object.name, write.object(object));
  return all;
}

std::string json_schema() {
  Json document = Json::object();
  document.with("$schema", "https://json-schema.org/draft/2020-12/schema")
      .with("$id", "urn:catlog:vocabulary")
      .with("title", "A command to catlog")
      .with("description",
            "What this lets through may still be refused, for rules look at other things too. Of the definitions, "
            "Command, ReplayRequest and GroupRequest are what is sent, Receipt, EventRecord, ChangeHeader, Head, "
            "ReplayAnswer and GroupAnswer what comes")
      .with("$ref", "#/$defs/Command")
      .with("x-commands", commands_as_json())
      .with("x-events", events_as_json())
      .with("x-tables", entities_as_json())
      .with("x-limits", limits_as_json())
      .with("$defs", schemas("#/$defs/"));
  return document.to_page();
}

}  // namespace catlog::events
