#include "commandhandler/rules/declared.h"

#include <string>
#include <string_view>
#include <vector>

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commandhandler/rules/columns.h"
#include "commandhandler/rules/references.h"
#include "events/schema/shape.h"

namespace catlog::commandhandler {
namespace {

using events::Kind;
using events::Member;
using events::schema::Command;

OrRefusal<void> check_named(capnp::DynamicStruct::Reader from, const std::string& name) {
  const auto& form = events::reference_form(from.getSchema());
  CATLOG_PASS(way_of(form, events::Sections(from), name));
  return {};
}

OrRefusal<void> check_other(capnp::DynamicStruct::Reader from, const Member& member) {
  const auto type = member.column.field.getType();
  const auto value = from.get(member.column.field);
  if (type.isStruct() && events::named_by(type.asStruct()) != events::Entity::UNSET)
    return check_named(value.as<capnp::DynamicStruct>(), member.column.name);
  if (!type.isList() || !type.asList().getElementType().isStruct()) return {};
  if (events::named_by(type.asList().getStructElementType()) == events::Entity::UNSET) return {};
  unsigned number = 0;
  for (auto each : value.as<capnp::DynamicList>())
    CATLOG_PASS(check_named(each.as<capnp::DynamicStruct>(), fmt::format("{}.{}", member.column.name, number++)));
  return {};
}

OrRefusal<void> check_member(capnp::DynamicStruct::Reader within, const Member& member) {
  const auto from = member.flattened ? within.get(*member.flattened).as<capnp::DynamicStruct>() : within;
  const auto& column = member.column;
  const bool is_left_out = events::is_absent(column, from);
  if (is_left_out && !member.is_needed) return {};
  if (is_left_out && (!member.flattened || column.absent != events::schema::Absent::REFUSED))
    return refuse(RefusalCode::INVALID, column.name, fmt::format("{} is required", column.name));
  if (column.kind == Kind::other) return check_other(from, member);
  capnp::MallocMessageBuilder copy;
  copy.setRoot(from);
  return check_column(column, events::Sections(from), copy.getRoot<capnp::DynamicStruct>(from.getSchema()));
}

OrRefusal<void> check_struct(capnp::DynamicStruct::Reader from) {
  const auto& shape = events::shape_of(from.getSchema());
  std::vector<std::string_view> ways;
  size_t given = 0;
  for (const Member& member : shape.members) {
    if (member.column.assigned) continue;
    CATLOG_PASS(check_member(from, member));
    if (!member.is_either) continue;
    ways.push_back(member.column.name);
    if (!events::is_absent(member.column, from)) ++given;
  }
  if (ways.empty() || given == 1) return {};
  return refuse(RefusalCode::INVALID, "", fmt::format("name exactly one of {}", fmt::join(ways, ", ")));
}

}  // namespace

OrRefusal<const events::CommandType*> type_of(Command::Reader command) {
  const auto* type = events::model().command(static_cast<uint16_t>(command.which()));
  if (!type) return refuse(RefusalCode::MALFORMED, "", "there is no command in this message; see `catlog describe`");
  return type;
}

// Commands about no one row have no version that could be expected.
OrRefusal<void> check_expected_version(Command::Reader command) {
  if (command.getExpectedVersion() == -1) return {};
  if (command.isExpireRefreshTokens() || command.isPurgeAuditLogs() || command.isRescoreSources())
    return refuse(RefusalCode::INVALID, "expectedVersion",
                  "this command is about no single thing; leave expectedVersion out");
  if (command.getExpectedVersion() < -1)
    return refuse(RefusalCode::INVALID, "expectedVersion",
                  "expectedVersion must be -1 (any), 0 (must create) or a version");
  return {};
}

OrRefusal<void> check_declared(Command::Reader command) {
  CATLOG_TRY(type, type_of(command));
  CATLOG_PASS(check_expected_version(command));
  if (command.isBatch()) return {};
  return check_struct(capnp::DynamicStruct::Reader(command).get(type->field).as<capnp::DynamicStruct>());
}

}  // namespace catlog::commandhandler
