#include <boost/test/unit_test.hpp>

#include "events/schema/model.h"
#include "projector/history/history.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(history_test)

using namespace catlog;
using namespace catlog::tests;
using events::Entity;
using projector::FieldChange;
using projector::HistoryEntry;
using projector::Scope;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  store::Log log = store::Log::open(directory / "log", store::Access::write);

  std::vector<HistoryEntry> history(Entity stream, int64_t id) {
    script.append_to(log);
    return projector::history(projector::StreamEnds(log), {Scope::Extent::stream, stream, id, 0, {stream, id}});
  }
  // Of one row, of one link or of all links of an owner.
  std::vector<HistoryEntry> history(Scope::Extent extent, Entity entity, int64_t id, int64_t other = 0) {
    script.append_to(log);
    const projector::StreamEnds ends(log);
    const auto stream = ends.stream_of(entity, id);
    if (!stream) return {};
    return projector::history(ends, {extent, entity, id, other, *stream});
  }
};

const FieldChange* change(const HistoryEntry& entry, const std::string& field) {
  for (const FieldChange& each : entry.changes)
    if (each.field == field) return &each;
  return nullptr;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(history_of_a_stream, Fixture)

BOOST_AUTO_TEST_CASE(a_long_stream_is_told_whole_and_in_order_without_being_gathered) {
  constexpr int ratings = 25'000;  // some snapshots of the log
  std::vector<EventDraft> rated;
  for (int i = 1; i <= ratings; ++i) rated.push_back(movie_rated(1, i, 5));
  script.command(rated);
  script.append_to(log);
  const projector::StreamEnds ends(log);
  projector::Position last = 0;
  int visited = 0;
  projector::visit_history(ends, {Scope::Extent::stream, Entity::MOVIE, 1, 0, {Entity::MOVIE, 1}}, {},
                           [&](const HistoryEntry& entry) {
                             BOOST_TEST_REQUIRE(entry.position > last);
                             last = entry.position;
                             ++visited;
                           });
  BOOST_TEST(visited >= ratings);
  BOOST_TEST(last == log.head());
}

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
  const projector::StreamKey movie{Entity::MOVIE, 1};
  const events::Position whole = projector::StreamEnds(log).last(movie);
  size_t asked = 0;
  auto known = [&](events::Position at, events::Position last) {
    return projector::Known{at, [&asked, last](projector::StreamKey) { return ++asked, last; }, {}};
  };
  BOOST_TEST(projector::StreamEnds(log, known(log.head(), whole)).last(movie) == whole);
  BOOST_TEST(projector::StreamEnds(log, known(whole - 1, 0)).last(movie) == whole);
  BOOST_TEST(asked == 2u);
}

BOOST_AUTO_TEST_CASE(a_chain_that_leads_into_another_stream_is_damage) {
  script.append_to(log);
  const projector::StreamEnds misled(log, {log.head(), [](projector::StreamKey) { return events::Position{1}; }, {}});
  BOOST_CHECK_THROW(projector::history(misled, {Scope::Extent::stream, Entity::MOVIE, 1, 0, {Entity::MOVIE, 1}}),
                    events::Failure);
}

BOOST_AUTO_TEST_CASE(a_row_in_anothers_stream_has_its_own_history) {
  script.command({movie_translated(1, 1, "fr", "Matrice")}, {7, "10.0.0.1", "curl"});
  auto entries = history(Scope::Extent::row, Entity::MOVIE_TRANSLATION, 1);
  BOOST_REQUIRE(entries.size() == 2u);
  BOOST_TEST(change(entries[0], "movieId")->after.value() == "1");
  BOOST_TEST(change(entries[0], "title")->after.value() == "La Matrice");
  BOOST_REQUIRE(entries[1].changes.size() == 1u);
  BOOST_TEST(change(entries[1], "title")->before.value() == "La Matrice");
  BOOST_TEST(entries[1].user_id.value() == 7);
  BOOST_TEST((entries[1].stream == projector::StreamKey{Entity::MOVIE, 1}));
  for (Entity entity : {Entity::REFRESH_TOKEN, Entity::TRAKT_USER, Entity::TV_SHOW_TRANSLATION,
                        Entity::GENRE_TRANSLATION, Entity::STORAGE, Entity::AUDIT_LOG, Entity::EPISODE})
    BOOST_TEST(!history(Scope::Extent::row, entity, 1).empty());
  BOOST_TEST(history(Scope::Extent::row, Entity::MOVIE_TRANSLATION, 99).empty());
}

