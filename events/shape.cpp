#include "events/shape.h"

#include <memory>

namespace catlog::events {
namespace {

constexpr uint64_t flatten_annotation = 0xa9a1c5f5d7c3e808;

bool is_flattened(capnp::StructSchema::Field field) {
  for (auto entry : field.getProto().getAnnotations())
    if (entry.getId() == flatten_annotation) return true;
  return false;
}

std::unique_ptr<Shape> build(capnp::StructSchema schema) {
  auto shape = std::make_unique<Shape>();
  for (auto field : schema.getFields()) {
    if (is_flattened(field)) {
      for (auto inner : field.getType().asStruct().getFields())
        shape->members.push_back({column_of(inner), field, false});
      continue;
    }
    bool in_union = field.getProto().getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT;
    shape->has_union |= in_union;
    if (in_union && field.getProto().getDiscriminantValue() == 0) continue;  // `unset` is nobody's key
    shape->members.push_back({column_of(field), std::nullopt, in_union});
  }
  for (size_t i = 0; i < shape->members.size(); ++i) shape->by_name.emplace(shape->members[i].column.name, i);
  return shape;
}

}  // namespace

const Shape& shape_of(capnp::StructSchema schema) {
  // Keyed by the node's address, not its id: a group has no id of its own that is cheap to reach.
  thread_local std::unordered_map<const void*, std::unique_ptr<Shape>> shapes;
  auto& shape = shapes[schema.getProto().getDisplayName().begin()];
  if (!shape) shape = build(schema);
  return *shape;
}

}  // namespace catlog::events
