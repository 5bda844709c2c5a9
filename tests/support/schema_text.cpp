#include "tests/support/schema_text.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <capnp/dynamic.h>
#include <capnp/schema-parser.h>
#include <fmt/format.h>

#include "events/schema/annotations.h"

namespace catlog::tests {
namespace {

// The annotations that change what bytes or JSON mean. What commands must hold (least, most, kept, allowed) is today's
// rule and may change.
const std::map<uint64_t, std::string> annotations{
    {events::annotation::absent, "absent"},     {events::annotation::format, "format"},
    {events::annotation::assigned, "assigned"}, {events::annotation::secret, "secret"},
    {events::annotation::flatten, "flatten"},   {events::annotation::spelled, "spelled"},
    {events::annotation::flag, "flag"},         {events::annotation::does, "does"},
    {events::annotation::names, "names"}};
constexpr std::string_view required = "absent=(enum=1)";

template <class Value>
std::string without_spaces(const Value& value) {
  std::string text = kj::str(value).cStr();
  std::erase(text, ' ');
  return text;
}

std::string name_of(capnp::Schema schema) {
  const std::string display = schema.getProto().getDisplayName().cStr();
  return display.substr(display.find(':') + 1);
}

std::string type_of(capnp::Type type) {
  if (type.isStruct()) return name_of(type.asStruct());
  if (type.isEnum()) return name_of(type.asEnum());
  if (type.isList()) return fmt::format("List({})", type_of(type.asList().getElementType()));
  const auto kinds = capnp::Schema::from<capnp::schema::Type>().getUnionFields();
  return kinds[static_cast<unsigned>(type.which())].getProto().getName().cStr();
}

std::string annotations_of(capnp::List<capnp::schema::Annotation>::Reader list) {
  std::map<std::string, std::string> found;
  for (auto each : list) {
    const auto name = annotations.find(each.getId());
    if (name == annotations.end()) continue;
    found[name->second] = name->second == "does"
                              ? without_spaces(each.getValue().getStruct().getAs<events::schema::Does>())
                              : without_spaces(each.getValue());
  }
  std::string text;
  for (const auto& [name, value] : found) text += fmt::format(" {}={}", name, value);
  return text;
}

class Describer {
 public:
  SchemaText text;

  void add(capnp::Schema schema) {
    auto node = schema.getProto();
    if (!seen_.insert(node.getId()).second) return;
    if (node.isStruct()) add_struct(schema.asStruct());
    if (node.isEnum()) add_enum(schema.asEnum());
  }

  void add_type(capnp::Type type) {
    while (type.isList()) type = type.asList().getElementType();
    if (type.isStruct()) add(type.asStruct());
    if (type.isEnum()) add(type.asEnum());
  }

  void add_entities(capnp::DynamicList::Reader entities) {
    for (auto each : entities) {
      auto entity = each.as<capnp::DynamicStruct>();
      std::string facts;
      for (const char* field : {"table", "stream", "owner", "created", "updated", "isLink", "references"})
        facts += fmt::format(" {}={}", field, without_spaces(entity.get(field)));
      text[fmt::format("entity {}", without_spaces(entity.get("entity")))] = facts.substr(1);
    }
  }

 private:
  void add_struct(capnp::StructSchema schema) {
    const auto name = name_of(schema);
    text["struct " + name] =
        fmt::format("id={:#x}{}", schema.getProto().getId(), annotations_of(schema.getProto().getAnnotations()));
    for (auto field : schema.getFields()) {
      auto proto = field.getProto();
      std::string facts = proto.getOrdinal().isExplicit() ? fmt::format("ordinal={}", proto.getOrdinal().getExplicit())
                                                          : std::string("ordinal=none");
      facts += fmt::format(" type={}", type_of(field.getType()));
      if (proto.isSlot())
        facts += fmt::format(" offset={} default={}", proto.getSlot().getOffset(),
                             without_spaces(proto.getSlot().getDefaultValue()));
      if (proto.getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT)
        facts += fmt::format(" member={}", proto.getDiscriminantValue());
      text[fmt::format("field {}.{}", name, proto.getName().cStr())] = facts + annotations_of(proto.getAnnotations());
      add_type(field.getType());
    }
  }

