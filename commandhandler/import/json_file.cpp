#include "commandhandler/import/json_file.h"

#include <bit>
#include <cmath>

#include <fmt/format.h>
#include <simdjson.h>

#include "commandhandler/import/json_text.h"
#include "events/text/json_grammar.h"

namespace catlog::commandhandler::importing {

using simdjson::dom::element;
using Read = std::expected<JsonValue, std::string>;
using Error = std::unexpected<std::string>;

struct JsonFileReader::Parser {
  simdjson::dom::parser parser{max_json_file_bytes + 2};  // the brackets around lines
};

struct JsonValue::Inside {
  static element of(const JsonValue& value) { return std::bit_cast<element>(value.inside_); }
  static JsonValue make(element from, std::string path) {
    JsonValue value;
    value.inside_ = std::bit_cast<decltype(value.inside_)>(from);
    value.path_ = std::move(path);
    return value;
  }
};

namespace {

constexpr double exact_in_double = 9007199254740992.0;  // 2^53

std::string reason_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::UTF8_ERROR:
      return "it is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "nested too deep";
    case simdjson::NUMBER_ERROR:
      return "a number cannot be read";
    case simdjson::STRING_ERROR:
      return "a string holds a bad escape or half of a surrogate pair";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds a control character";
    case simdjson::TAPE_ERROR:
      return "a comma, bracket or quote is missing or too much";
    default:
      return simdjson::error_message(error);
  }
}

// The parser does not say where it stopped, so a text that it refused is gone through once more.
std::optional<size_t> place_of_fault(std::string_view text) {
  return events::end_of_json(text, simdjson::DEFAULT_MAX_DEPTH, events::JsonTexts::checked);
}

std::string explain(simdjson::error_code error, std::string_view text, std::optional<size_t> at) {
  if (error == simdjson::EMPTY) return "the file is empty";
  std::string place = at ? fmt::format(" in {}", place_in(text, *at)) : std::string();
  return fmt::format("broken JSON{}: {}", place, reason_of(error));
}

}  // namespace

bool JsonValue::is_null() const { return Inside::of(*this).is_null(); }

bool JsonValue::is_empty() const {
  const element value = Inside::of(*this);
  simdjson::dom::array array;
  simdjson::dom::object object;
  std::string_view text;
  if (!value.get_array().get(array)) return array.size() == 0;
  if (!value.get_object().get(object)) return object.size() == 0;
  if (!value.get_string().get(text)) return text.empty();
  return value.is_null();
}

std::optional<JsonObject> JsonValue::object() const {
  if (!Inside::of(*this).is_object()) return std::nullopt;
  return JsonObject(*this);
}

std::optional<std::vector<JsonValue>> JsonValue::array() const {
  simdjson::dom::array array;
  if (Inside::of(*this).get_array().get(array)) return std::nullopt;
  std::vector<JsonValue> values;
  values.reserve(array.size());
  for (element entry : array) values.push_back(Inside::make(entry, fmt::format("{}[{}]", path_, values.size())));
  return values;
}

std::optional<std::string> JsonValue::text() const {
  std::string_view text;
  if (Inside::of(*this).get_string().get(text)) return std::nullopt;
  return std::string(text);
}

std::optional<int64_t> JsonValue::integer() const {
  const element from = Inside::of(*this);
  int64_t value = 0;
  if (!from.get_int64().get(value)) {
    // The least integer stands for "absent" in a command.
    return value == INT64_MIN ? std::nullopt : std::optional(value);
  }
  double number = 0;
  if (!from.is_double() || from.get_double().get(number)) return std::nullopt;
  if (number != std::trunc(number) || std::abs(number) > exact_in_double) return std::nullopt;
  return static_cast<int64_t>(number);
}

std::optional<double> JsonValue::real() const {
  double value = 0;
  if (Inside::of(*this).get_double().get(value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<bool> JsonValue::flag() const {
  bool value = false;
  if (Inside::of(*this).get_bool().get(value)) return std::nullopt;
  return value;
}

std::string JsonValue::shown() const { return shortened(simdjson::minify(Inside::of(*this))); }

std::optional<JsonValue> JsonObject::find(std::string_view key) const {
  element found;
  if (JsonValue::Inside::of(value_)[key].get(found)) return std::nullopt;
  return JsonValue::Inside::make(found, value_.path_.empty() ? std::string(key) : fmt::format("{}.{}", path(), key));
}

bool JsonObject::has(std::string_view key) const { return find(key).has_value(); }

void JsonObject::wrong(std::string_view key, std::string_view expected) {
  if (!problem_.empty()) return;
  const auto found = find(key);
  problem_ = found ? fmt::format("`{}` is no {} but {}", found->path(), expected, found->shown())
                   : fmt::format("there is no `{}{}{}`", path(), path().empty() ? "" : ".", key);
}

std::string JsonObject::text(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return {};
  auto text = found->text();
  if (!text) {
    wrong(key, "text");
  } else if (text->find('\0') != std::string::npos) {
    wrong(key, "text that can be stored, which holds no NUL,");
  } else {
    return *text;
  }
  return {};
}

std::optional<std::string> JsonObject::optional_text(std::string_view key) {
  std::string found = text(key);
  if (found.empty()) return std::nullopt;
  return found;
}

std::optional<int64_t> JsonObject::integer(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  auto value = found->integer();
  if (!value) wrong(key, "integer");
  return value;
}

std::optional<double> JsonObject::real(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  auto value = found->real();
  if (!value) wrong(key, "finite number");
  return value;
}

std::optional<bool> JsonObject::flag(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  auto value = found->flag();
  if (!value) wrong(key, "true or false");
  return value;
}

std::optional<JsonObject> JsonObject::object(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  auto value = found->object();
  if (!value) wrong(key, "object");
  return value;
}

std::optional<std::vector<JsonValue>> JsonObject::array(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  auto value = found->array();
  if (!value) wrong(key, "array");
  return value;
}

size_t JsonObject::size() const { return simdjson::dom::object(JsonValue::Inside::of(value_)).size(); }

std::vector<std::pair<std::string, JsonValue>> JsonObject::members() const {
  std::vector<std::pair<std::string, JsonValue>> members;
  for (auto [key, value] : simdjson::dom::object(JsonValue::Inside::of(value_))) {
    std::string name(key);
    std::string path = value_.path_.empty() ? name : fmt::format("{}.{}", value_.path_, name);
    members.emplace_back(std::move(name), JsonValue::Inside::make(value, std::move(path)));
  }
  return members;
}

JsonFileReader::JsonFileReader() : parser_(std::make_unique<Parser>()) {}
JsonFileReader::~JsonFileReader() = default;

Read JsonFileReader::read(const std::string& path) {
  auto text = read_json_text(path);
  if (!text) return Error(text.error());
  return parse(*text);
}

Read JsonFileReader::read_text(std::string text) { return parse(text); }

Read JsonFileReader::parse(std::string& text) {
  text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  element root;
  auto failed = parser_->parser.parse(text).get(root);
  if (!failed) return JsonValue::Inside::make(root, "");
  if (!is_json_lines(text)) return Error(explain(failed, text, place_of_fault(text)));
  std::string array = array_of_lines(text);
  array.reserve(array.size() + simdjson::SIMDJSON_PADDING);
  failed = parser_->parser.parse(array).get(root);
  if (!failed) return JsonValue::Inside::make(root, "");
  auto at = place_of_fault(array);
  if (at && *at > 0) --*at;
  return Error(explain(failed, text, at));
}

}  // namespace catlog::commandhandler::importing
