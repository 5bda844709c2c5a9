#include "commandhandler/rules/columns.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

#include "commandhandler/state/user_name.h"
#include "events/text/blank.h"
#include "events/text/datetime.h"
#include "events/text/json_grammar.h"
#include "events/text/utf8.h"

namespace catlog::commandhandler {
namespace {

using events::Column;
using events::Format;
using events::Kind;
using events::schema::Absent;

// Of a JSON text; as deep as every SQLite since 3.9 lets arrays and objects stand in each other.
constexpr int max_json_levels = 1'000;

std::unexpected<Refusal> invalid(const Column& column, std::string message) {
  return refuse(RefusalCode::INVALID, column.name, std::move(message));
}

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_bcrypt(std::string_view text) {
  if (text.size() != 60 || text.substr(0, 2) != "$2" || text[3] != '$' || text[6] != '$') return false;
  auto digit = [&](size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (std::string_view("abxy").find(text[2]) == std::string_view::npos || !digit(4) || !digit(5)) return false;
  if (auto cost = text.substr(4, 2); cost < "04" || cost > "31") return false;
  return std::all_of(text.begin() + 7, text.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '/'; });
}

void set_zero(const Column& column, capnp::DynamicStruct::Builder group) {
  switch (column.kind) {
    case Kind::real:
      group.set(column.field, 0.0);
      return;
    case Kind::text:
      group.set(column.field, capnp::Text::Reader(""));
      return;
    case Kind::integers:
      group.init(column.field, 0);
      return;
    case Kind::integer:
    case Kind::flag:
    case Kind::datetime:
      group.set(column.field, int64_t{0});
      return;
    default:
      return;
  }
}

OrRefusal<void> check_text(const Column& column, std::string_view text, capnp::DynamicStruct::Builder group) {
  if (column.identity == events::schema::Identity::USER_NAME) {
    const auto name = check_user_name(text);
    if (!name) return invalid(column, fmt::format("{} {}", column.name, name.error()));
    if (*name != text) group.set(column.field, capnp::Text::Reader(name->c_str(), name->size()));
    return {};
  }
  switch (column.format) {
    case Format::NON_BLANK:
      if (events::is_blank(text)) return invalid(column, fmt::format("{} cannot be blank", column.name));
      break;
    case Format::DATE:
      if (!text.empty() && !events::is_date(text))
        return invalid(column, fmt::format("{} must be a day as YYYY-MM-DD, or empty", column.name));
      break;
    case Format::LANGUAGE: {
      CATLOG_TRY(language, check_language(text, column.name));
      if (language != text) group.set(column.field, capnp::Text::Reader(language.c_str(), language.size()));
      break;
    }
    case Format::INFO_HASH:
      if ((text.size() != 40 && text.size() != 64) || !is_hex(text))
        return invalid(column, fmt::format("{} must be 40 or 64 lower-case hex digits", column.name));
      break;
    case Format::BCRYPT:
      if (!is_bcrypt(text))
        return invalid(column,
                       fmt::format("{} must be a bcrypt string ($2b$…, 60 characters), never a password", column.name));
      break;
    case Format::JSON:
      if (events::end_of_json(text, max_json_levels, events::JsonTexts::any))
        return invalid(column,
                       fmt::format("{} must be a JSON text, nested at most {} deep", column.name, max_json_levels));
      break;
    default:
      break;
  }
  return {};
}

OrRefusal<void> check_number(const Column& column, double value) {
  if (!std::isfinite(value)) return invalid(column, fmt::format("{} must be a finite number", column.name));
  if (column.least && value < *column.least)
    return invalid(column, fmt::format("{} must be at least {}", column.name, *column.least));
  if (column.most && value > *column.most)
    return invalid(column, fmt::format("{} must be at most {}", column.name, *column.most));
  return {};
}

OrRefusal<void> check_enum(const Column& column, uint16_t raw) {
  auto enumerants = column.field.getType().asEnum().getEnumerants();
  if (raw > 0 && raw < enumerants.size()) return {};
  std::string allowed;
  for (uint16_t i = 1; i < enumerants.size(); ++i)
    allowed += fmt::format("{}{}", i > 1 ? ", " : "", events::spelling(enumerants[i]));
  return invalid(column, fmt::format("{} must be one of {}", column.name, allowed));
}

OrRefusal<void> check_integers(const Column& column, capnp::DynamicList::Reader list) {
  if (column.format != Format::POSITIVE_EACH) return {};
  for (auto value : list)
    if (value.as<int64_t>() <= 0) return invalid(column, fmt::format("{} must hold integers over 0 only", column.name));
  return {};
}

}  // namespace

OrRefusal<void> check_column(const Column& column, const events::Sections& present,
                             capnp::DynamicStruct::Builder group) {
  if (present.is_absent(column)) {
    if (column.absent == Absent::REFUSED)
      return invalid(column, fmt::format("{} is required{}", column.name,
                                         column.kind == Kind::text ? "; an unknown text is sent as \"\"" : ""));
    if (column.absent == Absent::ZERO) set_zero(column, group);
    return {};
  }
  switch (column.kind) {
    case Kind::text:
      return check_text(column, present.text(column), group);
    case Kind::enumeration:
      return check_enum(column, present.enumerant(column));
    case Kind::integers:
      return check_integers(column, group.asReader().get(column.field).as<capnp::DynamicList>());
    case Kind::real: {
      const double value = present.real(column);
      // Both zeros are one value: put must find a group with either unchanged.
      if (value == 0 && std::signbit(value)) group.set(column.field, 0.0);
      return check_number(column, value);
    }
    case Kind::integer:
      return check_number(column, static_cast<double>(present.integer(column)));
    case Kind::flag:
      if (auto flag = present.integer(column); flag != 0 && flag != 1)
        return invalid(column, fmt::format("{} must be true or false", column.name));
      return {};
    case Kind::datetime:
      if (auto us = present.integer(column); us < events::first_datetime_us || us > events::last_datetime_us)
        return invalid(column, fmt::format("{} must lie in the years 0 to 9999", column.name));
      return {};
    default:
      return {};
  }
}

OrRefusal<void> check_columns(const events::EventType& type, capnp::DynamicStruct::Builder group) {
  const events::Sections present(group.asReader());
  for (const auto& column : type.columns)
    if (column.name != "id") CATLOG_PASS(check_column(column, present, group));
  return {};
}

OrRefusal<std::string> check_language(std::string_view text, const std::string& field) {
  if (text.size() > 2 && (text[2] == '-' || text[2] == '_')) text = text.substr(0, 2);
  std::string language = events::lower_ascii(text);
  if (language.size() != 2 ||
      !std::all_of(language.begin(), language.end(), [](char c) { return c >= 'a' && c <= 'z'; }))
    return refuse(RefusalCode::INVALID, field, fmt::format("{} must be an ISO 639-1 language of two letters", field));
  return language;
}

}  // namespace catlog::commandhandler
