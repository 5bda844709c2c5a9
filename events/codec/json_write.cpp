#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include <capnp/any.h>

#include <fmt/format.h>

#include "events/codec/json.h"
#include "events/digest.h"
#include "events/schema/shape.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"

namespace catlog::events {
namespace {

// Not as an integer where readers of JSON keep those in 64 bits, or in doubles without a word.
void write_number(double value, std::string& out) {
  constexpr double largest_whole = 9007199254740992.0;  // 2^53
  char buffer[32];
  const std::string_view text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  out += text;
  if (std::abs(value) > largest_whole && text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

class JsonWriter {
 public:
  JsonWriter(Secrets secrets, std::string& out) : secrets_(secrets), out_(out) {}
  void write_object(capnp::DynamicStruct::Reader from);

 private:
  void write_field(const Column& column, capnp::DynamicStruct::Reader from);
  void write_list(capnp::DynamicList::Reader list);
  void write_words(Format format, capnp::DynamicStruct::Reader words);
  bool skips(const Member& member, capnp::DynamicStruct::Reader from) const;
  void write_other(const Column& column, capnp::DynamicStruct::Reader from);

  Secrets secrets_;
  std::string& out_;
};

bool JsonWriter::skips(const Member& member, capnp::DynamicStruct::Reader from) const {
  if (member.column.secret && secrets_ == Secrets::hidden) return true;
  if (member.in_union || (member.column.kind == Kind::other && !member.is_pointer)) return false;
  return is_absent_in(member.column, from);
}

// Which of a union's many members is given is asked once.
void JsonWriter::write_object(capnp::DynamicStruct::Reader from) {
  const Shape& shape = shape_of(from.getSchema());
  std::optional<unsigned> given;
  if (shape.has_union)
    KJ_IF_MAYBE (field, from.which()) given = field->getIndex();
  out_ += '{';
  bool first = true;
  for (const auto& member : shape.members) {
    if (member.in_union && given != member.column.field.getIndex()) continue;
    auto source = from;
    if (member.flattened) {
      if (!from.has(*member.flattened)) continue;
      source = from.get(*member.flattened).as<capnp::DynamicStruct>();
    }
    if (skips(member, source)) continue;
    if (!first) out_ += ',';
    first = false;
    out_ += '"';
    out_ += member.column.name;
    out_ += "\":";
    write_field(member.column, source);
  }
  out_ += '}';
}

void JsonWriter::write_field(const Column& column, capnp::DynamicStruct::Reader from) {
  switch (column.kind) {
    case Kind::integer:
      return write_json_integer(integer_in(column, from), out_);
    case Kind::flag:
      out_ += integer_in(column, from) ? "true" : "false";
      return;
    case Kind::datetime:
      out_ += '"' + to_rfc3339(integer_in(column, from)) + '"';
      return;
    case Kind::real:
      return write_number(real_in(column, from), out_);
    case Kind::text:
      return write_json_text(text_in(column, from), out_);
    case Kind::enumeration: {
      const auto value = from.get(column.field).as<capnp::DynamicEnum>();
      KJ_IF_MAYBE (known, value.getEnumerant()) return write_json_text(spelling(*known), out_);
      return write_json_text(fmt::format("unknown-{}", value.getRaw()), out_);
    }
    default:
      return write_other(column, from);
  }
}

void JsonWriter::write_other(const Column& column, capnp::DynamicStruct::Reader from) {
  auto value = from.get(column.field);
  switch (value.getType()) {
    case capnp::DynamicValue::VOID:
      out_ += "null";
      return;
    case capnp::DynamicValue::BOOL:
      out_ += value.as<bool>() ? "true" : "false";
      return;
    case capnp::DynamicValue::UINT:
      return write_json_integer(value.as<uint64_t>(), out_);
    case capnp::DynamicValue::LIST:
      return write_list(value.as<capnp::DynamicList>());
    case capnp::DynamicValue::STRUCT:
      if (column.format != Format::ANY) return write_words(column.format, value.as<capnp::DynamicStruct>());
      return write_object(value.as<capnp::DynamicStruct>());
    case capnp::DynamicValue::DATA: {
      auto data = value.as<capnp::Data>();
      out_ += '"' + hex({data.begin(), data.size()}) + '"';
      return;
    }
    default:
      out_ += "null";
      return;
  }
}

// A UUID or digest, which Cap'n Proto holds as 64-bit words.
void JsonWriter::write_words(Format format, capnp::DynamicStruct::Reader words) {
  const auto data = capnp::AnyStruct::Reader(words).getDataSection();
  std::vector<uint8_t> bytes;
  for (const Field& field : layout_of(words.getSchema()).fields) {
    const size_t begin = field.column.offset * sizeof(uint64_t);
    for (size_t at = begin + sizeof(uint64_t); at-- > begin;)  // the low byte lies first
      bytes.push_back(at < data.size() ? data[at] : 0);
  }
  std::string digits = hex(bytes);
  if (format == Format::UUID)
    for (size_t at : {8u, 13u, 18u, 23u}) digits.insert(at, 1, '-');
  out_ += '"' + digits + '"';
}

void JsonWriter::write_list(capnp::DynamicList::Reader list) {
  out_ += '[';
  for (unsigned i = 0; i < list.size(); ++i) {
    if (i > 0) out_ += ',';
    auto value = list[i];
    if (value.getType() == capnp::DynamicValue::INT) {
      write_json_integer(value.as<int64_t>(), out_);
    } else if (value.getType() == capnp::DynamicValue::TEXT) {
      auto text = value.as<capnp::Text>();
      write_json_text({text.begin(), text.size()}, out_);
    } else {
      write_object(value.as<capnp::DynamicStruct>());
    }
  }
  out_ += ']';
}

}  // namespace

void write_json(capnp::DynamicStruct::Reader from, Secrets secrets, std::string& out) {
  JsonWriter(secrets, out).write_object(from);
}

std::string write_json(capnp::DynamicStruct::Reader from, Secrets secrets) {
  std::string out;
  write_json(from, secrets, out);
  return out;
}

}  // namespace catlog::events