BOOST_AUTO_TEST_CASE(a_row_that_went_with_its_owner_ends_with_the_owners_event) {
  script.command({user_removed(1)});
  for (Entity entity : {Entity::REFRESH_TOKEN, Entity::TRAKT_USER}) {
    auto entries = history(Scope::Extent::row, entity, 1);
    BOOST_REQUIRE(entries.size() == 2u);
    BOOST_TEST(entries[1].event == "userRemoved");
    BOOST_TEST(!entries[1].row_is_there);
    BOOST_TEST(change(entries[1], "userId")->before.value() == "1");
    BOOST_TEST(!change(entries[1], "userId")->after);
  }
}

BOOST_AUTO_TEST_CASE(an_audit_row_loses_its_user_with_the_user) {
  script.command({user_removed(1)});
  auto entries = history(Scope::Extent::stream, Entity::AUDIT_LOG, 1);
  BOOST_REQUIRE(entries.size() == 2u);
  BOOST_TEST(entries[1].event == "userRemoved");
  BOOST_TEST((entries[1].stream == projector::StreamKey{Entity::USER, 1}));
  BOOST_REQUIRE(entries[1].changes.size() == 1u);
  BOOST_TEST(change(entries[1], "userId")->before.value() == "1");
  BOOST_TEST(!change(entries[1], "userId")->after);
  script.command({audit_purged(1)});
  entries = history(Scope::Extent::stream, Entity::AUDIT_LOG, 1);
  BOOST_TEST(entries.size() == 3u);  // in the order of the log, whichever streams they are in
}

BOOST_AUTO_TEST_CASE(a_seasons_end_is_its_episodes_end) {
  script.command({season_removed(1)});
  auto entries = history(Scope::Extent::row, Entity::EPISODE, 2);
  BOOST_TEST(entries.back().event == "seasonRemoved");
  BOOST_TEST(!entries.back().row_is_there);
}

BOOST_AUTO_TEST_CASE(links_can_be_asked_for_by_owner_and_one_by_one) {
  script.command({movie_genres_assigned(1, {2})});
  script.command({movie_listed(1, 2)});
  script.command({movie_removed(2)});
  auto all = history(Scope::Extent::links, Entity::MOVIE_GENRE, 1);
  BOOST_REQUIRE(all.size() == 2u);
  BOOST_TEST(change(all[0], "movie_genres/1,1")->after.value() == "linked");
  BOOST_TEST(!change(all[1], "movie_genres/1,1")->after);
  auto one = history(Scope::Extent::row, Entity::MOVIE_GENRE, 1, 1);
  BOOST_REQUIRE(one.size() == 2u);
  BOOST_TEST(change(one[0], "genreId")->after.value() == "1");
  BOOST_TEST(!one[1].row_is_there);
  auto listed = history(Scope::Extent::row, Entity::MEDIA_LIST_MOVIE, 1, 2);
  BOOST_TEST(listed.back().event == "movieRemoved");
  auto list = history(Entity::MEDIA_LIST, 1);
  BOOST_TEST(!change(list.back(), "media_list_movies/2")->after);
}

BOOST_AUTO_TEST_CASE(an_earlier_position_ends_the_history_there) {
  const events::Position before = script.head();
  script.command({user_removed(1)});
  script.append_to(log);
  const projector::StreamEnds ends(log);
  const Scope token{Scope::Extent::row, Entity::REFRESH_TOKEN, 1, 0, {Entity::USER, 1}};
  projector::HistoryOptions options;
  options.up_to = before;
  BOOST_TEST(projector::history(ends, token, options).size() == 1u);
  BOOST_TEST(projector::history(ends, token).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_quarantined_event_is_shown_and_changed_nothing) {
  const events::Position bad = script.command({movie_described(1, "Matrix")});
  script.append_to(log);
  projector::HistoryOptions options;
  projector::Quarantine list(log.id());
  list.add({bad, "wrong title", 0, "root"});
  options.left_out = projector::LeftOutLookup(list, nullptr);
  const auto entries = projector::history(projector::StreamEnds(log),
                                          {Scope::Extent::stream, Entity::MOVIE, 1, 0, {Entity::MOVIE, 1}}, options);
  BOOST_TEST(entries.back().left_out_with == bad);
  BOOST_TEST(entries.back().changes.empty());
}

// A row's end is looked for in the streams of what it refers to, not further: a stream of its own ends with an event of
// its own, unless it goes with a parent whose end is an event.
BOOST_AUTO_TEST_CASE(no_cascade_leads_through_two_streams) {
  for (const auto& entity : events::model().entities())
    for (const auto& reference : entity.references) {
      if (reference.on_delete == events::schema::OnDelete::RESTRICT) continue;
      for (const auto& next : events::model().entity(reference.to).references)
        BOOST_TEST((next.on_delete == events::schema::OnDelete::RESTRICT), entity.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