  void add_enum(capnp::EnumSchema schema) {
    const auto name = name_of(schema);
    text["enum " + name] = fmt::format("id={:#x}", schema.getProto().getId());
    for (auto each : schema.getEnumerants())
      text[fmt::format("enumerant {}.{}", name, each.getProto().getName().cStr())] =
          fmt::format("ordinal={}{}", each.getOrdinal(), annotations_of(each.getProto().getAnnotations()));
  }

  std::set<uint64_t> seen_;
};

// "field Ratings.rating" -> "field Ratings."
std::string family(const std::string& what) { return what.substr(0, what.rfind('.') + 1); }

std::string ordinal(const std::string& facts) { return facts.substr(0, facts.find(' ')); }

std::string changed_facts(const std::string& before, const std::string& after) {
  std::istringstream words(before), new_words(after);
  std::set<std::string> old_set, new_set;
  for (std::string word; words >> word;) old_set.insert(word);
  for (std::string word; new_words >> word;) new_set.insert(word);
  std::string gone, came;
  for (const auto& word : old_set)
    if (!new_set.contains(word)) gone += " " + word;
  for (const auto& word : new_set)
    if (!old_set.contains(word)) came += " " + word;
  return fmt::format("{} became{}", gone.empty() ? " nothing" : gone, came.empty() ? " nothing" : came);
}

}  // namespace

SchemaText describe_schema(const std::filesystem::path& folder) {
  capnp::SchemaParser parser;
  Describer describer;
  const auto disk = kj::newDiskFilesystem();
  const auto directory = disk->getRoot().openSubdir(kj::Path::parse(folder.string().substr(1)));
  const kj::ReadableDirectory* standard[] = {nullptr};
  const auto include = disk->getRoot().openSubdir(kj::Path::parse("usr/include"));
  standard[0] = include.get();
  for (const char* file : {"declaration.capnp", "vocabulary.capnp"}) {
    auto parsed = parser.parseFromDirectory(*directory, kj::Path::parse(file), kj::arrayPtr(standard, 1));
    for (auto nested : parsed.getAllNested()) {
      if (nested.getProto().isStruct() || nested.getProto().isEnum()) describer.add(nested);
      if (nested.getProto().isConst() && name_of(nested) == "entities")
        describer.add_entities(nested.asConst().as<capnp::DynamicList>());
    }
  }
  return describer.text;
}

SchemaText describe_schema(capnp::StructSchema schema) {
  Describer describer;
  describer.add(schema);
  return describer.text;
}

std::string to_text(const SchemaText& schema) {
  std::string text;
  for (const auto& [what, facts] : schema) text += fmt::format("{}: {}\n", what, facts);
  return text;
}

SchemaText read_schema_text(const std::filesystem::path& file) {
  SchemaText schema;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (const auto colon = line.find(": "); colon != std::string::npos)
      schema[line.substr(0, colon)] = line.substr(colon + 2);
  return schema;
}

std::vector<std::string> refused_changes(const SchemaText& recorded, const SchemaText& present) {
  std::vector<std::string> refused;
  for (const auto& [what, facts] : recorded) {
    const auto now = present.find(what);
    if (now != present.end()) {
      if (now->second != facts)
        refused.push_back(fmt::format("{} changed:{}", what, changed_facts(facts, now->second)));
      continue;
    }
    std::string renamed;
    for (const auto& [other, other_facts] : present)
      if (!family(what).empty() && family(other) == family(what) && !recorded.contains(other) &&
          ordinal(other_facts) == ordinal(facts))
        renamed = other;
    refused.push_back(renamed.empty() ? fmt::format("{} was removed", what)
                                      : fmt::format("{} was renamed to {}", what, renamed));
  }
  for (const auto& [what, facts] : present)
    if (!recorded.contains(what) && what.starts_with("field ") && facts.find(required) != std::string::npos) {
      const std::string of = family(what);
      if (recorded.contains("struct " + of.substr(6, of.size() - 7)))
        refused.push_back(fmt::format("{} is new and required: what was written before it has none", what));
    }
  return refused;
}

std::string not_recorded(const SchemaText& recorded, const SchemaText& present) {
  SchemaText added;
  for (const auto& [what, facts] : present)
    if (!recorded.contains(what)) added[what] = facts;
  return to_text(added);
}

}  // namespace catlog::tests
