#include "events/codec/message.h"
#include "events/schema/vocabulary.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "events/text/utf8.h"
#include "events/text/uuid.h"
#include "tests/fuzz/targets/judging.h"
#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

using events::Encoding;

constexpr size_t most_commands = 16;
constexpr size_t most_words = 64 * 1'024;  // pointers that overlap are written apart

// The same command as it is written. In binary a pointer to nothing says what an empty struct says, and JSON has the
// latter only: as JSON they are the same, by their digests they are two.
void check_form(const events::Message& message, Encoding form) {
  const auto root = message.root<events::schema::Command>();
  if (root.totalSize().wordCount > most_words) return;
  const auto again = events::read_command(events::encode(root, form, events::Secrets::shown), form);
  if (!again)
    throw Broken(fmt::format("a command that was taken cannot be read as it is written: {} {} {}", again.error().field,
                             again.error().message, events::encode(root, Encoding::json)));
  const auto same_text = [&] {
    return events::encode(again->root<events::schema::Command>(), form, events::Secrets::shown) ==
           events::encode(root, form, events::Secrets::shown);
  };
  must(again->digest() == message.digest() || (form == Encoding::json && same_text()),
       "a command is another one as it is written");
}

void check_fault(const events::Malformed& fault) {
  must(!fault.message.empty() && events::is_utf8(fault.message), "a fault has no sentence");
  must(fault.field.empty() || (fault.field.starts_with('/') && events::is_utf8(fault.field)),
       "a fault's field is no pointer");
  must(fault.id.empty() || events::parse_uuid(fault.id), "a fault's id is none");
}

std::optional<events::Message> read(std::string_view body, Encoding encoding) {
  auto message = events::read_command(body, encoding);
  if (!message) {
    check_fault(message.error());
    return {};
  }
  check_form(*message, Encoding::capnp);
  return std::move(*message);
}

// As one batch.
void judge(std::span<const events::Message> commands) {
  for (const size_t number : Judging::shared().judge(commands)) check_form(commands[number], Encoding::json);
}

}  // namespace

// Each line is a command; those that can be read are judged as one batch.
void try_command_json(Input input) {
  std::vector<events::Message> commands;
  size_t lines = 0;
  for (std::string_view text = text_of(input); !text.empty() && lines < most_commands; ++lines) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (auto message = read(line, Encoding::json)) commands.push_back(std::move(*message));
  }
  if (!commands.empty()) judge(commands);
}

void try_command_capnp(Input input) {
  if (const auto message = read(text_of(input), Encoding::capnp)) judge(std::span(&*message, 1));
}

}  // namespace catlog::tests
