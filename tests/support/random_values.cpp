#include "tests/support/random_values.h"

#include <array>
#include <cmath>
#include <limits>

#include <capnp/any.h>

#include "events/position.h"
#include "events/schema/model.h"
#include "events/schema/shape.h"

namespace catlog::tests {
namespace {

constexpr int deepest = 4;
constexpr unsigned most_elements = 4;

using Type = capnp::schema::Type;

bool is_flattened(capnp::StructSchema::Field field, capnp::DynamicStruct::Builder in) {
  for (const auto& member : events::shape_of(in.getSchema()).members)
    if (member.flattened && *member.flattened == field) return true;
  return false;
}

// JSON cannot tell a flattened struct that holds nothing from none.
bool is_empty(capnp::DynamicStruct::Builder value) {
  auto canonical = capnp::AnyStruct::Reader(value.asReader()).canonicalize();
  return canonical.size() <= 1;
}

}  // namespace

std::string RandomValues::bytes(size_t most) {
  std::string out(below(most + 1), '\0');
  for (char& c : out) c = static_cast<char>(below(256));
  return out;
}

std::string RandomValues::text() {
  static constexpr std::array pieces = {"a",      "Z",    "0", " ", "\n", "\t",       "\"",     "\\", "/",
                                        "\x01",   "\x1f", "é", "ß", "日", "本",       "😀",      "𝒳",  "\xEF\xBF\xBF",
                                        "\u2028", "\x7f", "{", "}", ",",  "<script>", "e\u0301"};
  std::string out;
  for (auto count = below(4) == 0 ? below(200) : below(6); count > 0; --count) out += pieces[below(pieces.size())];
  return out;
}

int64_t RandomValues::integer() {
  constexpr int64_t exact = int64_t{1} << 53;
  static constexpr std::array extremes = {int64_t{0},
                                          int64_t{1},
                                          int64_t{-1},
                                          exact - 1,
                                          exact,
                                          exact + 1,
                                          -exact,
                                          -exact - 1,
                                          INT64_MAX,
                                          INT64_MIN + 1,
                                          int64_t{10},
                                          int64_t{INT32_MAX},
                                          int64_t{UINT32_MAX}};
  if (below(2) == 0) return extremes[below(extremes.size())];
  auto value = static_cast<int64_t>(random_());
  return value == events::absent_int ? 0 : value;
}

void RandomValues::fill_number(capnp::StructSchema::Field field, capnp::DynamicStruct::Builder into) {
  switch (field.getType().which()) {
    case Type::BOOL:
      return into.set(field, below(2) == 1);
    case Type::UINT8:
    case Type::UINT16:
    case Type::UINT32:
      return into.set(field, below(4) == 0 ? uint64_t{255} : below(256));
    case Type::UINT64:
      return into.set(field, below(3) == 0 ? UINT64_MAX : random_());
    case Type::FLOAT64: {
      static constexpr std::array reals = {
          0.0, 1.0, -1.5, 0.1, 5e-324, std::numeric_limits<double>::max(), 1e22, -1e-7, 9007199254740993.0, 1.0 / 3};
      return into.set(field, reals[below(reals.size())]);
    }
    default: {
      auto kind = events::column_of(field).kind;
      // Times that RFC 3339 can write.
      constexpr int64_t first_us = -62167219200'000'000, last_us = 253402300799'999'999;
      if (kind == events::Kind::flag) return into.set(field, static_cast<int64_t>(below(2)));
      if (kind == events::Kind::datetime)
        return into.set(field, std::uniform_int_distribution<int64_t>(first_us, last_us)(random_));
      return into.set(field, integer());
    }
  }
}

void RandomValues::fill_field(capnp::StructSchema::Field field, capnp::DynamicStruct::Builder into, Filling filling,
                              int depth) {
  auto column = events::column_of(field);
  auto type = field.getType();
  if (filling == Filling::command && column.assigned) return;
  switch (type.which()) {
    case Type::VOID:
      return into.set(field, capnp::VOID);
    case Type::TEXT: {
      auto value = column.secret ? secret_start + text() : text();
      return into.set(field, capnp::Text::Reader(value.c_str(), value.size()));
    }
    case Type::DATA: {
      auto value = bytes(40);
      return into.set(field, capnp::Data::Reader(reinterpret_cast<const kj::byte*>(value.data()), value.size()));
    }
    case Type::ENUM: {
      auto schema = type.asEnum();
      auto count = schema.getEnumerants().size();
      return into.set(field, capnp::DynamicEnum(schema, static_cast<uint16_t>(1 + below(count - 1))));
    }
    case Type::STRUCT:
      if (depth >= deepest && !field.getProto().isGroup()) return;
      fill(into.init(field).as<capnp::DynamicStruct>(), filling, depth + 1);
      if (is_flattened(field, into) && is_empty(into.get(field).as<capnp::DynamicStruct>())) into.clear(field);
      return;
    case Type::LIST: {
      auto element = type.asList().getElementType();
      if (element.isStruct() && depth >= deepest) return;
      auto list = into.init(field, static_cast<unsigned>(below(most_elements + 1))).as<capnp::DynamicList>();
      for (unsigned i = 0; i < list.size(); ++i) {
        if (element.isStruct()) {
          fill(list[i].as<capnp::DynamicStruct>(), filling, depth + 1);
        } else if (element.isText()) {
          auto value = text();
          list.set(i, capnp::Text::Reader(value.c_str(), value.size()));
        } else {
          list.set(i, integer());
        }
      }
      return;
    }
    default:
      return fill_number(field, into);
  }
}

void RandomValues::fill(capnp::DynamicStruct::Builder into, Filling filling, int depth) {
  for (auto field : into.getSchema().getNonUnionFields())
    if (field.getProto().isGroup() || below(4) != 0) fill_field(field, into, filling, depth);
  auto alternatives = into.getSchema().getUnionFields();
  // The first one is `unset`.
  if (alternatives.size() == 0) return;
  auto chosen = alternatives[static_cast<unsigned>(1 + below(alternatives.size() - 1))];
  if (depth >= deepest && chosen.getType().isStruct())
    into.init(chosen);
  else
    fill_field(chosen, into, filling, depth);
}

}  // namespace catlog::tests
