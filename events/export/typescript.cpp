#include "events/export/typescript.h"

#include <fmt/format.h>

#include "events/export/description.h"
#include "events/export/field_words.h"
#include "events/export/json_value.h"
#include "events/export/type_language.h"
#include "events/export/wire.h"

namespace catlog::events {
namespace {

using Alternatives = DescribedObject::Alternatives;

constexpr const char* ts_beginning =
    R"(// Written by `catlog schema --typescript` from catlog's declaration; changes made here are lost.

/** An integer of 64 bits: a number up to 2^53 either way, beyond that its digits as text. */
export type Integer = number | `${bigint}`;

/** A time by RFC 3339, with Z or an offset, up to six decimals: "2026-01-15T10:30:00Z". */
export type Time = string;

type KeyOfAny<T> = T extends unknown ? keyof T : never;

/** Exactly one of the members of a union, and nothing of the others. */
export type Exactly<T, K extends PropertyKey = KeyOfAny<T>> = T extends unknown
  ? T & { [P in Exclude<K, keyof T>]?: undefined }
  : never;

/** One member of T, as an object of its own. */
export type OneOf<T> = { [K in keyof T]: { [P in K]: T[P] } }[keyof T];
)";

constexpr TypeLanguage ts{.nothing = "null",
                          .flag = "boolean",
                          .small = "number",
                          .integer = "Integer",
                          .real = "number",
                          .text = "string",
                          .time = "Time",
                          .list = "{}[]",
                          .quote = '\''};

std::string ts_quoted(std::string_view text) { return quoted_in(ts, text); }

std::string ts_comment(std::string_view indent, const std::string& text) {
  return text.empty() ? text : fmt::format("{}/** {}. */\n", indent, text);
}

std::string ts_member(const DescribedField& field, Written written) {
  return fmt::format("{}{}: {}{}", field.name, field.is_required ? "" : "?", type_in(ts, field.type),
                     may_be_null(field, written) ? " | null" : "");
}

std::string ts_members(const std::vector<DescribedField>& fields, Written written, std::string_view indent) {
  std::string text;
  for (const DescribedField& field : fields)
    text += ts_comment(indent, comment_of(field, written)) + fmt::format("{}{};\n", indent, ts_member(field, written));
  return text;
}

std::string ts_interface(std::string_view name, const std::vector<DescribedField>& fields, Written written) {
  if (fields.empty()) return fmt::format("export interface {} {{}}\n", name);
  return fmt::format("export interface {} {{\n{}}}\n", name, ts_members(fields, written, "  "));
}

// Members of a union stand in an interface of their own, so that a type can be had by its name: Commands['putMovie'].
std::string ts_union(const DescribedObject& object) {
  std::vector<DescribedField> alternatives;
  for (const auto& way : object.alternatives) alternatives.push_back(way.front());
  std::string text = "\n" + ts_interface(object.name + "s", alternatives, object.written);
  std::string type;
  if (!object.fields.empty()) {
    text += "\n" + ts_interface(object.name + "Fields", object.fields, object.written);
    type = object.name + "Fields & ";
  }
  const std::string one = fmt::format("OneOf<{}s>", object.name);
  type += object.written == Written::by_producers ? "Exactly<" + one + ">" : one;
  return text + "\n" + ts_comment("", says_of(object)) + fmt::format("export type {} = {};\n", object.name, type);
}

std::string ts_ways(const DescribedObject& object) {
  std::string ways;
  for (const auto& way : object.alternatives) {
    std::string inner;
    for (const DescribedField& field : way) inner += (inner.empty() ? "" : "; ") + ts_member(field, object.written);
    ways += fmt::format("\n  | {{ {} }}", inner);
  }
  std::string fields;
  if (!object.fields.empty()) fields = fmt::format("{{\n{}}} & ", ts_members(object.fields, object.written, "  "));
  return "\n" + ts_comment("", says_of(object)) +
         fmt::format("export type {} = {}Exactly<{}\n>;\n", object.name, fields, ways);
}

std::string ts_object(const DescribedObject& object) {
  switch (object.are) {
    case Alternatives::members:
      return ts_union(object);
    case Alternatives::ways:
      return ts_ways(object);
    case Alternatives::none:
      break;
  }
  return "\n" + ts_comment("", says_of(object)) + ts_interface(object.name, object.fields, object.written);
}

std::string ts_choice(const DescribedChoice& choice) {
  std::string text = fmt::format("\nexport type {} =", choice.name);
  for (const auto& value : choice.values) text += "\n  | " + ts_quoted(value.spelling);
  text += ";\n";
  const bool has_words = !choice.values.empty() && !choice.values.front().says.empty();
  if (!has_words) return text;
  text += fmt::format("\nexport const meaningOf{}: Readonly<Record<{}, string>> = {{\n", choice.name, choice.name);
  for (const auto& value : choice.values) text += fmt::format("  {}: {},\n", value.spelling, ts_quoted(value.says));
  return text + "};\n";
}

std::string ts_catalogue() {
  std::string text = "\n/** Every command: what it does, and who may send it. */\nexport const commands = {\n";
  for (const DescribedCommand& command : description().commands)
    text += fmt::format("  {}: {{ says: {}, sentBy: {} }},\n", command.name, ts_quoted(command.says),
                        ts_quoted(command.sent_by));
  text += "} as const satisfies Record<keyof Commands, unknown>;\n";
  text += "\n/** Every event: what happened, and under which topics it comes. */\nexport const events = {\n";
  for (const DescribedEvent& event : description().events)
    text +=
        fmt::format("  {}: {{ says: {}, stream: {} }},\n", event.name, ts_quoted(event.says), ts_quoted(event.stream));
  text += "} as const satisfies Record<keyof Events, unknown>;\n";
  text += "\n/** Limits that a client runs into. */\nexport const limits = {\n";
  for (const Limit& limit : limits())
    text += fmt::format("  /** {}. */\n  {}: {},\n", limit.says, limit.name, limit.value);
  return text + "} as const;\n";
}

}  // namespace

std::string typescript() {
  std::string text = ts_beginning;
  for (const DescribedChoice& choice : description().choices) text += ts_choice(choice);
  for (const DescribedObject& object : description().objects) text += ts_object(object);
  return text + ts_catalogue();
}

}  // namespace catlog::events
