#include "projector/value.h"

#include <cmath>

#include <fmt/format.h>

#include "events/datetime.h"
#include "events/error.h"

namespace catlog::projector {

using events::Kind;

namespace {
constexpr size_t sql_datetime_size = 23;
}

ColumnReader::ColumnReader(const events::Column& column) : column_(column) {
  CATLOG_CHECK(column.kind != Kind::other);
  if (column.kind == Kind::enumeration) {
    for (auto enumerant : column.field.getType().asEnum().getEnumerants())
      spellings_.push_back(events::spelling(enumerant));
  }
}

Value ColumnReader::when_absent(Value zero) const {
  // An absent required column becomes NULL, which its table refuses.
  return column_.absent == events::schema::Absent::ZERO ? zero : Value();
}

Value ColumnReader::read_text(capnp::DynamicStruct::Reader group) const {
  if (!group.has(column_.field)) return when_absent(std::string_view(""));
  auto text = group.get(column_.field).as<capnp::Text>();
  return std::string_view(text.begin(), text.size());
}

Value ColumnReader::read_enumeration(capnp::DynamicStruct::Reader group) const {
  uint16_t raw = group.get(column_.field).as<capnp::DynamicEnum>().getRaw();
  if (raw == 0) return when_absent(std::string_view(""));
  if (raw >= spellings_.size()) {
    throw events::Failure(events::Exit::unapplied,
                          fmt::format("{} holds value {}, which this version does not know", column_.name, raw));
  }
  return spellings_[raw];
}

Value ColumnReader::read_integers(capnp::DynamicStruct::Reader group) {
  if (!group.has(column_.field) && column_.absent != events::schema::Absent::ZERO) return Value();
  scratch_.assign(1, '[');
  for (int64_t each : group.get(column_.field).as<capnp::List<int64_t>>())
    fmt::format_to(std::back_inserter(scratch_), "{}{}", scratch_.size() > 1 ? "," : "", each);
  scratch_ += ']';
  return std::string_view(scratch_);
}

Value ColumnReader::read_datetime(capnp::DynamicStruct::Reader group) {
  int64_t us = group.get(column_.field).as<int64_t>();
  if (us == events::absent_int) {
    if (column_.absent != events::schema::Absent::ZERO) return Value();
    us = 0;
  }
  scratch_.resize(sql_datetime_size);
  events::to_sql_datetime(us, scratch_.data());
  return std::string_view(scratch_);
}

Value ColumnReader::read(capnp::DynamicStruct::Reader group) {
  switch (column_.kind) {
    case Kind::integer:
    case Kind::flag: {
      int64_t value = group.get(column_.field).as<int64_t>();
      return value == events::absent_int ? when_absent(int64_t{0}) : Value(value);
    }
    case Kind::real: {
      double value = group.get(column_.field).as<double>();
      return std::isnan(value) ? when_absent(0.0) : Value(value);
    }
    case Kind::datetime:
      return read_datetime(group);
    case Kind::text:
      return read_text(group);
    case Kind::enumeration:
      return read_enumeration(group);
    case Kind::integers:
      return read_integers(group);
    case Kind::other:
      break;
  }
  CATLOG_CHECK(false);
  return Value();
}

std::string to_text(const Value& value) {
  if (auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  if (auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  return "";
}

}  // namespace catlog::projector
