#include "events/codec/message.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <cstring>

#include <capnp/any.h>
#include <capnp/serialize.h>

#include "events/codec/checker.h"
#include "events/schema/shape.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

// How often the words of a message may be read while it is checked and copied: bounds what overlapping pointers cost.
constexpr uint64_t traversals = 8;
constexpr int max_nesting = 64;

std::unexpected<Malformed> no_message(const char* why) { return std::unexpected(Malformed{"", why}); }

// The fault with the id of the command that it is in, where that can be read; read_json finds it by itself.
std::unexpected<Malformed> of_command(Malformed fault, capnp::DynamicStruct::Reader root) {
  if (root.getSchema() != capnp::Schema::from<schema::Command>()) return std::unexpected(std::move(fault));
  const auto id = root.as<schema::Command>().getId();
  if (const auto uuid = parse_uuid({id.begin(), id.size()})) fault.id = to_string(*uuid);
  return std::unexpected(std::move(fault));
}

// What is on the stack: most messages.
constexpr size_t small_words = 192;

// What AnyStruct::Reader::canonicalize gives, without its look at what it made and a copy of it, which are a third of
// its cost. `root`: not null.
kj::Array<capnp::word> canonical_of(capnp::AnyPointer::Reader root) {
  if (!root.isStruct()) KJ_FAIL_REQUIRE("a message's root is a struct");
  const size_t most = root.targetSize().wordCount + 1;
  capnp::word scratch[small_words] = {};
  kj::Array<capnp::word> large;
  if (most > small_words) {
    large = kj::heapArray<capnp::word>(most);
    std::memset(large.begin(), 0, large.asBytes().size());
  }
  capnp::FlatMessageBuilder message(most > small_words ? large.asPtr() : kj::arrayPtr(scratch, most));
  message.getRoot<capnp::AnyPointer>().setCanonical(root);
  const auto made = message.getSegmentsForOutput()[0];
  auto exact = kj::heapArray<capnp::word>(made.size());
  std::memcpy(exact.begin(), made.begin(), made.asBytes().size());
  return exact;
}

std::expected<kj::Array<capnp::word>, Malformed> canonical_of_binary(std::string_view body, capnp::StructSchema schema,
                                                                     Fields fields) {
  constexpr const char* what = "this is no Cap'n Proto message in stream framing of the declared schema";
  if (body.size() < 2 * sizeof(capnp::word) || body.size() % sizeof(capnp::word) != 0) return no_message(what);
  capnp::word scratch[small_words];  // where it is aligned
  const size_t count = body.size() / sizeof(capnp::word);
  kj::Array<capnp::word> large;
  if (count > small_words) large = kj::heapArray<capnp::word>(count);
  kj::ArrayPtr<capnp::word> words = count > small_words ? large.asPtr() : kj::arrayPtr(scratch, count);
  std::memcpy(words.begin(), body.data(), body.size());
  try {
    capnp::FlatArrayMessageReader reader(words, {words.size() * traversals + 64, max_nesting});
    if (reader.getEnd() != words.end()) return no_message("there are bytes behind the message");
    const auto given = reader.getRoot<capnp::AnyPointer>();
    auto canonical = given.isNull() ? reader.getRoot<capnp::AnyStruct>().canonicalize() : canonical_of(given);
    kj::ArrayPtr<const capnp::word> segment = canonical;
    capnp::SegmentArrayMessageReader copy(kj::arrayPtr(&segment, 1), {segment.size() * traversals + 64, max_nesting});
    Checker checker(fields);
    if (auto checked = checker.check(layout_of(schema), copy.getRoot<capnp::AnyStruct>()); !checked)
      return of_command(checked.error(), copy.getRoot<capnp::DynamicStruct>(schema));
    if (!checker.has_left_out()) return canonical;
    return canonical_of(capnp::readMessageUnchecked<capnp::AnyPointer>(canonical.begin()));
  } catch (const kj::Exception&) {
    return no_message(what);
  }
}

std::expected<kj::Array<capnp::word>, Malformed> canonical_of_json(std::string_view body, capnp::StructSchema schema,
                                                                   Fields fields) {
  capnp::word scratch[256] = {};
  capnp::MallocMessageBuilder message(kj::arrayPtr(scratch, 256));
  auto root = message.initRoot<capnp::DynamicStruct>(schema);
  if (auto read = read_json(body, root, fields); !read) return std::unexpected(read.error());
  return canonical_of(message.getRoot<capnp::AnyPointer>().asReader());
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

std::expected<Message, Malformed> read_message(std::string_view body, Encoding encoding, capnp::StructSchema schema,
                                               Fields fields) {
  auto words =
      encoding == Encoding::json ? canonical_of_json(body, schema, fields) : canonical_of_binary(body, schema, fields);
  if (!words) return std::unexpected(words.error());
  return Message(kj::mv(*words));
}

std::expected<Message, Malformed> read_command(std::string_view body, Encoding encoding) {
  return read_message(body, encoding, capnp::Schema::from<schema::Command>());
}

std::string encode(capnp::DynamicStruct::Reader from, Encoding encoding, Secrets secrets) {
  if (encoding == Encoding::json) return write_json(from, secrets);
  // One segment, on the stack when it is small: records are read in place.
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
