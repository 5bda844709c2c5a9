#include "events/export/description.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

#include "events/export/field_words.h"
#include "events/export/json_value.h"
#include "events/export/wire.h"
#include "events/schema/model.h"

BOOST_AUTO_TEST_SUITE(description_test)

using namespace catlog::events;

namespace {

const DescribedField& field_of(const std::string& object, const std::string& name) {
  const DescribedObject* found = description().object(object);
  BOOST_REQUIRE_MESSAGE(found, object);
  const auto field = std::ranges::find_if(found->fields, [&](const auto& each) { return each.name == name; });
  BOOST_REQUIRE_MESSAGE(field != found->fields.end(), object << "." << name);
  return *field;
}

bool has_field(const std::string& object, const std::string& name) {
  return std::ranges::any_of(description().object(object)->fields, [&](const auto& each) { return each.name == name; });
}

// "id | createdBy | tvShow seasonNumber"
std::string ways_of(const std::string& object) {
  std::string text;
  for (const auto& way : description().object(object)->alternatives) {
    text += text.empty() ? "" : "| ";
    for (const auto& field : way) text += field.name + " ";
  }
  return text;
}

// A reference says by its type what it is.
bool speaks_for_itself(const DescribedField& field) {
  const ValueType& type = field.type.is == ValueType::Is::list ? field.type.each.front() : field.type;
  return type.is == ValueType::Is::object && description().object(type.name)->names != Entity::UNSET;
}

}  // namespace

BOOST_AUTO_TEST_CASE(everything_has_its_words) {
  for (const auto& command : description().commands) BOOST_TEST(!command.says.empty(), command.name);
  for (const auto& event : description().events) BOOST_TEST(!event.says.empty(), event.name);
  for (const auto& object : description().objects) {
    for (const auto& field : object.fields)
      BOOST_TEST((!field.says.empty() || speaks_for_itself(field)), object.name << "." << field.name);
  }
  for (const auto& code : description().choice("RefusalCode")->values)
    BOOST_TEST(!code.says.empty(), "RefusalCode." << code.spelling);
  for (const auto& limit : limits()) BOOST_TEST((limit.value > 0 && !limit.says.empty()), limit.name);
}

BOOST_AUTO_TEST_CASE(every_command_and_event_is_described) {
  BOOST_TEST(description().commands.size() == model().commands().size());
  BOOST_TEST(description().events.size() == model().events().size());
  for (const auto& command : description().commands) BOOST_TEST(description().object(command.object), command.name);
  for (const auto& event : description().events)
    BOOST_TEST((event.object.empty() || description().object(event.object)), event.name);
  std::set<std::string> names;
  for (const auto& object : description().objects) BOOST_TEST(names.insert(object.name).second, object.name);
}

BOOST_AUTO_TEST_CASE(what_a_command_needs_is_what_its_rule_asks_for) {
  BOOST_TEST(field_of("PutMovie", "title").is_required);
  BOOST_TEST(!field_of("PutMovie", "imdbId").is_required);
  BOOST_TEST(!field_of("PutMovie", "rating").is_required);
  // Columns that must hold something, and that the handler fills where a command leaves them out.
  BOOST_TEST(!field_of("RegisterUser", "role").is_required);
  BOOST_TEST(!field_of("RegisterUser", "isActive").is_required);
  BOOST_TEST(!field_of("AddMovieSource", "infoHash").is_required);
  BOOST_TEST(field_of("RegisterUser", "role").otherwise == "user");
  // The same column in two commands.
  BOOST_TEST(field_of("ObserveSwarm", "seeds").is_required);
  BOOST_TEST(!field_of("AddMovieSource", "seeds").is_required);
  BOOST_TEST(!field_of("ObserveSwarm", "lastSeen").is_required);
  BOOST_TEST(field_of("Command", "id").is_required);
  BOOST_TEST(!field_of("Command", "wantHead").is_required);
}

BOOST_AUTO_TEST_CASE(what_the_handler_assigns_is_of_events_and_secrets_are_of_commands) {
  BOOST_TEST(!has_field("PutSeason", "tvShowId"));
  BOOST_TEST(has_field("SeasonFacts", "tvShowId"));
  BOOST_TEST(field_of("SeasonFacts", "tvShowId").table == "tv_shows");
  BOOST_TEST(field_of("Genres", "genreIds").table == "genres");
  BOOST_TEST(has_field("RegisterUser", "passwordHash"));
  BOOST_TEST(!has_field("UserFacts", "passwordHash"));
  BOOST_TEST(field_of("MovieFacts", "title").is_required);
  BOOST_TEST(!field_of("MovieFacts", "runtime").is_required);
}

BOOST_AUTO_TEST_CASE(a_thing_is_named_in_exactly_one_way) {
  BOOST_TEST(ways_of("MovieRef") == "id | createdBy | tmdbId | imdbId ");
  BOOST_TEST(ways_of("SeasonRef") == "id | createdBy | tvShow seasonNumber ");
  BOOST_TEST(ways_of("ListRef") == "id | createdBy ");
  BOOST_TEST(ways_of("OnListEntry") == "movie | tvShow ");
  BOOST_TEST(words_of(field_of("RateMovie", "movie"), Written::by_producers).type ==
             "a movie: {\"id\":…} or {\"createdBy\":\"<command id>\"} or {\"tmdbId\":…} or {\"imdbId\":…}");
}

BOOST_AUTO_TEST_CASE(an_entity_says_what_it_is_known_by) {
  for (const auto& entity : description().entities) {
    if (entity.name == "season")
      BOOST_TEST((entity.natural_key == std::vector<std::string>{"tvShowId", "seasonNumber"}));
    if (entity.name == "movieTranslation") BOOST_TEST(entity.stream == "movies");
    if (entity.name == "mediaListMovie")
      BOOST_TEST((entity.natural_key == std::vector<std::string>{"mediaListId", "movieId"}));
  }
}

BOOST_AUTO_TEST_CASE(a_document_is_json_in_the_order_in_which_it_was_made) {
  Json document = Json::object();
  document.with("z", "a \"word\"").with("a", Json::array().add(Json::number(1)).add(Json::number(0.5)));
  document.with("e", Json::object());
  BOOST_TEST(document.to_page() == "{\"z\": \"a \\\"word\\\"\", \"a\": [1, 0.5], \"e\": {}}\n");
  document.with("long", std::string(120, 'x'));
  BOOST_TEST(document.to_page().starts_with(
      "{\n  \"z\": \"a \\\"word\\\"\",\n  \"a\": [1, 0.5],\n  \"e\": {},\n  \"long\": \""));
}

BOOST_AUTO_TEST_SUITE_END()
