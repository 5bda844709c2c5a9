#include <boost/test/unit_test.hpp>

#include "projector/history.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

using namespace catlog;
using namespace catlog::tests;
using events::Entity;
using projector::FieldChange;
using projector::HistoryEntry;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  store::Log log = store::Log::open(directory / "log", store::Access::write);

  std::vector<HistoryEntry> history(Entity stream, int64_t id) {
    script.append_to(log);
    return projector::history(log, stream, id, projector::last_in_stream(log, stream, id));
  }
};

const FieldChange* change(const HistoryEntry& entry, const std::string& field) {
  for (const FieldChange& each : entry.changes)
    if (each.field == field) return &each;
  return nullptr;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(history_of_a_stream, Fixture)

BOOST_AUTO_TEST_CASE(it_tells_what_changed_when_and_by_whom) {
  script.command({movie_described(1, "Matrix")}, {7, "10.0.0.1", "curl"});
  auto entries = history(Entity::MOVIE, 1);
  BOOST_REQUIRE(entries.size() == 5u);
  BOOST_TEST(entries[0].event == "movieDescribed");
  BOOST_TEST(change(entries[0], "title")->after.value() == "The Matrix");
  BOOST_TEST(!change(entries[0], "title")->before);
  BOOST_TEST(!change(entries[0], "budget"));  // NULL before and after
  BOOST_TEST(change(entries[2], "movie_genres")->after.value() == "[1,2]");
  BOOST_TEST(change(entries[3], "movie_translations/1.title")->after.value() == "La Matrice");

  const HistoryEntry& last = entries[4];
  BOOST_TEST(last.version == 5u);
  BOOST_TEST(last.position == log.head());
  BOOST_TEST(last.user_id.value() == 7);
  BOOST_TEST(last.ip_address == "10.0.0.1");
  BOOST_TEST(last.user_agent == "curl");
  BOOST_TEST(!entries[0].user_id);
  BOOST_REQUIRE(last.changes.size() == 1u);
  BOOST_TEST(last.changes[0].before.value() == "The Matrix");
  BOOST_TEST(last.changes[0].after.value() == "Matrix");
}

BOOST_AUTO_TEST_CASE(removed_rows_lose_their_fields) {
  script.command({movie_translation_removed(1, 1)});
  script.command({movie_removed(2)});
  auto entries = history(Entity::MOVIE, 1);
  BOOST_TEST(change(entries.back(), "movie_translations/1.title")->before.value() == "La Matrice");
  BOOST_TEST(!change(entries.back(), "movie_translations/1.title")->after);
  BOOST_TEST(!change(entries.back(), "title"));
  entries = history(Entity::MOVIE, 2);
  BOOST_TEST(change(entries.back(), "title")->before.value() == "Sintel");
}

BOOST_AUTO_TEST_CASE(links_come_and_go_one_by_one) {
  for (int64_t movie : {11, 1}) script.command({movie_described(movie, "x")});
  script.command({movie_listed(1, 11)});
  script.command({movie_delisted(1, 1)});
  auto entries = history(Entity::MEDIA_LIST, 1);
  BOOST_REQUIRE(entries.back().changes.size() == 1u);
  BOOST_TEST(entries.back().changes[0].field == "media_list_movies/1");
  BOOST_TEST(!entries.back().changes[0].after);
}

BOOST_AUTO_TEST_CASE(secrets_are_hidden_but_their_change_is_told) {
  auto entries = history(Entity::USER, 1);
  for (const HistoryEntry& entry : entries) {
    for (const FieldChange& each : entry.changes) {
      BOOST_TEST(each.after.value_or("").find("sealed") == std::string::npos);
      BOOST_TEST(each.after.value_or("").find("$2b$") == std::string::npos);
    }
  }
  BOOST_TEST(change(entries[0], "passwordHash")->after.value() == "(hidden)");
  BOOST_TEST(change(entries[2], "trakt_users/1.accessToken")->after.value() == "(hidden)");
  BOOST_TEST(change(entries[2], "trakt_users/1.username")->after.value() == "ada-trakt");
}

BOOST_AUTO_TEST_CASE(a_stream_that_is_not_there_has_none) { BOOST_TEST(history(Entity::MOVIE, 99).empty()); }

BOOST_AUTO_TEST_CASE(a_known_end_saves_reading_the_log) {
  script.append_to(log);
  events::Position whole = projector::last_in_stream(log, Entity::MOVIE, 1);
  BOOST_TEST(projector::last_in_stream(log, Entity::MOVIE, 1, whole, log.head()) == whole);
  BOOST_TEST(projector::last_in_stream(log, Entity::MOVIE, 1, 0, whole - 1) == whole);
}

BOOST_AUTO_TEST_CASE(a_chain_that_leads_into_another_stream_is_damage) {
  script.append_to(log);
  BOOST_CHECK_THROW(projector::history(log, Entity::MOVIE, 1, 1), events::Failure);
}

BOOST_AUTO_TEST_SUITE_END()
