#include "commandhandler/import/languages.h"

#include <algorithm>

#include <unicode/locid.h>

#include "commandhandler/import/language_table.h"
#include "events/text/utf8.h"

namespace catlog::commandhandler::importing {
namespace {

bool is_in(std::string_view list, std::string_view text) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(';'), list.size());
    if (list.substr(0, end) == text) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// `text` in lower case.
std::optional<std::string> code_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (const KnownLanguage& language : known_languages())
    if (language.code == text || is_in(language.three, text) || is_in(language.names, text))
      return std::string(language.code);
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(white) - first + 1);
}

// Only ASCII, as lower_ascii: the table has other letters in each case that is used.
std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

// "MX", "419", "HANS-CN": regions and scripts as they stand in tags, in capitals.
bool is_region(std::string_view text) {
  constexpr std::string_view scripts = "HANS;HANT;LATN;CYRL;ARAB";
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("-_"), text.size());
    const std::string_view piece = text.substr(0, end);
    const bool is_letters = piece.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
    const bool is_digits = piece.find_first_not_of("0123456789") == std::string_view::npos;
    const bool is_known =
        (piece.size() == 2 && is_letters) || (piece.size() == 3 && is_digits) || is_in(scripts, piece);
    if (!is_known) return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

// Where most of those live that speak it, by Unicode's likely subtags: what a language without a region stands for.
std::string own_region(const std::string& language) {
  if (language == "ar") return "SA";  // as TMDB has it, not EG
  if (language == "pt") return "PT";  // the same, not BR
  UErrorCode status = U_ZERO_ERROR;
  icu::Locale locale(language.c_str());
  locale.addLikelySubtags(status);
  const std::string_view country = U_SUCCESS(status) ? locale.getCountry() : "";
  return country.empty() ? upper(language) : std::string(country);
}

}  // namespace

std::optional<Language> read_language(std::string_view text) {
  const std::string all = events::lower_ascii(trimmed(text));
  if (auto code = code_of(all)) return Language{*code, ""};
  const size_t end = all.find_first_of("-_(");
  if (end == std::string::npos) return std::nullopt;
  auto code = code_of(trimmed(std::string_view(all).substr(0, end)));
  if (!code) return std::nullopt;
  std::string region = upper(trimmed(std::string_view(all).substr(end + 1)));
  const bool is_in_words = all[end] == '(' && region.ends_with(')');
  if (is_in_words) region.pop_back();
  if (region.empty() || !(is_in_words || is_region(region))) return std::nullopt;
  return Language{*code, region};
}

std::string region_order(const Language& language) {
  const std::string& region = language.region;
  if (region.empty()) return "0";
  const bool is_own = region == own_region(language.code) || (language.code == "zh" && region.starts_with("HANS"));
  return (is_own ? "1" : "2") + region;
}

}  // namespace catlog::commandhandler::importing
