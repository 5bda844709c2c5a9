#include "events/export/python.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "events/export/description.h"
#include "events/export/field_words.h"
#include "events/export/object_walk.h"
#include "events/export/type_language.h"
#include "events/export/wire.h"

namespace catlog::events {
namespace {

using Alternatives = DescribedObject::Alternatives;

constexpr const char* py_beginning = R"py("""What is said on catlog's bus, as types.

Written by `catlog schema --python` from catlog's declaration; changes made here are lost.
"""
from __future__ import annotations

from typing import Final, List, Literal, NotRequired, Optional, TypedDict, Union, final

# An integer of 64 bits: a number up to 2^53 either way, beyond that its digits as text.
Integer = Union[int, str]
# A time by RFC 3339, with Z or an offset, up to six decimals: "2026-01-15T10:30:00Z".
Time = str
)py";

constexpr TypeLanguage py{.nothing = "None",
                          .flag = "bool",
                          .small = "int",
                          .integer = "Integer",
                          .real = "float",
                          .text = "str",
                          .time = "Time",
                          .list = "List[{}]",
                          .quote = '"'};

std::string py_field_type(const DescribedField& field, Written written) {
  std::string type = type_in(py, field.type);
  if (may_be_null(field, written)) type = fmt::format("Optional[{}]", type);
  return field.is_required ? type : fmt::format("NotRequired[{}]", type);
}

std::string py_quoted(std::string_view text) { return quoted_in(py, text); }

bool is_py_keyword(std::string_view name) {
  constexpr std::array keywords{"from",   "is",  "in", "class", "def",  "global",
                                "lambda", "not", "or", "and",   "pass", "try"};
  return std::ranges::find(keywords, name) != keywords.end();
}

struct PyClass {
  std::string name, base = "TypedDict", says;
  const std::vector<DescribedField>& fields;
  Written written;
  bool is_final = false;  // so that `in` tells it from the others of its union
};

// Where a member has the name of a keyword.
std::string py_call(const PyClass& from) {
  std::string text = fmt::format("\n\n{} = TypedDict({}, {{\n", from.name, py_quoted(from.name));
  for (const DescribedField& field : from.fields)
    text += fmt::format("    # {}.\n    {}: {},\n", comment_of(field, from.written), py_quoted(field.name),
                        py_quoted(py_field_type(field, from.written)));
  return text + "})\n";
}

std::string py_class(const PyClass& from) {
  if (std::ranges::any_of(from.fields, [](const auto& field) { return is_py_keyword(field.name); }))
    return py_call(from);
  std::string text = fmt::format("\n\n{}class {}({}):\n", from.is_final ? "@final\n" : "", from.name, from.base);
  if (!from.says.empty()) text += fmt::format("    \"\"\"{}.\"\"\"\n", from.says);
  if (from.fields.empty() && from.says.empty()) text += "    pass\n";
  for (const DescribedField& field : from.fields) {
    if (const std::string comment = comment_of(field, from.written); !comment.empty())
      text += fmt::format("    # {}.\n", comment);
    text += fmt::format("    {}: {}\n", field.name, py_field_type(field, from.written));
  }
  return text;
}

// One class each alternative, and the union of them.
std::string py_union(const DescribedObject& object) {
  std::string text, base = "TypedDict", names;
  if (!object.fields.empty()) {
    base = object.name + "Fields";
    text += py_class({base, "TypedDict", "", object.fields, object.written});
  }
  for (const auto& way : object.alternatives) {
    std::string name = object.name + "With";
    for (const DescribedField& field : way) name += capitalised(field.name);
    text += py_class({name, base, "", way, object.written, true});
    names += fmt::format("    {},\n", name);
  }
  if (object.name == "Event") {
    const std::vector<DescribedField> nothing;
    text += py_class({"EventWithNothing", "TypedDict", "", nothing, object.written, true});
    names += "    EventWithNothing,\n";
  }
  const std::string says = says_of(object);
  return text +
         fmt::format("\n\n{}{} = Union[\n{}]\n", says.empty() ? "" : fmt::format("# {}.\n", says), object.name, names);
}

std::string py_choice(const DescribedChoice& choice) {
  std::string text = fmt::format("\n{} = Literal[\n", choice.name);
  for (const auto& value : choice.values)
    text += fmt::format("    {},{}\n", py_quoted(value.spelling),
                        value.says.empty() ? "" : fmt::format("  # {}.", value.says));
  return text + "]\n";
}

std::string py_catalogue() {
  std::string text = "\n# Every command: what it does.\nCOMMANDS: Final = {\n";
  for (const DescribedCommand& command : description().commands)
    text += fmt::format("    {}: {},\n", py_quoted(command.name), py_quoted(command.says));
  text += "}\n\n# Every event: what happened.\nEVENTS: Final = {\n";
  for (const DescribedEvent& event : description().events)
    text += fmt::format("    {}: {},\n", py_quoted(event.name), py_quoted(event.says));
  text += "}\n\n# Limits that a client runs into.\nLIMITS: Final = {\n";
  for (const Limit& limit : limits())
    text += fmt::format("    {}: {},  # {}\n", py_quoted(limit.name), limit.value, limit.says);
  return text + "}\n";
}

}  // namespace

std::string python() {
  std::string text = py_beginning;
  for (const DescribedChoice& choice : description().choices) text += py_choice(choice);
  for (const DescribedObject& object : description().objects)
    text += object.are == Alternatives::none
                ? py_class({object.name, "TypedDict", says_of(object), object.fields, object.written})
                : py_union(object);
  return text + "\n" + py_catalogue();
}

}  // namespace catlog::events
