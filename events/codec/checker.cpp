#include "events/codec/checker.h"

#include <algorithm>
#include <cstring>

#include <capnp/dynamic.h>
#include <fmt/format.h>

#include "events/schema/identity.h"
#include "events/text/datetime.h"
#include "events/text/json_text.h"
#include "events/text/utf8.h"

namespace catlog::events {
namespace {

constexpr const char* set_by_catlog = "this field is set by catlog; leave it out";

capnp::AnyPointer::Reader pointer_in(const Field& field, const Sections& value) {
  return value.pointers()[field.column.offset];
}

// Of any field: is_absent is for columns.
bool is_not_there(const Field& field, const Sections& value) {
  if (field.column.kind == Kind::other && !field.is_pointer) return false;
  return value.is_absent(field.column);
}

bool holds_nothing(const Layout& layout, const Sections& group) {
  return std::ranges::all_of(layout.fields, [&](const Field& field) { return is_not_there(field, group); });
}

// Gives a text the one spelling of what it stands for. It lies in words that are ours alone and in canonical form: no
// two pointers share them, and no text gets longer.
void spell_in_place(schema::Identity identity, capnp::Text::Reader text) {
  if (!has_one_spelling(identity)) return;
  spell_in_one_way(identity, {const_cast<char*>(text.begin()), text.size()});
}

bool holds_unknown(const Layout& layout, const Sections& value) {
  if (layout.is_group) return false;
  // In canonical form trailing zeros are cut, so any excess is content of a later schema; and so is what lies between
  // our fields, where a later one may have found space.
  const auto data = value.data();
  if (data.size() > layout.data_words * sizeof(capnp::word) || value.pointers().size() > layout.pointers) return true;
  for (size_t at = 0; at < data.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, data.begin() + at, std::min(sizeof word, data.size() - at));
    if ((word & ~layout.known_bits[at / sizeof word]) != 0) return true;
  }
  return false;
}

// Which alternative of its union a struct holds; it may be one that this version does not know.
uint16_t discriminant_in(const Layout& layout, const Sections& value) {
  const auto data = value.data();
  uint16_t discriminant = 0;
  if (layout.discriminant_at + sizeof discriminant <= data.size())
    std::memcpy(&discriminant, data.begin() + layout.discriminant_at, sizeof discriminant);
  return discriminant;
}

}  // namespace

std::string Checker::pointer_to(const Step* last) {
  if (!last) return {};
  return pointer_to(last->before) +
         (last->field ? json_pointer_step(last->field->name) : fmt::format("/{}", last->element));
}

std::unexpected<Malformed> Checker::at(const Step* last, std::string message) {
  return std::unexpected(Malformed{pointer_to(last), std::move(message)});
}

Checker::Result Checker::check(const Layout& layout, capnp::AnyStruct::Reader root) {
  return check_struct(nullptr, layout, Sections(root));
}

Checker::Result Checker::check_text(const Step* way, capnp::Text::Reader text) {
  const std::string_view view(text.begin(), text.size());
  if (view.find('\0') != std::string_view::npos) return at(way, "text cannot hold NUL; leave it out");
  if (!is_utf8(view)) return at(way, "the text is not UTF-8");
  return {};
}

Checker::Result Checker::check_struct(const Step* way, const Layout& layout, Struct value) {
  if (fields_ != Fields::known && holds_unknown(layout, value))
    return at(way, "this holds fields that this version does not know");
  if (!layout.alternatives.empty()) {
    const uint16_t chosen = discriminant_in(layout, value);
    if (chosen >= layout.alternatives.size())
      return at(way, "this alternative is not known to this version; see `catlog describe`");
    if (chosen == 0) return at(way, ask_for_alternative(layout.schema));
    if (auto result = check_field(way, layout.alternatives[chosen], value); !result) return result;
  }
  for (const auto& field : layout.fields)
    if (auto result = check_field(way, field, value); !result) return result;
  return {};
}

Checker::Result Checker::check_field(const Step* way, const Field& field, Struct value) {
  const Column& column = field.column;
  if (!field.is_pointer && !field.is_group) return check_number(way, column, value);
  if (field.is_pointer && value.is_absent(column)) return {};
  const Step here{way, &column};
  if (column.assigned) return at(&here, set_by_catlog);
  if (field.type.isText()) {
    const auto text = pointer_in(field, value).getAs<capnp::Text>();
    spell_in_place(column.identity, text);
    return check_text(&here, text);
  }
  if (field.type.isStruct()) {
    const Sections within = field.is_group ? value : Sections(pointer_in(field, value).getAs<capnp::AnyStruct>());
    auto checked = check_struct(&here, *field.within, within);
    if (checked && field.is_flattened && holds_nothing(*field.within, within)) leave_out_group(column, value);
    return checked;
  }
  if (field.type.isList()) return check_list(&here, field, value);
  return {};
}

Checker::Result Checker::check_number(const Step* way, const Column& column, Struct value) {
  if (column.kind == Kind::other) return {};
  if (value.is_absent(column)) {
    if (column.kind != Kind::enumeration && !value.is_default(column)) leave_out(column, value);
    return {};
  }
  const Step here{way, &column};
  if (column.assigned) return at(&here, set_by_catlog);
  // JSON has four digits for a year: another time would be written as one that nobody sent.
  if (column.kind != Kind::datetime) return {};
  const int64_t us = value.integer(column);
  if (us >= first_datetime_us && us <= last_datetime_us) return {};
  return at(&here, "this time does not lie in the years 0000 to 9999; send microseconds since 1970-01-01 UTC");
}

void Checker::leave_out(const Column& number, Struct value) {
  const auto data = value.data();
  std::memset(const_cast<kj::byte*>(data.begin()) + number.offset, 0, sizeof(uint64_t));
  has_left_out_ = true;
}

// A struct's pointers lie behind its data.
void Checker::leave_out_group(const Column& group, Struct value) {
  const auto data = value.data();
  std::memset(const_cast<kj::byte*>(data.end()) + group.offset * sizeof(capnp::word), 0, sizeof(capnp::word));
  has_left_out_ = true;
}

Checker::Result Checker::check_list(const Step* way, const Field& field, Struct value) {
  const auto list = pointer_in(field, value).getAs<capnp::DynamicList>(field.type.asList());
  const auto type = field.type.asList().getElementType();
  if (!type.isText() && !type.isStruct()) return {};
  for (unsigned i = 0; i < list.size(); ++i) {
    const Step here{way, nullptr, i};
    auto result = type.isText() ? check_text(&here, list[i].as<capnp::Text>())
                                : check_struct(&here, *field.within, Sections(list[i].as<capnp::DynamicStruct>()));
    if (!result) return result;
  }
  return {};
}

}  // namespace catlog::events
