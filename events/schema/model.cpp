#include "events/schema/model.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <bit>
#include <cstring>

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

// A struct's sections end where its sender's schema did, or its last value that is not 0.
template <class Bits>
Bits bits_in(const Column& column, capnp::AnyStruct::Reader group) {
  auto data = group.getDataSection();
  Bits bits = 0;
  if (column.offset + sizeof bits <= data.size()) std::memcpy(&bits, data.begin() + column.offset, sizeof bits);
  return static_cast<Bits>(bits ^ static_cast<Bits>(column.default_bits));
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

bool is_absent_in(const Column& column, capnp::AnyStruct::Reader group) {
  switch (column.kind) {
    case Kind::integer:
    case Kind::flag:
    case Kind::datetime:
      return integer_in(column, group) == absent_int;
    case Kind::real: {
      auto value = real_in(column, group);
      return value != value;
    }
    case Kind::enumeration:
      return enumerant_in(column, group) == 0;
    default: {
      auto pointers = group.getPointerSection();
      return column.offset >= pointers.size() || pointers[column.offset].isNull();
    }
  }
}

bool is_default_in(const Column& column, capnp::AnyStruct::Reader group) {
  return bits_in<uint64_t>(column, group) == column.default_bits;
}

int64_t integer_in(const Column& column, capnp::AnyStruct::Reader group) {
  return static_cast<int64_t>(bits_in<uint64_t>(column, group));
}

double real_in(const Column& column, capnp::AnyStruct::Reader group) {
  return std::bit_cast<double>(bits_in<uint64_t>(column, group));
}

uint16_t enumerant_in(const Column& column, capnp::AnyStruct::Reader group) { return bits_in<uint16_t>(column, group); }

capnp::List<int64_t>::Reader integers_in(const Column& column, capnp::AnyStruct::Reader group) {
  auto pointers = group.getPointerSection();
  if (column.offset >= pointers.size()) return {};
  return pointers[column.offset].getAs<capnp::List<int64_t>>();
}

std::string_view text_in(const Column& column, capnp::AnyStruct::Reader group) {
  auto pointers = group.getPointerSection();
  if (column.offset >= pointers.size()) return {};
  auto text = pointers[column.offset].getAs<capnp::Text>();
  return {text.begin(), text.size()};
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
