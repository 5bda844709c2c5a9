#include <boost/test/unit_test.hpp>

#include "events/error.h"
#include "events/text/datetime.h"
#include "projector/model/read_model.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(read_model_test)

using namespace catlog;
using namespace catlog::tests;
using projector::ReadModel;
using projector::Unappliable;
using projector::Writing;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  std::filesystem::path file = directory / "model.sqlite";
  ReadModel model{file, test_log_id, script.head(), Writing::live};

  void add(const std::vector<EventDraft>& drafts) { script.command(drafts); }
  void apply_all() { apply(model, script); }
  std::string ask(const std::string& sql) { return one_value(model.database(), sql); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(read_model, Fixture)

BOOST_AUTO_TEST_CASE(rows_have_the_events_values) {
  apply_all();
  BOOST_TEST(ask("SELECT title FROM movies WHERE id = 1") == "The Matrix");
  BOOST_TEST(ask("SELECT popularity FROM movies WHERE id = 1") == "80.5");
  BOOST_TEST(ask("SELECT popularity FROM movies WHERE id = 2") == "0.0");
  BOOST_TEST(ask("SELECT budget IS NULL FROM movies WHERE id = 1") == "1");
  BOOST_TEST(ask("SELECT group_concat(genreId) FROM movie_genres WHERE movieId = 1") == "1,2");
  BOOST_TEST(ask("SELECT episodeRunTime FROM tv_shows") == "[45,2]");
  BOOST_TEST(ask("SELECT imdbId IS NULL FROM tv_shows") == "1");
  BOOST_TEST(ask("SELECT lastSeen FROM movie_sources") == "2024-05-06 07:08:09.123");
  BOOST_TEST(ask("SELECT status FROM storage") == "downloading");
  BOOST_TEST(ask("SELECT action || severity || metadata FROM audit_logs") == "LOGININFO{\"a\":1}");
  BOOST_TEST(ask("SELECT isPublic FROM media_lists") == "1");
  BOOST_TEST(ask("SELECT count(*) FROM media_list_tv_shows") == "1");
}

BOOST_AUTO_TEST_CASE(times_are_those_of_the_first_and_last_event) {
  add({movie_rated(1, 1, 1)});
  apply_all();
  auto time = [](int command) {
    return events::to_sql_datetime(RecordScript::first_time_us + command * RecordScript::step_us);
  };
  BOOST_TEST(ask("SELECT createdAt FROM movies WHERE id = 1") == time(3));
  BOOST_TEST(ask("SELECT updatedAt FROM movies WHERE id = 1") == time(21));
  BOOST_TEST(ask("SELECT lastUpdated FROM storage") == time(8));
}

BOOST_AUTO_TEST_CASE(a_link_updates_its_owner) {
  add({movie_listed(1, 2)});
  apply_all();
  BOOST_TEST(ask("SELECT updatedAt > createdAt FROM media_lists") == "1");
}

BOOST_AUTO_TEST_CASE(a_second_create_keeps_what_it_does_not_carry) {
  add({movie_described(1, "Matrix")});
  apply_all();
  BOOST_TEST(ask("SELECT title || popularity || (createdAt < updatedAt) FROM movies WHERE id = 1") == "Matrix80.51");
}

BOOST_AUTO_TEST_CASE(removals_take_what_goes_with_the_row) {
  add({storage_removed(1)});
  add({source_removed(1)});
  add({movie_removed(1)});
  add({season_removed(1)});
  add({user_removed(1)});
  add({list_removed(1)});
  apply_all();
  for (const char* table :
       {"movie_translations", "movie_genres", "media_list_movies", "media_list_tv_shows", "episodes", "seasons",
        "refresh_tokens", "trakt_users", "users", "storage", "movie_sources"})
    BOOST_TEST(ask(std::string("SELECT count(*) FROM ") + table) == "0", table);
  BOOST_TEST(ask("SELECT userId IS NULL FROM audit_logs") == "1");
  BOOST_TEST(ask("SELECT count(*) FROM movies") == "1");
}

BOOST_AUTO_TEST_CASE(assigning_replaces_all_links) {
  add({movie_genres_assigned(1, {2})});
  apply_all();
  BOOST_TEST(ask("SELECT group_concat(genreId) FROM movie_genres WHERE movieId = 1") == "2");
}

BOOST_AUTO_TEST_CASE(the_checkpoint_goes_with_the_rows) {
  apply_all();
  BOOST_TEST(model.position() == script.head());
  BOOST_TEST(ask("SELECT position FROM projection_checkpoint") == std::to_string(script.head()));
  BOOST_TEST(ask("SELECT logId FROM projection_checkpoint") == test_log_id);
  BOOST_TEST(ask("SELECT state FROM projection_checkpoint") == "live");
  BOOST_TEST(ask("SELECT schemaVersion FROM projection_checkpoint") == ask("PRAGMA user_version"));
  BOOST_TEST(model.stream_positions().at("sync_states") == script.head());
  BOOST_TEST(ask("SELECT lastPosition FROM projection_streams WHERE kind = 'sync_states'") ==
             std::to_string(script.head()));
  BOOST_TEST(!model.stream_positions().contains("refresh_tokens"));
}

BOOST_AUTO_TEST_CASE(nothing_is_seen_before_the_commit) {
  model.begin();
  apply_one(model, script, 1);
  projector::Database reader(file, projector::Open::read);
  BOOST_TEST(one_value(reader, "SELECT count(*) FROM genres") == "0");
  apply_one(model, script, 2);
  model.commit();
  BOOST_TEST(one_value(reader, "SELECT count(*) FROM genres") == "1");
}

BOOST_AUTO_TEST_CASE(a_bulk_load_sorts_its_indexes_in_files) {
  const std::string in_files = "1", in_memory = "2";
  BOOST_TEST(ask("PRAGMA temp_store") == in_memory);
  ReadModel bulk(directory / "bulk.sqlite", test_log_id, script.head(), Writing::bulk);
  BOOST_TEST(one_value(bulk.database(), "PRAGMA temp_store") == in_files);
}

BOOST_AUTO_TEST_CASE(rolling_back_leaves_the_last_commit) {
  apply(model, script, 1, 3);
  model.begin();
  apply_one(model, script, 4);
  model.rollback();
  BOOST_TEST(model.position() == 3u);
  BOOST_TEST(ask("SELECT count(*) FROM movies") == "0");
  apply(model, script, 4, script.head());
  BOOST_TEST(ask("SELECT count(*) FROM movies") == "2");
}

BOOST_AUTO_TEST_CASE(an_event_that_cannot_be_applied_stops_at_its_position) {
  std::vector<EventDraft> bad = {movie_rated(99, 1, 1),
                                 movie_removed(99),
                                 movie_described(1, " "),
                                 movie_described(7, "X", 1001),
                                 episode_described(9, 99, 1),
                                 source_removed(1),
                                 genre_removed(1),
                                 movie_delisted(1, 2),
                                 movie_listed(1, 1),
                                 movie_genres_assigned(99, {}),
                                 season_described(5, 99, 1)};
  apply_all();
  for (const EventDraft& draft : bad) {
    RecordScript more = small_catalogue();
    more.command({movie_rated(2, 5, 5), draft});
    model.begin();
    apply_one(model, more, more.head() - 1);
    BOOST_CHECK_EXCEPTION(apply_one(model, more, more.head()), Unappliable, [&](const Unappliable& unappliable) {
      BOOST_TEST_CONTEXT(draft.json << ": " << unappliable.what())
      BOOST_TEST(unappliable.position() == more.head());
      return unappliable.code() == events::Exit::unapplied && !unappliable.reason().empty();
    });
    BOOST_TEST(model.position() == script.head());
    BOOST_TEST(ask("SELECT rating FROM movies WHERE id = 2") == "0.0");
  }
}

BOOST_AUTO_TEST_CASE(a_gap_in_positions_is_refused) {
  model.begin();
  BOOST_CHECK_EXCEPTION(apply_one(model, script, 2), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::damaged; });
}

