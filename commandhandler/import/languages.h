#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace catlog::commandhandler::importing {

// A language as the outside writes it, read.
struct Language {
  std::string code;    // ISO 639-1, two lower-case letters
  std::string region;  // what stood behind the language, in capitals: "MX", "HANS"; may be empty
};

// Reads "es", "spa" (ISO 639-2, both of its codes where there are two), "Spanish", "Español", in any case of ASCII
// letters, and with a region or script behind: "es-MX", "spa_MX", "zh-Hans", "Portuguese (Brazil)". Withdrawn codes
// ("iw") and TMDB's "cn" are their languages. nullopt: no language that has a code of two letters.
std::optional<Language> read_language(std::string_view text);

// A text by which regions of one language are ordered, the least first: no region; the language's own (ES of es, JP of
// ja, CN and HANS of zh); the others by the alphabet.
std::string region_order(const Language& language);

}  // namespace catlog::commandhandler::importing
