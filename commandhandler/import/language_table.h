#pragma once
#include <span>
#include <string_view>

namespace catlog::commandhandler::importing {

// A language that ISO 639-1 has a code for. Lists are separated by semicolons; ASCII letters are in lower case.
struct KnownLanguage {
  std::string_view code;   // ISO 639-1
  std::string_view three;  // ISO 639-2/T, and /B where that differs
  std::string_view names;  // in English and in itself
};

// Sorted by code; no spelling belongs to two languages.
std::span<const KnownLanguage> known_languages();

}  // namespace catlog::commandhandler::importing
