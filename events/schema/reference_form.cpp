#include "events/schema/reference_form.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "events/error.h"
#include "events/schema/annotations.h"

namespace catlog::events {
namespace {

using Fields = std::vector<std::pair<Column, const ReferenceForm*>>;

// The field that gives the column of this name; null: there is none.
const Fields::value_type* field_for(const std::string& column, const EntityModel& entity, const Fields& fields) {
  for (const auto& field : fields) {
    if (field.first.name == column) return &field;
    for (const Reference& reference : entity.references)
      if (field.second && reference.column == column && reference.to == field.second->entity) return &field;
  }
  return nullptr;
}

std::optional<NamingKey> key_of(size_t number, const EntityModel& entity, const Fields& fields) {
  NamingKey key;
  key.index = number;
  for (const auto& column : entity.indexes[number].columns) {
    const auto* field = field_for(column, entity, fields);
    if (!field) return {};
    key.parts.push_back({field->first, field->second});
  }
  return key.parts.empty() ? std::nullopt : std::optional(std::move(key));
}

std::unique_ptr<ReferenceForm> form_of(capnp::StructSchema schema) {
  auto form = std::make_unique<ReferenceForm>();
  form->entity = named_by(schema);
  CATLOG_CHECK(form->entity != Entity::UNSET);
  const EntityModel& entity = model().entity(form->entity);
  Fields fields;
  for (const auto field : schema.getFields()) {
    Column column = column_of(field);
    if (column.name == "id")
      form->id = std::move(column);
    else if (column.name == "createdBy")
      form->created_by = std::move(column);
    else
      fields.emplace_back(std::move(column),
                          field.getType().isStruct() ? &reference_form(field.getType().asStruct()) : nullptr);
  }
  for (size_t i = 0; i < entity.indexes.size(); ++i) {
    auto key = key_of(i, entity, fields);
    if (!key) continue;
    const auto same = std::ranges::find_if(form->keys, [&](const NamingKey& other) {
      return entity.indexes[other.index].columns == entity.indexes[i].columns;
    });
    if (entity.indexes[i].by_identity && same != form->keys.end())
      same->by_identity = i;
    else
      form->keys.push_back(std::move(*key));
  }
  CATLOG_CHECK(!form->id.name.empty() && !form->created_by.name.empty());
  for (const auto& field : fields)
    CATLOG_CHECK(std::ranges::any_of(form->keys, [&](const NamingKey& key) {
      return std::ranges::any_of(key.parts, [&](const auto& part) { return part.field.name == field.first.name; });
    }));
  return form;
}

}  // namespace

Entity named_by(capnp::StructSchema schema) {
  for (auto entry : schema.getProto().getAnnotations())
    if (entry.getId() == annotation::names) return static_cast<Entity>(entry.getValue().getEnum());
  return Entity::UNSET;
}

const ReferenceForm& reference_form(capnp::StructSchema schema) {
  static std::recursive_mutex mutex;  // a form asks for those within it
  static std::map<uint64_t, std::unique_ptr<ReferenceForm>> forms;
  const std::lock_guard lock(mutex);
  auto& form = forms[schema.getProto().getId()];
  if (!form) form = form_of(schema);
  return *form;
}

}  // namespace catlog::events
