#include "events/schema/shape.h"

#include <memory>
#include <unordered_set>

#include <fmt/format.h>

#include "events/schema/annotations.h"

namespace catlog::events {
namespace {

bool is_marked(capnp::StructSchema::Field field, uint64_t annotation) {
  for (auto entry : field.getProto().getAnnotations())
    if (entry.getId() == annotation) return true;
  return false;
}

bool is_flattened(capnp::StructSchema::Field field) { return is_marked(field, annotation::flatten); }

bool is_pointer(capnp::StructSchema::Field field) {
  const auto type = field.getType();
  return type.isText() || type.isData() || type.isList() || (type.isStruct() && !field.getProto().isGroup());
}

bool is_needed(const Member& member) {
  const auto field = member.column.field;
  if (is_marked(field, annotation::otherwise)) return false;
  if (!member.flattened) return is_marked(field, annotation::needed);
  const bool has_zero = member.column.absent == schema::Absent::ZERO;
  return member.column.absent == schema::Absent::REFUSED ||
         (has_zero && is_marked(*member.flattened, annotation::needed));
}

std::unique_ptr<Shape> build(capnp::StructSchema schema) {
  auto shape = std::make_unique<Shape>();
  for (auto field : schema.getFields()) {
    if (is_flattened(field)) {
      for (auto inner : field.getType().asStruct().getFields())
        shape->members.push_back({column_of(inner), field, false, is_pointer(inner)});
      continue;
    }
    bool in_union = field.getProto().getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT;
    shape->has_union |= in_union;
    if (in_union && field.getProto().getDiscriminantValue() == 0) continue;  // `unset` is nobody's key
    shape->members.push_back({column_of(field), std::nullopt, in_union, is_pointer(field)});
  }
  for (Member& member : shape->members) {
    member.is_needed = is_needed(member);
    member.is_either = is_marked(member.column.field, annotation::either);
  }
  for (size_t i = 0; i < shape->members.size(); ++i) shape->by_name.emplace(shape->members[i].column.name, i);
  return shape;
}

// Keyed by an address in the schema's node, not its id: a group has no id of its own that is cheap to reach.
const void* key_of(capnp::StructSchema schema) { return schema.getProto().getDisplayName().begin(); }

Field field_of(capnp::StructSchema::Field from) {
  return {column_of(from), from.getType(), from.getProto().isGroup(), is_pointer(from), is_flattened(from)};
}

// Whether a secret can be reached from here; `seen` ends the circle of a batch that holds commands again.
bool reaches_secret(capnp::StructSchema schema, std::unordered_set<const void*>& seen) {
  if (!seen.insert(key_of(schema)).second) return false;
  for (auto each : schema.getFields()) {
    Field field = field_of(each);
    if (field.column.secret) return true;
    if (field.type.isStruct() && reaches_secret(field.type.asStruct(), seen)) return true;
    if (field.type.isList() && field.type.asList().getElementType().isStruct() &&
        reaches_secret(field.type.asList().getStructElementType(), seen))
      return true;
  }
  return false;
}

uint32_t bits_of(capnp::Type type) {
  switch (type.which()) {
    case capnp::schema::Type::BOOL:
      return 1;
    case capnp::schema::Type::INT8:
    case capnp::schema::Type::UINT8:
      return 8;
    case capnp::schema::Type::INT16:
    case capnp::schema::Type::UINT16:
    case capnp::schema::Type::ENUM:
      return 16;
    case capnp::schema::Type::INT32:
    case capnp::schema::Type::UINT32:
    case capnp::schema::Type::FLOAT32:
      return 32;
    case capnp::schema::Type::INT64:
    case capnp::schema::Type::UINT64:
    case capnp::schema::Type::FLOAT64:
      return 64;
    default:
      return 0;  // Void, and what lies behind a pointer
  }
}

// `index`: counted in values of so many bits, which never lie across two words.
void mark_known(uint32_t index, uint32_t bits, std::vector<uint64_t>& known_bits) {
  if (bits == 0) return;
  const uint64_t at = uint64_t{index} * bits;
  known_bits.at(at / 64) |= (bits == 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1) << at % 64;
}

void mark_fields(capnp::StructSchema schema, std::vector<uint64_t>& known_bits) {
  constexpr uint32_t discriminant_bits = 16;
  const auto node = schema.getProto().getStruct();
  if (node.getDiscriminantCount() > 0) mark_known(node.getDiscriminantOffset(), discriminant_bits, known_bits);
  for (auto field : schema.getFields()) {
    if (field.getProto().isGroup())
      mark_fields(field.getType().asStruct(), known_bits);
    else
      mark_known(field.getProto().getSlot().getOffset(), bits_of(field.getType()), known_bits);
  }
}

// With the layout of what it holds; of a struct that holds itself the place is known by then.
Field field_within(capnp::StructSchema::Field from) {
  Field field = field_of(from);
  if (field.type.isStruct()) field.within = &layout_of(field.type.asStruct());
  if (field.type.isList() && field.type.asList().getElementType().isStruct())
    field.within = &layout_of(field.type.asList().getStructElementType());
  return field;
}

void build_layout(capnp::StructSchema schema, Layout& layout) {
  auto node = schema.getProto().getStruct();
  layout.schema = schema;
  layout.discriminant_at = node.getDiscriminantOffset() * sizeof(uint16_t);
  layout.data_words = node.getDataWordCount();
  layout.pointers = node.getPointerCount();
  layout.is_group = node.getIsGroup();
  layout.known_bits.resize(layout.data_words);
  if (!layout.is_group) mark_fields(schema, layout.known_bits);
  for (auto field : schema.getNonUnionFields()) layout.fields.push_back(field_within(field));
  layout.alternatives.resize(schema.getUnionFields().size());
  for (auto field : schema.getUnionFields())
    layout.alternatives.at(field.getProto().getDiscriminantValue()) = field_within(field);
  std::unordered_set<const void*> seen;
  layout.holds_secrets = reaches_secret(schema, seen);
}

}  // namespace

const Layout& layout_of(capnp::StructSchema schema) {
  thread_local std::unordered_map<const void*, std::unique_ptr<Layout>> layouts;
  thread_local const Layout* last = nullptr;  // message by message it is the same that is asked for
  if (last && last->schema == schema) return *last;
  auto& layout = layouts[key_of(schema)];
  if (!layout) {
    layout = std::make_unique<Layout>();
    build_layout(schema, *layout);
  }
  return *(last = layout.get());
}

const Shape& shape_of(capnp::StructSchema schema) {
  thread_local std::unordered_map<const void*, std::unique_ptr<Shape>> shapes;
  auto& shape = shapes[key_of(schema)];
  if (!shape) shape = build(schema);
  return *shape;
}

bool is_absent(const Column& column, capnp::DynamicStruct::Reader group) {
  return column.kind == Kind::other ? !group.has(column.field) : is_absent_in(column, group);
}

std::string ask_for_alternative(capnp::StructSchema schema) {
  constexpr size_t most_named = 3;
  std::string names;
  size_t count = 0;
  for (const Field& alternative : layout_of(schema).alternatives) {
    if (alternative.column.field.getProto().getDiscriminantValue() == 0) continue;  // `unset`
    if (++count <= most_named) names += fmt::format("{}{}", count > 1 ? ", " : "", alternative.column.name);
  }
  if (count > most_named) names += fmt::format(" and {} more", count - most_named);
  return fmt::format("exactly one must be given of {}; see `catlog describe`", names);
}

}  // namespace catlog::events
