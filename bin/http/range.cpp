#include "bin/http/range.h"

#include <algorithm>

#include <boost/beast/core/string.hpp>

namespace catlog::http {

namespace {

constexpr std::string_view unit = "bytes=", blanks = " \t";

// Digits and nothing else; what is larger than any size is that much.
std::optional<uint64_t> number(std::string_view digits) {
  if (digits.empty()) return {};
  uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return {};
    const auto digit = static_cast<uint64_t>(c - '0');
    value = value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
  }
  return value;
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

}  // namespace

std::expected<std::optional<ByteRange>, Unsatisfiable> read_range(std::string_view field, uint64_t size) {
  const auto given = field.substr(0, unit.size());
  if (!boost::beast::iequals({given.data(), given.size()}, {unit.data(), unit.size()})) return std::nullopt;
  field = trimmed(field.substr(unit.size()));
  const size_t dash = field.find('-');
  if (dash == field.npos) return std::nullopt;
  const auto before = field.substr(0, dash), behind = field.substr(dash + 1);
  const auto first = number(before), last = number(behind);
  if (before.empty() && last) {  // so many from the end
    if (*last == 0 || size == 0) return std::unexpected(Unsatisfiable());
    return ByteRange{size - std::min(*last, size), size};
  }
  if (!first || (!behind.empty() && !last) || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return std::unexpected(Unsatisfiable());
  return ByteRange{*first, last ? std::min(*last, size - 1) + 1 : size};
}

}  // namespace catlog::http
