#include "commandhandler/alone.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <capnp/any.h>
#include <fmt/format.h>

#include "commandhandler/rules/declared.h"
#include "events/bus/limits.h"
#include "events/schema/model.h"

namespace catlog::commandhandler {
namespace {

namespace schema = events::schema;

using events::max_batch_commands, events::max_envelope_text_bytes;

// "actor.userId", as rules write it, as a JSON pointer.
std::string pointer_of(std::string_view path) {
  std::string pointer;
  if (!path.empty()) pointer = '/';
  for (const char c : path) pointer += c == '.' ? '/' : c;
  return pointer;
}

// A message whose pointers overlap is short, and the events that it makes are not.
OrRefusal<void> check_size(size_t words, const std::string& field) {
  const size_t bytes = words * sizeof(capnp::word);
  if (bytes <= events::max_canonical_bytes) return {};
  return refuse(RefusalCode::TOO_LARGE, field,
                fmt::format("written out the command has {} bytes, and at most {} are taken; send it in parts, or with "
                            "shorter texts",
                            bytes, events::max_canonical_bytes));
}

OrRefusal<void> check_content(schema::Command::Reader command) {
  if (auto declared = check_declared(command); !declared) return std::unexpected(in_message(declared.error(), command));
  return {};
}

OrRefusal<void> check_member(schema::Command::Reader command, std::unordered_set<events::Uuid>& ids) {
  CATLOG_TRY(id, id_of(command));
  if (!ids.insert(id).second) return std::unexpected(twice_in_batch());
  CATLOG_PASS(check_texts(command));
  CATLOG_PASS(check_in_batch(command));
  return check_content(command);
}

OrRefusal<void> check_message(const events::Message& message) {
  const auto command = message.root<schema::Command>();
  CATLOG_TRY(id, id_of(command));
  CATLOG_PASS(check_sizes(message, command));
  CATLOG_PASS(check_texts(command));
  if (!command.isBatch()) return check_content(command);
  CATLOG_PASS(check_batch(command));
  std::unordered_set<events::Uuid> ids{id};
  unsigned number = 0;
  for (auto member : command.getBatch().getCommands()) {
    if (auto checked = check_member(member, ids); !checked) {
      auto why = checked.error();
      why.field = fmt::format("/batch/commands/{}{}", number, why.field);
      return std::unexpected(std::move(why));
    }
    ++number;
  }
  return {};
}

}  // namespace

std::optional<events::Refusal> refused_alone(const events::Message& message) {
  auto checked = check_message(message);
  if (checked) return {};
  return std::move(checked).error();
}

Refusal twice_in_batch() {
  return {RefusalCode::COMMAND_ID_REUSED, "/id",
          "another command of this batch, or the batch, has this id; give each command an id of its own"};
}

Refusal in_message(Refusal refusal, schema::Command::Reader command) {
  constexpr std::string_view around[] = {"id", "expectedVersion", "actor", "correlationId", "causationId", "batch"};
  const std::string_view first = std::string_view(refusal.field).substr(0, refusal.field.find('.'));
  const auto* type = events::model().command(static_cast<uint16_t>(command.which()));
  const bool is_of_command = type && !first.empty() && std::ranges::find(around, first) == std::end(around);
  refusal.field = (is_of_command ? "/" + type->name : std::string()) + pointer_of(refusal.field);
  return refusal;
}

OrRefusal<events::Uuid> id_of(schema::Command::Reader command) {
  const auto text = command.getId();
  auto id = events::parse_uuid({text.begin(), text.size()});
  if (!id)
    return refuse(RefusalCode::MALFORMED, "/id",
                  "id must be a UUID: 8-4-4-4-12 hex digits, a new one for each command");
  return *id;
}

OrRefusal<void> check_texts(schema::Command::Reader command) {
  const auto actor = command.getActor();
  const std::pair<const char*, capnp::Text::Reader> texts[] = {{"correlationId", command.getCorrelationId()},
                                                               {"causationId", command.getCausationId()},
                                                               {"actor.ipAddress", actor.getIpAddress()},
                                                               {"actor.userAgent", actor.getUserAgent()}};
  for (const auto& [field, text] : texts)
    if (text.size() > max_envelope_text_bytes)
      return refuse(RefusalCode::INVALID, pointer_of(field),
                    fmt::format("{} has at most {} bytes; send a shorter one", field, max_envelope_text_bytes));
  return {};
}

OrRefusal<void> check_sizes(const events::Message& message, schema::Command::Reader command) {
  if (!command.isBatch()) return check_size(message.words(), "");
  unsigned number = 0;
  for (auto member : command.getBatch().getCommands())
    CATLOG_PASS(check_size(member.totalSize().wordCount, fmt::format("/batch/commands/{}", number++)));
  return {};
}

OrRefusal<void> check_batch(schema::Command::Reader batch) {
  const auto size = batch.getBatch().getCommands().size();
  if (size == 0 || size > max_batch_commands)
    return refuse(RefusalCode::INVALID, "/batch/commands",
                  fmt::format("a batch has 1 to {} commands", max_batch_commands));
  if (batch.getExpectedVersion() != -1)
    return refuse(RefusalCode::INVALID, "/expectedVersion",
                  "a batch has no version; give expectedVersion to the commands in it");
  return {};
}

OrRefusal<void> check_in_batch(schema::Command::Reader command) {
  if (command.isBatch())
    return refuse(RefusalCode::INVALID, "/batch", "batches do not nest; put its commands into one batch");
  if (command.isLookUp())
    return refuse(RefusalCode::INVALID, "", "lookUp changes nothing: send it by itself, behind the batch");
  return {};
}

}  // namespace catlog::commandhandler
