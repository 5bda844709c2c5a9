#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "commandhandler/import/json_file.h"
#include "commandhandler/import/plan.h"

namespace catlog::commandhandler::importing {

// Each field is that of the first region that has it, in region_order(), whatever their order in the document.
struct Translation {
  std::string language, title, overview, tagline;
};
struct Translations {
  std::vector<Translation> texts;     // one a language that has any text
  std::vector<std::string> problems;  // entries that could not be read
  size_t beside = 0;                  // entries of which a text stays out, because a region before them has another
};
// `title_key`: "title" of a movie, "name" of a show.
Translations read_translations(JsonObject& document, std::string_view title_key);
Planned plan_movie_translation(const std::string& file, int64_t movie, const Translation& text);
Planned plan_show_translation(const std::string& file, int64_t show, const Translation& text);

}  // namespace catlog::commandhandler::importing
