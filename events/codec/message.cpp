#include "events/codec/message.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <cstring>

#include <capnp/any.h>
#include <capnp/serialize.h>
#include <fmt/format.h>

#include "events/error.h"
#include "events/schema/identity.h"
#include "events/schema/shape.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/utf8.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

using Result = std::expected<void, Malformed>;

// How often the words of a message may be read while it is checked and copied: bounds what overlapping pointers cost.
constexpr uint64_t traversals = 8;
constexpr int max_nesting = 64;
constexpr const char* set_by_catlog = "this field is set by catlog; leave it out";

std::unexpected<Malformed> at(std::string_view field, std::string message) {
  return std::unexpected(Malformed{std::string(field), std::move(message)});
}

Result check_text(const std::string& path, capnp::Text::Reader text) {
  std::string_view view(text.begin(), text.size());
  if (view.find('\0') != std::string_view::npos) return at(path, "text cannot hold NUL; leave it out");
  if (!is_utf8(view)) return at(path, "the text is not UTF-8");
  return {};
}

// Gives a text the one spelling of what it stands for. It lies in words that are ours alone and in canonical form: no
// two pointers share them, and no text gets longer.
void spell_in_place(schema::Identity identity, capnp::Text::Reader text) {
  if (!has_one_spelling(identity)) return;
  spell_in_one_way(identity, {const_cast<char*>(text.begin()), text.size()});
}

bool holds_nothing(capnp::DynamicStruct::Reader group) {
  return std::ranges::all_of(layout_of(group.getSchema()).fields,
                             [&](const Field& field) { return is_absent(field.column, group); });
}

// Walks what a producer sent in binary, in canonical form, finds what the JSON reader would not have let in either, and
// spells as that does: it lies in words that are ours alone.
class Checker {
 public:
  Result check_struct(const std::string& path, capnp::DynamicStruct::Reader value);
  // Whether something was left out, without which the form is no more the canonical one.
  bool has_left_out() const { return has_left_out_; }

 private:
  Result check_field(const std::string& path, const Field& field, capnp::DynamicStruct::Reader value);
  Result check_number(const std::string& path, const Column& column, capnp::DynamicStruct::Reader value);
  Result check_list(const std::string& path, const Field& field, capnp::DynamicList::Reader list);
  // What JSON cannot tell from a field that was never set becomes one: of the many NaN the one that says so, and a
  // group of columns of which none is given.
  void leave_out(const Column& number, capnp::DynamicStruct::Reader value);
  void leave_out_group(const Column& group, capnp::DynamicStruct::Reader value);

  bool has_left_out_ = false;
};

bool holds_unknown(const Layout& layout, capnp::DynamicStruct::Reader value) {
  if (layout.is_group) return false;
  capnp::AnyStruct::Reader any(value);
  // In canonical form trailing zeros are cut, so any excess is content of a later schema; and so is what lies between
  // our fields, where a later one may have found space.
  const auto data = any.getDataSection();
  if (data.size() > layout.data_words * sizeof(capnp::word) || any.getPointerSection().size() > layout.pointers)
    return true;
  for (size_t at = 0; at < data.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, data.begin() + at, std::min(sizeof word, data.size() - at));
    if ((word & ~layout.known_bits[at / sizeof word]) != 0) return true;
  }
  return false;
}

Result Checker::check_struct(const std::string& path, capnp::DynamicStruct::Reader value) {
  const Layout& layout = layout_of(value.getSchema());
  if (holds_unknown(layout, value)) return at(path, "this holds fields that this version does not know");
  if (!layout.alternatives.empty()) {
    auto which = value.which();
    KJ_IF_MAYBE (field, which) {
      auto discriminant = field->getProto().getDiscriminantValue();
      if (discriminant == 0) return at(path, ask_for_alternative(value.getSchema()));
      if (auto result = check_field(path, layout.alternatives[discriminant], value); !result) return result;
    } else {
      return at(path, "this alternative is not known to this version; see `catlog describe`");
    }
  }
  for (const auto& field : layout.fields)
    if (auto result = check_field(path, field, value); !result) return result;
  return {};
}

