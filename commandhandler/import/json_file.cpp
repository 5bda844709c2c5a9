#include "commandhandler/import/json_file.h"

#include <cmath>
#include <filesystem>

#include <fmt/format.h>

namespace catlog::commandhandler::importing {

using simdjson::dom::element;

namespace {

constexpr double exact_in_double = 9007199254740992.0;  // 2^53

std::string explain(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "the file is empty";
    case simdjson::UTF8_ERROR:
      return "the file is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "broken JSON: nested too deep";
    case simdjson::NUMBER_ERROR:
      return "broken JSON: a number cannot be read";
    case simdjson::STRING_ERROR:
      return "broken JSON: a string holds a bad escape or half of a surrogate pair";
    default:
      return fmt::format("broken JSON: {}", simdjson::error_message(error));
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

}  // namespace

std::expected<element, std::string> JsonFileReader::read(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::unexpected(std::string("this is no file"));
  uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) return std::unexpected(fmt::format("the file cannot be read: {}", error.message()));
  if (bytes > max_json_file_bytes)
    return std::unexpected(fmt::format("the file has {} bytes, over the limit of {}", bytes, max_json_file_bytes));
  simdjson::padded_string text;
  if (simdjson::padded_string::load(path).get(text))
    return std::unexpected(std::string("the file cannot be read; look at its permissions"));
  element root;
  if (auto failed = parser_.parse(text).get(root)) return std::unexpected(explain(failed));
  return root;
}

std::optional<element> JsonObject::find(std::string_view key) const {
  element found;
  if (from_.at_key(key).get(found)) return std::nullopt;
  return found;
}

bool JsonObject::has(std::string_view key) const { return find(key).has_value(); }

void JsonObject::wrong(std::string_view key, std::string_view expected) {
  if (problem_.empty()) problem_ = fmt::format("`{}` is no {}", key, expected);
}

std::string JsonObject::text(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return {};
  std::string_view text;
  if (found->get_string().get(text)) {
    wrong(key, "text");
  } else if (text.find('\0') != std::string_view::npos) {
    wrong(key, "text that can be stored: it holds NUL");
  } else {
    return std::string(text);
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
  auto value = as_integer(*found);
  if (!value) wrong(key, "integer");
  return value;
}

std::optional<double> JsonObject::real(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  double value = 0;
  if (!found->get_double().get(value) && std::isfinite(value)) return value;
  wrong(key, "finite number");
  return std::nullopt;
}

std::optional<bool> JsonObject::flag(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  bool value = false;
  if (!found->get_bool().get(value)) return value;
  wrong(key, "true or false");
  return std::nullopt;
}

std::optional<JsonObject> JsonObject::object(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  auto value = as_object(*found);
  if (!value) wrong(key, "object");
  return value;
}

std::optional<simdjson::dom::array> JsonObject::array(std::string_view key) {
  auto found = find(key);
  if (!found || found->is_null()) return std::nullopt;
  simdjson::dom::array value;
  if (!found->get_array().get(value)) return value;
  wrong(key, "array");
  return std::nullopt;
}

std::optional<JsonObject> as_object(element from) {
  simdjson::dom::object value;
  if (from.get_object().get(value)) return std::nullopt;
  return JsonObject(value);
}

std::optional<int64_t> as_integer(element from) {
  int64_t value = 0;
  if (!from.get_int64().get(value)) {
    // The least integer stands for "absent" in a command.
    return value == INT64_MIN ? std::nullopt : std::optional(value);
  }
  double real = 0;
  if (!from.is_double() || from.get_double().get(real)) return std::nullopt;
  if (real != std::trunc(real) || std::abs(real) > exact_in_double) return std::nullopt;
  return static_cast<int64_t>(real);
}

std::string language_of(std::string_view tag) {
  bool is_tag =
      tag.size() >= 2 && is_letter(tag[0]) && is_letter(tag[1]) && (tag.size() == 2 || tag[2] == '-' || tag[2] == '_');
  return is_tag ? std::string{lower(tag[0]), lower(tag[1])} : std::string();
}

}  // namespace catlog::commandhandler::importing
