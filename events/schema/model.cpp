#include "events/schema/model.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "events/error.h"
#include "events/position.h"
#include "events/schema/annotations.h"

namespace catlog::events {
namespace {

std::string text(capnp::Text::Reader from) { return {from.begin(), from.size()}; }

Kind kind_of(capnp::Type type) {
  if (type.isInt64()) return Kind::integer;
  if (type.isFloat64()) return Kind::real;
  if (type.isText()) return Kind::text;
  if (type.isEnum()) return Kind::enumeration;
  if (type.isList() && type.asList().getElementType().isInt64()) return Kind::integers;
  return Kind::other;
}

// Where a column lies, from its slot in the schema.
void place(Column& column) {
  if (!column.field.getProto().isSlot()) return;
  auto slot = column.field.getProto().getSlot();
  switch (column.kind) {
    case Kind::integer:
      column.offset = slot.getOffset() * sizeof(int64_t);
      column.default_bits = static_cast<uint64_t>(slot.getDefaultValue().getInt64());
      break;
    case Kind::real:
      column.offset = slot.getOffset() * sizeof(double);
      column.default_bits = std::bit_cast<uint64_t>(slot.getDefaultValue().getFloat64());
      break;
    case Kind::enumeration:
      column.offset = slot.getOffset() * sizeof(uint16_t);
      column.default_bits = slot.getDefaultValue().getEnum();
      break;
    default:
      column.offset = slot.getOffset();
      break;
  }
}

EventType event_of(capnp::StructSchema::Field field) {
  EventType event;
  event.which = field.getProto().getDiscriminantValue();
  event.name = text(field.getProto().getName());
  event.field = field;
  for (auto entry : field.getProto().getAnnotations()) {
    if (entry.getId() != annotation::does) continue;
    auto does = entry.getValue().getStruct().getAs<schema::Does>();
    event.op = does.getOp();
    event.entity = does.getEntity();
    event.group = does.getGroup();
  }
  if (field.getType().isStruct()) {
    event.columns = columns_of(field.getType().asStruct());
    event.pointer = field.getProto().getSlot().getOffset();
  }
  for (const auto& column : event.columns) event.has_row_id |= column.name == "id";
  return event;
}

CommandType command_of(capnp::StructSchema::Field field) {
  CommandType command;
  command.which = field.getProto().getDiscriminantValue();
  command.name = text(field.getProto().getName());
  command.field = field;
  for (auto entry : field.getProto().getAnnotations()) {
    switch (entry.getId()) {
      case annotation::allowed:
        command.allowed = static_cast<schema::Allowed>(entry.getValue().getEnum());
        break;
      case annotation::says:
        command.says = text(entry.getValue().getText());
        break;
      case annotation::example:
        command.example = text(entry.getValue().getText());
        break;
      default:
        break;
    }
  }
  return command;
}

EntityModel entity_of(schema::EntityDecl::Reader declared) {
  EntityModel entity;
  entity.entity = declared.getEntity();
  auto enumerants = capnp::Schema::from<Entity>().getEnumerants();
  entity.name = text(enumerants[static_cast<unsigned>(entity.entity)].getProto().getName());
  entity.table = text(declared.getTable());
  entity.stream = declared.getStream();
  entity.owner = text(declared.getOwner());
  entity.created = text(declared.getCreated());
  entity.updated = text(declared.getUpdated());
  entity.is_link = declared.getIsLink();
  for (auto index : declared.getIndexes()) {
    auto& added = entity.indexes.emplace_back();
    added.unique = index.getUnique();
    added.by_identity = index.getByIdentity();
    for (auto column : index.getColumns()) added.columns.push_back(text(column));
  }
  for (auto reference : declared.getReferences())
    entity.references.push_back({text(reference.getColumn()), reference.getTo(), reference.getOnDelete()});
  return entity;
}

void keep(EntityModel& entity, const std::string& column) {
  for (const auto& kept : entity.kept)
    if (kept == column) return;
  entity.kept.push_back(column);
}

}  // namespace

Column column_of(capnp::StructSchema::Field field) {
  Column column;
  column.name = text(field.getProto().getName());
  column.field = field;
  column.kind = kind_of(field.getType());
  place(column);
  for (auto entry : field.getProto().getAnnotations()) {
    auto value = entry.getValue();
    switch (entry.getId()) {
      case annotation::absent:
        column.absent = static_cast<schema::Absent>(value.getEnum());
        break;
      case annotation::format:
        column.format = static_cast<Format>(value.getEnum());
        break;
      case annotation::identity:
        column.identity = static_cast<schema::Identity>(value.getEnum());
        break;
      case annotation::least:
        column.least = value.getFloat64();
        break;
      case annotation::most:
        column.most = value.getFloat64();
        break;
      case annotation::assigned:
        column.assigned = true;
        break;
      case annotation::kept:
        column.kept = true;
        break;
      case annotation::secret:
        column.secret = true;
        break;
      case annotation::flag:
        column.kind = Kind::flag;
        break;
      default:
        break;
    }
  }
  if (column.kind == Kind::integer && column.format == Format::DATETIME) column.kind = Kind::datetime;
  return column;
}

std::vector<Column> columns_of(capnp::StructSchema schema) {
  std::vector<Column> columns;
  for (auto field : schema.getFields()) columns.push_back(column_of(field));
  return columns;
}

Model::Model() {
  entities_.resize(capnp::Schema::from<Entity>().getEnumerants().size());
  for (auto declared : *schema::ENTITIES) entities_.at(static_cast<size_t>(declared.getEntity())) = entity_of(declared);

  auto record = capnp::Schema::from<schema::Record>();
  for (auto field : record.getFieldByName("event").getType().asStruct().getUnionFields()) {
    auto event = event_of(field);
    if (event.op == Op::UNSET) continue;
    events_.push_back(std::move(event));
  }
  for (auto& event : events_) event.judged_indexes = events::judged_indexes(entity(event.entity), event);
  for (const auto& event : events_) {
    if (event.which >= by_which_.size()) by_which_.resize(event.which + 1u);
    by_which_[event.which] = &event;
  }
  for (auto field : capnp::Schema::from<schema::Command>().getUnionFields())
    if (field.getProto().getDiscriminantValue() != 0) commands_.push_back(command_of(field));
  for (const auto& command : commands_) {
    if (command.which >= commands_by_which_.size()) commands_by_which_.resize(command.which + 1u);
    commands_by_which_[command.which] = &command;
  }
  for (auto& entity : entities_) {
    for (const auto& reference : entity.references)
      if (reference.on_delete != schema::OnDelete::SET_NULL) keep(entity, reference.column);
    for (const auto& index : entity.indexes)
      for (const auto& column : index.columns) keep(entity, column);
    for (const auto& event : events_)
      for (const auto& column : event.columns)
        if (event.entity == entity.entity && column.kept) keep(entity, column.name);
  }
}

const EventType* Model::event(uint16_t which) const { return which < by_which_.size() ? by_which_[which] : nullptr; }

const CommandType* Model::command(uint16_t which) const {
  return which < commands_by_which_.size() ? commands_by_which_[which] : nullptr;
}

const CommandType* Model::command(std::string_view name) const {
  for (const auto& command : commands_)
    if (command.name == name) return &command;
  return nullptr;
}

const EventType* Model::event(std::string_view name) const {
  for (const auto& event : events_)
    if (event.name == name) return &event;
  return nullptr;
}

Entity Model::stream_named(std::string_view table) const {
  for (const auto& entity : entities_)
    if (entity.table == table && entity.stream == entity.entity && !table.empty()) return entity.entity;
  return Entity::UNSET;
}

const Model& model() {
  static const Model instance;
  return instance;
}

std::vector<size_t> judged_indexes(const EntityModel& entity, const EventType& event) {
  std::vector<size_t> judged;
  if (event.op != Op::CREATE && event.op != Op::UPDATE) return judged;
  for (size_t i = 0; i < entity.indexes.size(); ++i) {
    const Index& index = entity.indexes[i];
    if (!index.unique && !index.by_identity) continue;
    bool is_set = event.op == Op::CREATE;
    for (const auto& name : index.columns)
      for (const auto& column : event.columns) is_set |= column.name == name;
    if (is_set) judged.push_back(i);
  }
  return judged;
}

std::string_view spelling(capnp::EnumSchema::Enumerant enumerant) {
  for (auto entry : enumerant.getProto().getAnnotations())
    if (entry.getId() == annotation::spelled) {
      auto spelled = entry.getValue().getText();
      return {spelled.begin(), spelled.size()};
    }
  auto name = enumerant.getProto().getName();
  return {name.begin(), name.size()};
}

uint16_t enumerant_of(capnp::EnumSchema schema, std::string_view spelled) {
  auto enumerants = schema.getEnumerants();
  for (uint16_t i = 1; i < enumerants.size(); ++i)
    if (spelling(enumerants[i]) == spelled) return i;
  return 0;
}

const Reference& other_side_of(const EntityModel& link) {
  const auto found = std::ranges::find_if(link.references, [&](const auto& each) { return each.column != link.owner; });
  CATLOG_CHECK(link.is_link && found != link.references.end());
  return *found;
}

bool is_known_stream(Entity stream) {
  return stream != Entity::UNSET && static_cast<size_t>(stream) < model().entities().size();
}

std::string unknown_stream(Entity stream) {
  return fmt::format("this version does not know a kind of stream {}", static_cast<unsigned>(stream));
}

}  // namespace catlog::events