Result Checker::check_field(const std::string& path, const Field& field, capnp::DynamicStruct::Reader value) {
  const Column& column = field.column;
  if (!field.is_pointer && !field.is_group) return check_number(path, column, value);
  if (field.is_pointer && !value.has(column.field)) return {};
  const std::string inner = path + json_pointer_step(column.name);
  if (column.assigned && !is_absent(column, value)) return at(inner, set_by_catlog);
  if (field.type.isText()) {
    const auto text = value.get(column.field).as<capnp::Text>();
    spell_in_place(column.identity, text);
    return check_text(inner, text);
  }
  if (field.type.isStruct()) {
    const auto within = value.get(column.field).as<capnp::DynamicStruct>();
    auto checked = check_struct(inner, within);
    if (checked && field.is_flattened && holds_nothing(within)) leave_out_group(column, value);
    return checked;
  }
  if (field.type.isList()) return check_list(inner, field, value.get(column.field).as<capnp::DynamicList>());
  return {};
}

Result Checker::check_number(const std::string& path, const Column& column, capnp::DynamicStruct::Reader value) {
  if (column.kind == Kind::other) return {};
  if (is_absent(column, value)) {
    if (column.kind != Kind::enumeration && value.has(column.field, capnp::HasMode::NON_DEFAULT))
      leave_out(column, value);
    return {};
  }
  if (column.assigned) return at(path + json_pointer_step(column.name), set_by_catlog);
  // JSON has four digits for a year: another time would be written as one that nobody sent.
  if (column.kind != Kind::datetime) return {};
  const auto us = value.get(column.field).as<int64_t>();
  if (us >= first_datetime_us && us <= last_datetime_us) return {};
  return at(path + json_pointer_step(column.name),
            "this time does not lie in the years 0000 to 9999; send microseconds since 1970-01-01 UTC");
}

void Checker::leave_out(const Column& number, capnp::DynamicStruct::Reader value) {
  const auto data = capnp::AnyStruct::Reader(value).getDataSection();
  std::memset(const_cast<kj::byte*>(data.begin()) + number.offset, 0, sizeof(uint64_t));
  has_left_out_ = true;
}

// A struct's pointers lie behind its data.
void Checker::leave_out_group(const Column& group, capnp::DynamicStruct::Reader value) {
  const auto data = capnp::AnyStruct::Reader(value).getDataSection();
  std::memset(const_cast<kj::byte*>(data.end()) + group.offset * sizeof(capnp::word), 0, sizeof(capnp::word));
  has_left_out_ = true;
}

Result Checker::check_list(const std::string& path, const Field& field, capnp::DynamicList::Reader list) {
  auto type = field.type.asList().getElementType();
  if (!type.isText() && !type.isStruct()) return {};
  for (unsigned i = 0; i < list.size(); ++i) {
    const std::string inner = fmt::format("{}/{}", path, i);
    auto result = type.isText() ? check_text(inner, list[i].as<capnp::Text>())
                                : check_struct(inner, list[i].as<capnp::DynamicStruct>());
    if (!result) return result;
  }
  return {};
}

// The fault with the id of the command that it is in, where that can be read.
std::unexpected<Malformed> of_command(Malformed fault, capnp::DynamicStruct::Reader root) {
  if (root.getSchema() != capnp::Schema::from<schema::Command>()) return std::unexpected(std::move(fault));
  const auto id = root.as<schema::Command>().getId();
  if (const auto uuid = parse_uuid({id.begin(), id.size()})) fault.id = to_string(*uuid);
  return std::unexpected(std::move(fault));
}

