#include "events/export/field_words.h"

#include <fmt/format.h>

#include "events/export/description.h"

namespace catlog::events {
namespace {

using Is = ValueType::Is;

std::string way_text(const std::vector<DescribedField>& way) {
  std::string members;
  for (const DescribedField& field : way)
    members += fmt::format(R"({}"{}":{})", members.empty() ? "" : ",", field.name,
                           field.name == "createdBy"     ? "\"<command id>\""
                           : field.type.is == Is::object ? "{…}"
                                                         : "…");
  return "{" + members + "}";
}

std::string object_text(const std::string& name) {
  const DescribedObject* object = description().object(name);
  if (name == "Command") return "a command with an id of its own";
  if (!object || object->names == Entity::UNSET) return "an object";
  std::string ways;
  for (const auto& way : object->alternatives) ways += (ways.empty() ? "" : " or ") + way_text(way);
  return fmt::format("a {}: {}", model().entity(object->names).name, ways);
}

std::string choice_text(const std::string& name) {
  std::string text;
  for (const auto& value : description().choice(name)->values)
    text += (text.empty() ? "one of " : ", ") + value.spelling;
  return text;
}

std::string type_text(const ValueType& type) {
  switch (type.is) {
    case Is::nothing:
      return "null";
    case Is::flag:
      return "true or false";
    case Is::small:
    case Is::integer:
      return "integer";
    case Is::real:
      return "number";
    case Is::text:
      return "text";
    case Is::time:
      return "time";
    case Is::choice:
      return choice_text(type.name);
    case Is::object:
      return object_text(type.name);
    case Is::list:
      return (type.each.front().is == Is::integer ? "a list of integers" : "a list, each " + type_text(type.each[0]));
  }
  return {};
}

std::string format_text(Format format, Written written) {
  switch (format) {
    case Format::NON_BLANK:
      return "something in it can be seen";
    case Format::DATE:
      return "YYYY-MM-DD or empty";
    case Format::LANGUAGE:
      return "ISO 639-1, two letters";
    case Format::INFO_HASH:
      return "40 or 64 hex digits";
    case Format::BCRYPT:
      return "a bcrypt string, never a plain password";
    case Format::JSON:
      return "a JSON text, nested at most 1,000 deep";
    case Format::DATETIME:
      return written == Written::by_producers ? "RFC 3339, such as 2026-01-15T10:30:00Z" : "RFC 3339";
    case Format::POSITIVE_EACH:
      return "each > 0";
    case Format::UUID:
      return "a UUID";
    case Format::DIGEST:
      return "hex digits";
    case Format::ANY:
      break;
  }
  return {};
}

void join(std::string& text, const std::string& more, std::string_view between = "; ") {
  if (more.empty()) return;
  if (!text.empty()) text += between;
  text += more;
}

std::string limits_text(const DescribedField& field, Written written) {
  const bool is_name = field.identity == schema::Identity::USER_NAME;
  std::string text =
      is_name ? "nothing in it that cannot be seen, no white space at an end" : format_text(field.format, written);
  if (field.least && field.most)
    join(text, fmt::format("{} to {}", *field.least, *field.most));
  else if (field.least)
    join(text, fmt::format(">= {}", *field.least));
  else if (field.most)
    join(text, fmt::format("<= {}", *field.most));
  if (field.is_secret) join(text, "secret: never shown");
  if (!field.table.empty()) join(text, "of the table " + field.table);
  return text;
}

std::string presence_text(const DescribedField& field, Written written) {
  if (written != Written::by_producers) return field.is_required ? "" : "may be absent";
  if (field.is_required) return "required";
  return field.otherwise.empty() ? "optional" : fmt::format("optional; when absent: {}", field.otherwise);
}

}  // namespace

FieldWords words_of(const DescribedField& field, Written written) {
  return {type_text(field.type), limits_text(field, written), presence_text(field, written)};
}

std::string comment_of(const DescribedField& field, Written written) {
  const FieldWords words = words_of(field, written);
  std::string more = words.limits;
  if (!field.is_required && words.presence != "optional" && words.presence != "may be absent")
    join(more, words.presence);
  std::string text = field.says;
  join(text, more, field.says.empty() ? "" : " (");
  if (!field.says.empty() && !more.empty()) text += ')';
  return text;
}

std::string says_of(const DescribedObject& object) {
  if (object.names != Entity::UNSET) return fmt::format("Names one {}", model().entity(object.names).name);
  if (object.name == "Command") return "A command: its header and exactly one of its kinds";
  if (object.name == "Event") return "What happened: exactly one member; none where the header says withheldBytes";
  if (object.name == "EventRecord") return "One event as the feed, the replay socket and `catlog log` give it";
  if (object.name == "ChangeHeader") return "The header of an event in the feed";
  if (object.name == "Receipt") return "The answer to a command";
  if (object.name == "Head") return "How far the feed is, once a second";
  if (object.name == "ReplayRequest") return "A request to the replay socket";
  if (object.name == "ReplayAnswer") return "The answer of the replay socket";
  if (object.name == "GroupRequest") return "A request of a group's member";
  if (object.name == "GroupAnswer") return "The answer to a group's member";
  if (object.name == "GroupDelivery") return "An event that was handed out, and which time that was";
  return {};
}

}  // namespace catlog::events
