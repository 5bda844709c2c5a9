#include "projector/sqlite/value.h"

#include <cmath>

#include <fmt/format.h>

#include "events/error.h"
#include "events/text/blank.h"
#include "events/text/datetime.h"
#include "events/text/magnet.h"
#include "projector/sqlite/sqlite.h"

namespace catlog::projector {

using events::Kind;

ColumnReader::ColumnReader(const events::Column& column) : column_(column) {
  CATLOG_CHECK(column.kind != Kind::other);
  if (column.kind == Kind::enumeration) {
    for (auto enumerant : column.field.getType().asEnum().getEnumerants())
      spellings_.push_back(events::spelling(enumerant));
  }
  if (column.name == "magnetUri")
    for (auto& beside : events::columns_of(column.field.getContainingStruct()))
      if (beside.name == "infoHash") info_hash_ = std::move(beside);
}

Value ColumnReader::read_text(capnp::AnyStruct::Reader group) {
  const auto text = events::text_in(column_, group);
  if (column_.format == events::Format::NON_BLANK) {
    if (text.empty() || (text[0] > ' ' && text[0] <= '~')) return text;  // nearly all
    // What only ASCII's white space is in, no version ever let in.
    if (text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos || !events::is_blank(text)) return text;
    scratch_ = events::spelled_out(text);
    return std::string_view(scratch_);
  }
  if (info_hash_) {
    const auto info_hash = events::text_in(*info_hash_, group);
    if (!text.starts_with("magnet:?") || events::begins_with_topic(text, info_hash)) return text;
    scratch_ = events::with_topic_in_front(text, info_hash);
    return std::string_view(scratch_);
  }
  return text;
}

Value ColumnReader::read_enumeration(capnp::AnyStruct::Reader group) const {
  const uint16_t raw = events::enumerant_in(column_, group);
  if (raw >= spellings_.size()) {
    throw events::Failure(events::Exit::unapplied,
                          fmt::format("{} holds value {}, which this version does not know", column_.name, raw));
  }
  return spellings_[raw];
}

Value ColumnReader::read_integers(capnp::AnyStruct::Reader group) {
  scratch_.assign(1, '[');
  for (int64_t each : events::integers_in(column_, group))
    fmt::format_to(std::back_inserter(scratch_), "{}{}", scratch_.size() > 1 ? "," : "", each);
  scratch_ += ']';
  return std::string_view(scratch_);
}

Value ColumnReader::datetime(int64_t us) {
  if (us < events::first_datetime_us || us > events::last_datetime_us) return {};
  scratch_ = events::text_of(events::sql_datetime(us));
  return std::string_view(scratch_);
}

Value ColumnReader::zero() {
  // An absent required column becomes NULL, which its table refuses.
  if (column_.absent != events::schema::Absent::ZERO) return Value();
  switch (column_.kind) {
    case Kind::integer:
    case Kind::flag:
      return int64_t{0};
    case Kind::real:
      return 0.0;
    case Kind::datetime:
      return datetime(0);
    case Kind::integers:
      return std::string_view("[]");
    default:
      return std::string_view("");
  }
}

Value ColumnReader::read(capnp::AnyStruct::Reader group) {
  if (column_.kind == Kind::text) {
    const Value text = read_text(group);
    if (!std::get<std::string_view>(text).empty()) return text;  // most are there
  }
  if (events::is_absent_in(column_, group)) return zero();
  switch (column_.kind) {
    case Kind::integer:
    case Kind::flag:
      return events::integer_in(column_, group);
    case Kind::real:
      return events::real_in(column_, group);
    case Kind::datetime:
      return datetime(events::integer_in(column_, group));
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

void bind(Statement& statement, int parameter, const Value& value) {
  if (auto* integer = std::get_if<int64_t>(&value))
    statement.bind(parameter, *integer);
  else if (auto* text = std::get_if<std::string_view>(&value))
    statement.bind(parameter, *text);
  else if (auto* real = std::get_if<double>(&value))
    statement.bind(parameter, *real);
  else
    statement.bind_null(parameter);
}

std::string to_text(const Value& value) {
  if (auto* integer = std::get_if<int64_t>(&value)) return fmt::format("{}", *integer);
  if (auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  return "";
}

}  // namespace catlog::projector