std::expected<kj::Array<capnp::word>, Malformed> canonical_of_binary(std::string_view body,
                                                                     capnp::StructSchema schema) {
  constexpr const char* what = "this is no Cap'n Proto message in stream framing of the declared schema";
  if (body.size() < 2 * sizeof(capnp::word) || body.size() % sizeof(capnp::word) != 0) return at("", what);
  auto words = kj::heapArray<capnp::word>(body.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), body.data(), body.size());
  try {
    capnp::FlatArrayMessageReader reader(words, {words.size() * traversals + 64, max_nesting});
    if (reader.getEnd() != words.end()) return at("", "there are bytes behind the message");
    auto canonical = reader.getRoot<capnp::AnyStruct>().canonicalize();
    kj::ArrayPtr<const capnp::word> segment = canonical;
    capnp::SegmentArrayMessageReader copy(kj::arrayPtr(&segment, 1), {segment.size() * traversals + 64, max_nesting});
    const auto root = copy.getRoot<capnp::DynamicStruct>(schema);
    Checker checker;
    if (auto checked = checker.check_struct("", root); !checked) return of_command(checked.error(), root);
    if (!checker.has_left_out()) return canonical;
    return capnp::readMessageUnchecked<capnp::AnyStruct>(canonical.begin()).canonicalize();
  } catch (const kj::Exception&) {
    return at("", what);
  }
}

std::expected<kj::Array<capnp::word>, Malformed> canonical_of_json(std::string_view body, capnp::StructSchema schema) {
  capnp::word scratch[256] = {};
  capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 256));
  auto root = message.initRoot<capnp::DynamicStruct>(schema);
  if (auto read = read_json(body, root, Fields::command); !read) return of_command(read.error(), root.asReader());
  return capnp::AnyStruct::Reader(root.asReader()).canonicalize();
}

// Clears every secret; Cap'n Proto zeroes what it lets go.
void strip_secrets(capnp::DynamicStruct::Builder from) {
  const Layout& layout = layout_of(from.getSchema());
  if (!layout.holds_secrets) return;
  auto strip = [&](const Field& field) {
    if (field.column.secret) return from.clear(field.column.field);
    if (field.is_pointer && !from.has(field.column.field)) return;
    if (field.type.isStruct()) return strip_secrets(from.get(field.column.field).as<capnp::DynamicStruct>());
    if (!field.type.isList() || !field.type.asList().getElementType().isStruct()) return;
    auto list = from.get(field.column.field).as<capnp::DynamicList>();
    for (unsigned i = 0; i < list.size(); ++i) strip_secrets(list[i].as<capnp::DynamicStruct>());
  };
  for (const auto& field : layout.fields) strip(field);
  auto which = from.which();
  KJ_IF_MAYBE (field, which) strip(layout.alternatives[field->getProto().getDiscriminantValue()]);
}

}  // namespace

Digest Message::digest() const { return sha256(std::as_bytes(std::span(words_.begin(), words_.size()))); }

std::expected<Message, Malformed> read_message(std::string_view body, Encoding encoding, capnp::StructSchema schema) {
  auto words = encoding == Encoding::json ? canonical_of_json(body, schema) : canonical_of_binary(body, schema);
  if (!words) return std::unexpected(words.error());
  return Message(kj::mv(*words));
}

std::expected<Message, Malformed> read_command(std::string_view body, Encoding encoding) {
  return read_message(body, encoding, capnp::Schema::from<schema::Command>());
}

std::string encode(capnp::DynamicStruct::Reader from, Encoding encoding, Secrets secrets) {
  if (encoding == Encoding::json) return write_json(from, secrets);
  // One segment, on the stack when it is small: records are read in place.
  constexpr size_t small_words = 128;
  capnp::word scratch[small_words] = {};
  const size_t words_needed = from.totalSize().wordCount + 1;
  kj::Array<capnp::word> large;
  if (words_needed > small_words) large = kj::heapArray<capnp::word>(words_needed);
  if (large.size() > 0) std::memset(large.begin(), 0, large.asBytes().size());
  capnp::MallocMessageBuilder message(large.size() > 0 ? large.asPtr() : kj::arrayPtr(scratch, small_words));
  message.setRoot(from);
  if (secrets == Secrets::hidden) strip_secrets(message.getRoot<capnp::DynamicStruct>(from.getSchema()));
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asChars();
  return {bytes.begin(), bytes.size()};
}

}  // namespace catlog::events
