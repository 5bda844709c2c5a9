#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(rules_lists_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

Fields sync_fields() { return {{"key", "\"tmdb:popular\""}, {"lastSync", "\"2026-01-15T10:30:00Z\""}}; }
Fields revision() { return list_fields().with("mediaList", "{\"id\":1}"); }

std::string entry(const char* command, const std::string& list, const std::string& title) {
  return fmt::format("{{\"{}\":{{\"mediaList\":{}{}}}}}", command, list, title);
}
const std::string movie = ",\"movie\":{\"tmdbId\":603}", show = ",\"tvShow\":{\"tmdbId\":1930}";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(lists, Catalogue)

BOOST_AUTO_TEST_CASE(a_list_whose_columns_are_wrong_is_invalid) {
  const std::vector<WrongField> wrong = {{"name", ""},     {"name", "\"\""},    {"name", "\" \""},
                                         {"name", "null"}, {"description", ""}, {"description", "null"}};
  check_refused(*this, each_invalid(list_fields(), "createMediaList", wrong));
  check_refused(*this, each_invalid(revision(), "reviseMediaList", wrong));
  check_refused(*this,
                {{list_fields().with("isPublic", "1").as("createMediaList"), "malformed createMediaList.isPublic"},
                 {list_fields().with("id", "7").as("createMediaList"), "malformed createMediaList.id"}});
}

BOOST_AUTO_TEST_CASE(the_list_must_be_there) {
  check_refused(*this, {{revision().with("mediaList", "{\"id\":9}").as("reviseMediaList"), "notFound mediaList"},
                        {revision().with("mediaList", "{}").as("reviseMediaList"), "invalid mediaList"},
                        {"{\"removeMediaList\":{\"mediaList\":{\"id\":9}}}", "notFound mediaList"},
                        {"{\"removeMediaList\":{}}", "invalid mediaList"},
                        {entry("listTitle", "{\"id\":9}", movie), "notFound mediaList"},
                        {entry("delistTitle", "{\"id\":9}", movie), "notFound mediaList"}});
}

BOOST_AUTO_TEST_CASE(an_entry_is_one_title_that_is_there) {
  for (auto command : {"listTitle", "delistTitle"})
    check_refused(*this, {{entry(command, "{\"id\":1}", ""), "invalid"},
                          {entry(command, "{\"id\":1}", movie + show), "invalid"},
                          {entry(command, "{\"id\":1}", ",\"movie\":{}"), "invalid movie"},
                          {entry(command, "{\"id\":1}", ",\"movie\":{\"tmdbId\":9}"), "notFound movie"},
                          {entry(command, "{\"id\":1}", ",\"tvShow\":{\"tmdbId\":9}"), "notFound tvShow"}});
}

BOOST_AUTO_TEST_CASE(lists_are_made_revised_and_removed) {
  auto receipt = accept(list_fields().as("createMediaList"));  // names may repeat
  BOOST_TEST(events_of(*this, receipt) == "mediaListCreated");
  BOOST_TEST(receipt.effect.subject_id == 2);
  BOOST_TEST(outcome(send(revision().as("reviseMediaList"))) == "unchanged");
  BOOST_TEST(outcome(send(revision().with("isPublic", "false").as("reviseMediaList"))) == "unchanged");
  BOOST_TEST(recorded(*this, revision().with("isPublic", "true").as("reviseMediaList")) == "mediaListRevised");
  BOOST_TEST(recorded(*this, "{\"removeMediaList\":{\"mediaList\":{\"id\":2}}}") == "mediaListRemoved");
  BOOST_TEST(outcome(send("{\"removeMediaList\":{\"mediaList\":{\"id\":2}}}")) == "notFound mediaList");
  BOOST_TEST(accept(list_fields().as("createMediaList")).effect.subject_id == 3);
}

BOOST_AUTO_TEST_CASE(titles_are_listed_once) {
  for (const auto& [title, listed, delisted] :
       {std::tuple(movie, "movieListed", "movieDelisted"), std::tuple(show, "tvShowListed", "tvShowDelisted")}) {
    BOOST_TEST(outcome(send(entry("delistTitle", "{\"id\":1}", title))) == "unchanged");
    BOOST_TEST(recorded(*this, entry("listTitle", "{\"id\":1}", title)) == listed);
    BOOST_TEST(outcome(send(entry("listTitle", "{\"id\":1}", title))) == "unchanged");
    BOOST_TEST(recorded(*this, entry("delistTitle", "{\"id\":1}", title)) == delisted);
    BOOST_TEST(recorded(*this, entry("listTitle", "{\"id\":1}", title)) == listed);
  }
  // Entries hold neither the list nor the titles.
  BOOST_TEST(recorded(*this, "{\"removeTvShow\":{\"tvShow\":{\"tmdbId\":1930},\"withSeasons\":true}}") ==
             "episodeRemoved seasonRemoved tvShowRemoved");
  BOOST_TEST(recorded(*this, "{\"removeMediaList\":{\"mediaList\":{\"id\":1}}}") == "mediaListRemoved");
}

BOOST_AUTO_TEST_CASE(a_sync_state_whose_columns_are_wrong_is_invalid) {
  check_refused(*this,
                each_invalid(sync_fields(), "recordSync",
                             {{"key", ""}, {"key", "\" \""}, {"key", "null"}, {"lastSync", ""}, {"lastSync", "null"}}));
  check_refused(*this,
                {{sync_fields().with("lastSync", "\"2026-01-15\"").as("recordSync"), "malformed recordSync.lastSync"},
                 {sync_fields().with("data", "{}").as("recordSync"), "malformed recordSync.data"}});
}

BOOST_AUTO_TEST_CASE(a_sync_state_is_kept_by_its_key) {
  auto first = accept(sync_fields().as("recordSync"));
  BOOST_TEST(events_of(*this, first) == "syncRecorded");
  BOOST_TEST(outcome(send(sync_fields().as("recordSync"))) == "unchanged");
  // Another way to write the same time.
  BOOST_TEST(outcome(send(sync_fields().with("lastSync", "\"2026-01-15T11:30:00.000+01:00\"").as("recordSync"))) ==
             "unchanged");
  auto second = accept(sync_fields().with("data", "\"3\"").as("recordSync"));
  BOOST_TEST(second.effect.subject_id == first.effect.subject_id);
  BOOST_TEST(second.effect.version == 2);
  auto long_key = sync_fields().with("key", json_text(std::string(2'000, 'k')));
  auto other = accept(long_key.as("recordSync"));
  flush_state();
  BOOST_TEST(outcome(send(long_key.as("recordSync"))) == "unchanged");
  BOOST_TEST(other.effect.subject_id == first.effect.subject_id + 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
