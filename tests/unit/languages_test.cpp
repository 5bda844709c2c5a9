#include <boost/test/unit_test.hpp>

#include <map>
#include <sstream>
#include <string>

#include "commandhandler/import/language_table.h"
#include "commandhandler/import/languages.h"

BOOST_AUTO_TEST_SUITE(languages_test)

using namespace catlog::commandhandler::importing;

namespace {

std::string code(std::string_view text) {
  auto language = read_language(text);
  return language ? language->code : "none";
}

std::string region(std::string_view text) { return read_language(text).value().region; }

}  // namespace

BOOST_AUTO_TEST_CASE(a_language_is_read_by_its_codes_and_names) {
  for (const char* text : {"pt", "PT", "por", "Por", "Portuguese", " portuguese ", "Português", "pt-BR", "pt_BR",
                           "por-BR", "Portuguese (Brazil)"})
    BOOST_TEST(code(text) == "pt", text);
  for (const char* text : {"de", "deu", "ger", "German", "Deutsch", "de-AT"}) BOOST_TEST(code(text) == "de", text);
  for (const char* text : {"zh", "zho", "chi", "Chinese", "zh-Hans", "zh-Hant-TW", "中文", "Mandarin", "cn"})
    BOOST_TEST(code(text) == "zh", text);
  for (const char* text : {"ja", "jpn", "Japanese", "日本語"}) BOOST_TEST(code(text) == "ja", text);
  for (const char* text : {"cs", "ces", "cze", "Český", "čeština"}) BOOST_TEST(code(text) == "cs", text);
  BOOST_TEST(code("Greek") == "el");
  BOOST_TEST(code("Norwegian Bokmål") == "nb");
  BOOST_TEST(code("Flemish") == "nl");
  BOOST_TEST(code("iw") == "he");
  BOOST_TEST(code("sh") == "sh");
  BOOST_TEST(code("Serbo-Croatian") == "sh");
}

BOOST_AUTO_TEST_CASE(what_names_no_language_is_none_and_never_english) {
  for (const char* text : {"", " ", "-", "xx", "xxx", "zz-ZZ", "tlh", "Klingon", "e", "engl", "en-", "-en", "en-list",
                           "english movies", "(en)", "und", "mul", "\xff\xfe"})
    BOOST_TEST(code(text) == "none", text);
}

BOOST_AUTO_TEST_CASE(regions_are_ordered_with_the_languages_own_first) {
  BOOST_TEST(region("es-mx") == "MX");
  BOOST_TEST(region("es") == "");
  const auto order = [](const char* tag) { return region_order(read_language(tag).value()); };
  BOOST_TEST(order("es") < order("es-ES"));
  BOOST_TEST(order("es-ES") < order("es-AR"));
  BOOST_TEST(order("es-AR") < order("es-MX"));
  BOOST_TEST(order("zh-CN") < order("zh-HK"));
  BOOST_TEST(order("zh-Hans") < order("zh-Hant"));
  BOOST_TEST(order("en-US") < order("en-GB"));
  // The region's code is not the language's.
  for (const auto& [own, other] : std::map<const char*, const char*>{{"ja-JP", "ja-AA"},
                                                                     {"ko-KR", "ko-KP"},
                                                                     {"sv-SE", "sv-FI"},
                                                                     {"cs-CZ", "cs-AT"},
                                                                     {"da-DK", "da-AA"},
                                                                     {"el-GR", "el-CY"},
                                                                     {"uk-UA", "uk-RU"},
                                                                     {"he-IL", "he-AA"},
                                                                     {"fa-IR", "fa-AF"},
                                                                     {"ca-ES", "ca-AD"},
                                                                     {"ar-SA", "ar-AE"},
                                                                     {"pt-PT", "pt-BR"},
                                                                     {"ms-MY", "ms-BN"},
                                                                     {"nb-NO", "nb-AA"},
                                                                     {"hi-IN", "hi-AA"}})
    BOOST_TEST(order(own) < order(other), own);
}

BOOST_AUTO_TEST_CASE(no_spelling_belongs_to_two_languages) {
  std::map<std::string, std::string_view> known;
  size_t languages = 0;
  for (const KnownLanguage& language : known_languages()) {
    ++languages;
    BOOST_TEST(language.code.size() == 2);
    BOOST_TEST(code(language.code) == language.code);
    std::istringstream spellings(std::string(language.code) + ";" + std::string(language.three) + ";" +
                                 std::string(language.names));
    for (std::string spelling; std::getline(spellings, spelling, ';');) {
      BOOST_TEST(known.try_emplace(spelling, language.code).first->second == language.code, spelling);
      BOOST_TEST(code(spelling) == language.code, spelling);
    }
  }
  BOOST_TEST(languages == 185);  // the 184 of ISO 639-1, and sh
}

BOOST_AUTO_TEST_SUITE_END()