BOOST_AUTO_TEST_CASE(another_logs_read_model_is_refused) {
  apply_all();
  model.close();
  BOOST_CHECK_THROW(ReadModel(file, "another", script.head(), Writing::live), events::Failure);
  BOOST_CHECK_THROW(ReadModel(file, test_log_id, script.head() - 1, Writing::live), events::Failure);
}

BOOST_AUTO_TEST_CASE(a_closed_file_needs_no_write_permission) {
  apply_all();
  model.close();
  BOOST_TEST(ask("PRAGMA journal_mode") == "delete");
}

BOOST_AUTO_TEST_CASE(closing_beside_a_reader_does_not_wait_and_loses_nothing) {
  apply_all();
  projector::Database reader(file, projector::Open::read);
  projector::Transaction snapshot(reader, projector::Transaction::Kind::read);
  model.close();
  BOOST_TEST(one_value(reader, "SELECT count(*) FROM movies") == "2");
  BOOST_TEST(std::filesystem::exists(file.string() + "-wal"));
}

BOOST_AUTO_TEST_CASE(a_full_disk_can_be_waited_out) {
  std::string pages = ask("PRAGMA page_count");
  model.database().run(projector::Sql::generated("PRAGMA max_page_count = " + pages));
  RecordScript many;
  for (int i = 1; i <= 2000; ++i) many.command({movie_described(i, "A title that takes some room in its page")});
  BOOST_CHECK_THROW(apply(model, many), events::StorageFull);
  BOOST_TEST(model.position() == 0u);
  model.database().run("PRAGMA max_page_count = 1000000");
  apply(model, many);
  BOOST_TEST(model.position() == many.head());
  BOOST_TEST(ask("SELECT count(*) FROM movies") == "2000");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
