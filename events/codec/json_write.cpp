#include <charconv>
#include <cmath>
#include <string_view>

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

  Secrets secrets_;
  std::string& out_;
};

bool JsonWriter::skips(const Member& member, capnp::DynamicStruct::Reader from) const {
  if (member.column.secret && secrets_ == Secrets::hidden) return true;
  auto type = member.column.field.getType();
  if (member.in_union) return from.which() != kj::Maybe<capnp::StructSchema::Field>(member.column.field);
  if (member.column.kind != Kind::other) return is_absent(member.column, from);
  if (type.isList() || type.isData()) return !from.has(member.column.field);
  if (type.isStruct()) return !member.column.field.getProto().isGroup() && !from.has(member.column.field);
  return false;
}

void JsonWriter::write_object(capnp::DynamicStruct::Reader from) {
  out_ += '{';
  bool first = true;
  for (const auto& member : shape_of(from.getSchema()).members) {
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
  auto value = from.get(column.field);
  switch (column.kind) {
    case Kind::integer:
      return write_json_integer(value.as<int64_t>(), out_);
    case Kind::flag:
      out_ += value.as<int64_t>() ? "true" : "false";
      return;
    case Kind::datetime:
      out_ += '"' + to_rfc3339(value.as<int64_t>()) + '"';
      return;
    case Kind::real:
      return write_number(value.as<double>(), out_);
    case Kind::text: {
      auto text = value.as<capnp::Text>();
      return write_json_text({text.begin(), text.size()}, out_);
    }
    case Kind::enumeration: {
      auto enumerant = value.as<capnp::DynamicEnum>().getEnumerant();
      KJ_IF_MAYBE (known, enumerant) return write_json_text(spelling(*known), out_);
      return write_json_text(fmt::format("unknown-{}", value.as<capnp::DynamicEnum>().getRaw()), out_);
    }
    default:
      break;
  }
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
  std::string digits;
  for (auto field : words.getSchema().getFields()) digits += fmt::format("{:016x}", words.get(field).as<uint64_t>());
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
