#include "events/schema/vocabulary.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <simdjson.h>

#include "events/codec/json.h"
#include "events/digest.h"
#include "events/position.h"
#include "events/schema/identity.h"
#include "events/schema/shape.h"
#include "events/text/datetime.h"
#include "events/text/json_grammar.h"
#include "events/text/json_text.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;
using Result = std::expected<void, Malformed>;

constexpr int64_t largest_read_number = int64_t{1} << 53;

std::unexpected<Malformed> malformed(std::string message) { return std::unexpected(Malformed{"", std::move(message)}); }

// Puts a step before the path of an error that came from further in.
std::unexpected<Malformed> under(std::string_view step, Malformed inner) {
  return std::unexpected(Malformed{json_pointer_step(step) + inner.field, inner.message});
}

// What is told of an unknown field's name: its beginning, up to a NUL, in whole characters.
std::string_view told(std::string_view name) {
  constexpr size_t most_bytes = 64;
  name = name.substr(0, name.find('\0'));
  if (name.size() <= most_bytes) return name;
  size_t end = most_bytes;
  while (end > 0 && (static_cast<uint8_t>(name[end]) & 0xC0) == 0x80) --end;
  return name.substr(0, end);
}

template <class Integer>
std::expected<Integer, Malformed> read_integer(element from) {
  if (from.is_string()) {
    std::string_view text = from.get_string().value_unsafe();
    Integer value{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
      return malformed("this text is no integer of 64 bits; send a number or its digits");
    return value;
  }
  constexpr const char* too_large = "a bare integer beyond 2^53 loses digits on its way; send it as text in quotes";
  if (from.is_int64()) {
    int64_t value = from.get_int64().value_unsafe();
    if (value > largest_read_number || value < -largest_read_number) return malformed(too_large);
    if (std::is_unsigned_v<Integer> && value < 0) return malformed("this number cannot be negative");
    return static_cast<Integer>(value);
  }
  if (from.is_uint64()) return malformed(too_large);
  if (!from.is_double()) return malformed("an integer is expected here");
  double real = from.get_double().value_unsafe();
  if (std::abs(real) > static_cast<double>(largest_read_number)) return malformed(too_large);
  if (real != std::trunc(real)) return malformed("an integer is expected here, this number has decimals");
  if (std::is_unsigned_v<Integer> && real < 0) return malformed("this number cannot be negative");
  return static_cast<Integer>(real);
}

std::expected<double, Malformed> read_real(element from) {
  if (from.is_string()) {
    std::string_view text = from.get_string().value_unsafe();
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
      return malformed("this text is no finite number");
    return value;
  }
  auto value = from.get_double();
  if (value.error() || !std::isfinite(value.value_unsafe())) return malformed("a finite number is expected here");
  return value.value_unsafe();
}

std::expected<std::string_view, Malformed> read_text(element from) {
  if (!from.is_string()) return malformed("a text is expected here");
  std::string_view text = from.get_string().value_unsafe();
  if (text.find('\0') != std::string_view::npos) return malformed("text cannot hold NUL; leave it out");
  return text;
}

std::expected<int64_t, Malformed> read_datetime(element from) {
  auto us = from.is_string() ? parse_rfc3339(from.get_string().value_unsafe()) : std::nullopt;
  if (!us) return malformed("a time is expected here as RFC 3339 text, such as \"2026-11-23T15:04:05Z\"");
  return *us;
}

// A reader of one JSON document into Cap'n Proto.
class JsonReader {
 public:
  explicit JsonReader(Fields fields) : fields_(fields) {}
  Result read_object(simdjson::dom::object from, capnp::DynamicStruct::Builder into);

 private:
  Result read_member(element from, const Member& member, capnp::DynamicStruct::Builder into);
  Result read_value(element from, const Column& column, capnp::DynamicStruct::Builder into);
  Result read_number_field(element from, const Column& column, capnp::DynamicStruct::Builder into);
  Result read_enum(element from, const Column& column, capnp::DynamicStruct::Builder into);
  Result read_list(element from, const Column& column, capnp::DynamicStruct::Builder into);
  Result read_data(element from, const Column& column, capnp::DynamicStruct::Builder into);
  Result read_words(element from, const Column& column, capnp::DynamicStruct::Builder into);
  Result read_element(element from, capnp::Type type, capnp::DynamicList::Builder list, unsigned at);

  Fields fields_;
};

Result JsonReader::read_object(simdjson::dom::object from, capnp::DynamicStruct::Builder into) {
  const Shape& shape = shape_of(into.getSchema());
  std::vector<bool> seen(shape.members.size());
  int chosen = 0;
  for (auto [key, value] : from) {
    auto found = shape.by_name.find(key);
    const Member* member = found == shape.by_name.end() ? nullptr : &shape.members[found->second];
    if (!member && fields_ == Fields::known) continue;
    if (!member || (fields_ == Fields::command && member->column.assigned))
      return under(told(key), {"", "there is no such field here; see `catlog describe`"});
    if (seen[found->second]) return under(key, {"", "this field is given twice"});
    seen[found->second] = true;
    bool is_void = member->column.field.getType().isVoid();
    if (value.is_null() && !is_void) continue;
    if (member->in_union && ++chosen > 1)
      return under(key, {"", "only one of the alternatives can be given; send one command a message, or a batch"});
    auto target = into;
    if (member->flattened)
      target = (into.has(*member->flattened) ? into.get(*member->flattened) : into.init(*member->flattened))
                   .as<capnp::DynamicStruct>();
    if (auto result = read_value(value, member->column, target); !result) return under(key, result.error());
  }
  if (shape.has_union && chosen == 0) return malformed(ask_for_alternative(into.getSchema()));
  return {};
}

Result JsonReader::read_value(element from, const Column& column, capnp::DynamicStruct::Builder into) {
  auto type = column.field.getType();
  switch (type.which()) {
    case capnp::schema::Type::VOID:
      into.set(column.field, capnp::VOID);
      return {};
    case capnp::schema::Type::BOOL:
      if (!from.is_bool()) return malformed("true or false is expected here");
      into.set(column.field, from.get_bool().value_unsafe());
      return {};
    case capnp::schema::Type::TEXT: {
      auto text = read_text(from);
      if (!text) return std::unexpected(text.error());
      into.set(column.field, capnp::Text::Reader(text->data(), text->size()));
      if (has_one_spelling(column.identity)) {
        auto written = into.get(column.field).as<capnp::Text>();
        spell_in_one_way(column.identity, {written.begin(), written.size()});
      }
      return {};
    }
    case capnp::schema::Type::DATA:
      return read_data(from, column, into);
    case capnp::schema::Type::ENUM:
      return read_enum(from, column, into);
    case capnp::schema::Type::LIST:
      return read_list(from, column, into);
    case capnp::schema::Type::STRUCT:
      if (column.format != Format::ANY) return read_words(from, column, into);
      if (!from.is_object()) return malformed("an object is expected here");
      return read_object(from.get_object().value_unsafe(), into.init(column.field).as<capnp::DynamicStruct>());
    default:
      return read_number_field(from, column, into);
  }
}

Result JsonReader::read_number_field(element from, const Column& column, capnp::DynamicStruct::Builder into) {
  auto set = [&](const auto& value) -> Result {
    if (!value) return std::unexpected(value.error());
    into.set(column.field, *value);
    return {};
  };
  if (column.kind == Kind::flag) {
    if (!from.is_bool()) return malformed("true or false is expected here");
    into.set(column.field, int64_t{from.get_bool().value_unsafe()});
    return {};
  }
  if (column.kind == Kind::datetime) return set(read_datetime(from));
  if (column.kind == Kind::real) return set(read_real(from));
  if (column.kind != Kind::integer) {
    auto value = read_integer<uint64_t>(from);
    auto which = column.field.getType().which();
    if (value && *value > UINT32_MAX && which != capnp::schema::Type::UINT64)
      return malformed("this number is too large");
    return set(value);
  }
  auto value = read_integer<int64_t>(from);
  if (value && *value == absent_int) return malformed("this number is too small");
  return set(value);
}

Result JsonReader::read_enum(element from, const Column& column, capnp::DynamicStruct::Builder into) {
  if (!from.is_string()) return malformed("a text is expected here");
  auto schema = column.field.getType().asEnum();
  uint16_t raw = enumerant_of(schema, from.get_string().value_unsafe());
  // An unknown spelling becomes an enumerant that nobody declared, which the rules refuse by name as they do for one
  // that came in binary.
  into.set(column.field, capnp::DynamicEnum(schema, raw == 0 ? UINT16_MAX : raw));
  return {};
}

Result JsonReader::read_data(element from, const Column& column, capnp::DynamicStruct::Builder into) {
  auto bytes = from.is_string() ? unhex(from.get_string().value_unsafe()) : std::nullopt;
  if (!bytes) return malformed("hex digits are expected here");
  into.set(column.field, capnp::Data::Reader(bytes->data(), bytes->size()));
  return {};
}

// A UUID or digest, which Cap'n Proto holds as 64-bit words.
Result JsonReader::read_words(element from, const Column& column, capnp::DynamicStruct::Builder into) {
  std::string digits(from.is_string() ? from.get_string().value_unsafe() : std::string_view());
  if (column.format == Format::UUID && parse_uuid(digits)) std::erase(digits, '-');
  auto words = into.init(column.field).as<capnp::DynamicStruct>();
  auto fields = words.getSchema().getFields();
  constexpr size_t digits_per_word = 16;
  auto bytes = unhex(digits);
  if (!bytes || digits.size() != fields.size() * digits_per_word) return malformed("hex digits are expected here");
  for (unsigned i = 0; i < fields.size(); ++i) {
    uint64_t word = 0;
    for (size_t j = 0; j < sizeof word; ++j) word = word << 8 | (*bytes)[i * sizeof word + j];
    words.set(fields[i], word);
  }
  return {};
}

Result JsonReader::read_list(element from, const Column& column, capnp::DynamicStruct::Builder into) {
  if (!from.is_array()) return malformed("a list is expected here");
  auto array = from.get_array().value_unsafe();
  // size() saturates at 2^24 - 1, far beyond what fits the largest message.
  auto list = into.init(column.field, static_cast<unsigned>(array.size())).as<capnp::DynamicList>();
  auto type = column.field.getType().asList().getElementType();
  unsigned at = 0;
  for (auto value : array) {
    auto result = read_element(value, type, list, at);
    if (!result) return under(std::to_string(at), result.error());
    ++at;
  }
  return {};
}

Result JsonReader::read_element(element from, capnp::Type type, capnp::DynamicList::Builder list, unsigned at) {
  if (type.isInt64()) {
    auto value = read_integer<int64_t>(from);
    if (!value) return std::unexpected(value.error());
    list.set(at, *value);
    return {};
  }
  if (type.isText()) {
    auto text = read_text(from);
    if (!text) return std::unexpected(text.error());
    list.set(at, capnp::Text::Reader(text->data(), text->size()));
    return {};
  }
  if (!from.is_object()) return malformed("an object is expected here");
  return read_object(from.get_object().value_unsafe(), list[at].as<capnp::DynamicStruct>());
}

// The object's own `id`, wherever in it that stands; empty: it has none, or one that is no UUID.
std::string id_in(simdjson::dom::object object) {
  const auto id = object["id"].get_string();
  const auto uuid = id.error() ? std::nullopt : parse_uuid(id.value_unsafe());
  return uuid ? to_string(*uuid) : std::string();
}

std::string explain(std::string_view text, simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "the text is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return fmt::format("nested deeper than {} levels", max_json_depth);
    case simdjson::STRING_ERROR:
      return "a string holds a bad escape or half of a surrogate pair";
    case simdjson::NUMBER_ERROR:
      return "a number cannot be read; integers beyond 2^53 go as text in quotes";
    case simdjson::EMPTY:
      return "the body is empty; send a JSON object";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a control character in a string must be escaped";
    default:
      break;
  }
  const auto end = end_of_json(text, max_json_depth, JsonTexts::any);
  if (!end) return "this is not JSON that can be read";
  const auto before = text.substr(0, *end);
  const auto line_begin = before.rfind('\n') + 1;  // 0 when there is none
  return fmt::format("this is not JSON from byte {} of line {} on", before.size() - line_begin + 1,
                     std::count(before.begin(), before.end(), '\n') + 1);
}

}  // namespace

std::expected<void, Malformed> read_json(std::string_view text, capnp::DynamicStruct::Builder into, Fields fields) {
  constexpr size_t start_capacity = 4096;
  thread_local simdjson::dom::parser parser;
  if (parser.max_depth() != static_cast<size_t>(max_json_depth) &&
      parser.allocate(start_capacity, static_cast<size_t>(max_json_depth)) != simdjson::SUCCESS)
    return malformed("there is no memory to read this");
  auto document = parser.parse(text.data(), text.size(), true);
  if (document.error()) return malformed(explain(text, document.error()));
  if (!document.value_unsafe().is_object()) return malformed("a JSON object is expected");
  const auto object = document.value_unsafe().get_object().value_unsafe();
  auto result = JsonReader(fields).read_object(object, into);
  if (!result && into.getSchema() == capnp::Schema::from<schema::Command>()) result.error().id = id_in(object);
  // A parser keeps memory for the largest document it saw; one hostile message must not pin that.
  constexpr size_t largest_kept = 4 << 20;
  if (parser.capacity() > largest_kept) parser = simdjson::dom::parser();
  return result;
}

}  // namespace catlog::events
