#include "commandhandler/import/tmdb_translations.h"

#include <algorithm>
#include <expected>
#include <tuple>

#include <fmt/format.h>

#include "commandhandler/import/languages.h"
#include "commandhandler/import/tmdb_documents.h"
#include "events/schema/vocabulary.h"
#include "events/text/blank.h"

namespace catlog::commandhandler::importing {
namespace {

using Error = std::unexpected<std::string>;

// A translation as a document has it.
struct Regional {
  Language language;
  std::string title, overview, tagline;

  auto order() const { return std::tuple(language.code, region_order(language), title, overview, tagline); }
};

std::expected<Regional, std::string> read_translation(JsonObject entry, std::string_view title_key) {
  Regional regional;
  auto language = read_language(entry.text("iso_639_1"));
  const std::string region = entry.text("iso_3166_1");
  if (!language) entry.wrong("iso_639_1", "language that is known");
  if (auto data = entry.object("data")) {
    regional.title = data->text(title_key);
    regional.overview = data->text("overview");
    regional.tagline = data->text("tagline");
    if (!data->problem().empty()) return Error(data->problem());
  }
  if (!entry.problem().empty()) return Error(entry.problem());
  regional.language = *language;
  if (!region.empty()) regional.language.region = region;
  return regional;
}

bool has_text(const Translation& text) {
  return !events::is_blank(text.title) || !events::is_blank(text.overview) || !events::is_blank(text.tagline);
}

// Whether the text is in the field then, or is none.
bool fits(std::string& field, const std::string& text) {
  if (events::is_blank(field)) field = text;
  return events::is_blank(text) || field == text;
}

// The first region that has a field gives it.
void join(std::vector<Regional> regions, Translations& into) {
  std::ranges::sort(regions, {}, &Regional::order);
  std::vector<Translation>& texts = into.texts;
  for (const Regional& regional : regions) {
    if (texts.empty() || texts.back().language != regional.language.code)
      texts.push_back({regional.language.code, "", "", ""});
    Translation& text = texts.back();
    const bool has_title = fits(text.title, regional.title), has_overview = fits(text.overview, regional.overview),
               has_tagline = fits(text.tagline, regional.tagline);
    if (!has_title || !has_overview || !has_tagline) ++into.beside;
  }
  std::erase_if(texts, [](const Translation& text) { return !has_text(text); });
}

}  // namespace

Translations read_translations(JsonObject& document, std::string_view title_key) {
  Translations result;
  auto outer = document.object("translations");
  auto entries = outer ? outer->array("translations") : std::nullopt;
  if (outer && !outer->problem().empty()) result.problems.push_back(outer->problem());
  if (!entries) return result;
  std::vector<Regional> regions;
  for (const JsonValue& value : *entries) {
    auto entry = value.object();
    auto regional = entry ? read_translation(*entry, title_key)
                          : Error(fmt::format("`{}` is no object but {}", value.path(), value.shown()));
    if (regional) {
      regions.push_back(std::move(*regional));
    } else {
      result.problems.push_back(fmt::format("a translation is left out: {}", regional.error()));
    }
  }
  join(std::move(regions), result);
  return result;
}

Planned plan_movie_translation(const std::string& file, int64_t movie, const Translation& text) {
  Planned planned(file, fmt::format("{} in {}", movie_name(movie), text.language));
  auto put = planned.command().initPutMovieTranslation();
  put.initMovie().setTmdbId(movie);
  auto facts = put.initText();
  facts.setLanguage(text.language);
  facts.setTitle(text.title);
  facts.setOverview(text.overview);
  facts.setTagline(text.tagline);
  return planned;
}

Planned plan_show_translation(const std::string& file, int64_t show, const Translation& text) {
  Planned planned(file, fmt::format("{} in {}", show_name(show), text.language));
  auto put = planned.command().initPutTvShowTranslation();
  put.initTvShow().setTmdbId(show);
  auto facts = put.initText();
  facts.setLanguage(text.language);
  facts.setName(text.title);
  facts.setOverview(text.overview);
  facts.setTagline(text.tagline);
  return planned;
}

}  // namespace catlog::commandhandler::importing
