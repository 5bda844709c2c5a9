#include <boost/test/unit_test.hpp>

#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

// SQLite alone refuses what breaks a rule on one row's values, a unique key or a reference: plain statements on a file
// that any sqlite3 shell could have opened.

using namespace catlog;
using namespace catlog::tests;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  projector::ReadModel model{directory / "model.sqlite", test_log_id, 1000, projector::Writing::live};
  Fixture() {
    RecordScript script = small_catalogue();
    script.command({user_registered(2, "bob")});
    script.command({trakt_linked(2, 2, "bob-trakt")});
    script.command({token_issued(2, 2)});
    script.command({source_added(2, 1)});
    script.command({download_started(2, 2)});
    script.command({season_described(2, 1, 2)});
    script.command({tv_show_described(2, "Lost")});
    script.command({sync_recorded(2, "other")});
    script.command({movie_translated(1, 2, "de", "Matrix")});
    script.command({tv_show_translated(1, 2, "de", "Draht")});
    script.command({genre_translated(1, 2, "fr", "Drame")});
    apply(model, script);
  }
  void refused(const std::string& sql) {
    BOOST_TEST_CONTEXT(sql)
    BOOST_CHECK_THROW(model.database().run(projector::Sql::generated(sql)), projector::ConstraintViolated);
  }
  // Each value is refused, and the good one is not: the statement fails for the reason that is meant.
  void column(const std::string& table, const std::string& name, const std::vector<std::string>& bad,
              const std::string& good) {
    for (const std::string& value : bad) refused("UPDATE " + table + " SET " + name + " = " + value + " WHERE id = 1");
    BOOST_TEST_CONTEXT(table << "." << name)
    BOOST_CHECK_NO_THROW(model.database().run(
        projector::Sql::generated("UPDATE " + table + " SET " + name + " = " + good + " WHERE id = 1")));
  }
};

const std::vector<std::string> not_at_least_zero = {"-1", "NULL"};
const std::vector<std::string> blank = {"''",           "'  '",         "char(9, 10)",      "NULL",         "char(160)",
                                        "char(0x200b)", "char(0x3000)", "char(32, 0xfeff)", "char(0xe0041)"};
const std::vector<std::string> no_date = {"'1999'",       "'1999-13-01'",  "'2023-02-29'", "'1999-3-31'",
                                          "'31.3.1999'",  "'1999-03-31 '", "NULL",         "'1900-02-29'",
                                          "'2001-04-31'", "'2001-00-01'",  "'2001-01-00'", "'2001-01-32'"};
const std::vector<std::string> no_time = {
    "'2024-01-01'", "'2024-01-01T00:00:00.000'", "'2024-13-01 00:00:00.00'", "'2024-01-01 00:00:00.000Z'", "''", "0",
    "NULL"};
const std::string a_time = "'2031-01-02 03:04:05.678'";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(constraints, Fixture)

BOOST_AUTO_TEST_CASE(names_and_titles_are_not_blank) {
  for (const char* table : {"movies", "movie_sources"}) column(table, "title", blank, "'x'");
  for (const char* table : {"tv_shows", "seasons", "episodes", "genres", "media_lists"})
    column(table, "name", blank, "'x'");
  for (const char* table : {"users", "trakt_users"}) column(table, "username", blank, "'x'");
  column("sync_states", "key", blank, "'x'");
}

BOOST_AUTO_TEST_CASE(translations_may_be_blank_but_not_null) {
  for (const char* table : {"movie_translations"}) column(table, "title", {"NULL"}, "''");
  for (const char* table : {"tv_show_translations", "genre_translations"}) column(table, "name", {"NULL"}, "''");
  for (const char* table : {"movie_translations", "tv_show_translations"}) {
    column(table, "overview", {"NULL"}, "''");
    column(table, "tagline", {"NULL"}, "''");
  }
}

BOOST_AUTO_TEST_CASE(required_text_is_never_null) {
  for (const char* name : {"overview", "poster", "backdrop"}) {
    column("movies", name, {"NULL"}, "''");
    column("tv_shows", name, {"NULL"}, "''");
  }
  for (const char* name : {"status", "tagline", "type"}) column("tv_shows", name, {"NULL"}, "''");
  for (const char* name : {"overview", "poster"}) column("seasons", name, {"NULL"}, "''");
  column("episodes", "overview", {"NULL"}, "''");
  column("media_lists", "description", {"NULL"}, "''");
  column("sync_states", "data", {"NULL"}, "''");
  for (const char* name : {"quality", "type"}) column("movie_sources", name, {"NULL"}, "''");
}

BOOST_AUTO_TEST_CASE(optional_columns_may_be_null) {
  for (const char* name : {"imdbId", "runtime", "budget", "revenue"}) column("movies", name, {}, "NULL");
  column("tv_shows", "imdbId", {}, "NULL");
  for (const char* name : {"runtime", "stillPath"}) column("episodes", name, {}, "NULL");
  for (const char* name : {"userId", "resource", "metadata", "ipAddress", "userAgent"})
    column("audit_logs", name, {}, "NULL");
}

BOOST_AUTO_TEST_CASE(ratings_are_finite_and_not_negative) {
  for (const char* table : {"movies", "tv_shows"})
    for (const char* name : {"popularity", "rating"})
      column(table, name, {"-0.1", "9e999", "-9e999", "NULL", "'x'"}, "7.5");
}

BOOST_AUTO_TEST_CASE(counts_and_sizes_are_not_negative) {
  for (const char* name : {"runtime", "budget", "revenue"}) column("movies", name, {"-1", "1.5"}, "0");
  column("episodes", "runtime", {"-1"}, "0");
  for (const char* name : {"seasonNumber", "episodeCount"}) column("seasons", name, not_at_least_zero, "0");
  column("episodes", "episodeNumber", not_at_least_zero, "0");
  for (const char* name : {"size", "seeds", "peers"}) column("movie_sources", name, not_at_least_zero, "0");
  for (const char* name : {"peers", "downloaded", "uploaded"}) column("storage", name, not_at_least_zero, "0");
  for (const char* table : {"movies", "tv_shows", "genres"}) column(table, "tmdbId", {"0", "-5", "NULL"}, "77");
}

BOOST_AUTO_TEST_CASE(score_and_progress_stay_in_their_ranges) {
  column("movie_sources", "score", {"-0.1", "10.1", "NULL"}, "10");
  for (const char* name : {"downloadProgress", "uploadProgress"})
    column("storage", name, {"-0.1", "1.01", "NULL"}, "1");
}

BOOST_AUTO_TEST_CASE(run_times_are_positive_integers) {
  column("tv_shows", "episodeRunTime",
         {"'[0]'", "'[-1]'", "'[1.5]'", "'[\"1\"]'", "'[[1]]'", "'[45,0]'", "'[45,01]'", "'45'", "'{}'", "'[45'", "''",
          "'null'", "'[null]'", "NULL"},
         "'[45,60]'");
  column("tv_shows", "episodeRunTime", {}, "'[]'");
}

BOOST_AUTO_TEST_CASE(dates_are_days_of_the_calendar_or_empty) {
  column("movies", "releaseDate", no_date, "''");
  column("tv_shows", "firstAirDate", no_date, "'2024-02-29'");
  column("seasons", "airDate", no_date, "''");
  column("episodes", "airDate", no_date, "''");
  // SQLite's date() makes 0300-02-29 of it.
  for (const char* good : {"'0300-03-01'", "'0000-02-29'", "'2000-02-29'", "'9999-12-31'"})
    column("movies", "releaseDate", {}, good);
}

BOOST_AUTO_TEST_CASE(times_have_their_form) {
  for (const char* table : {"refresh_tokens", "trakt_users"}) column(table, "expiresAt", no_time, a_time);
  column("movie_sources", "lastSeen", no_time, a_time);
  column("sync_states", "lastSync", no_time, a_time);
  for (const char* table : {"refresh_tokens", "audit_logs"}) column(table, "createdAt", no_time, a_time);
}

BOOST_AUTO_TEST_CASE(nothing_is_updated_before_it_was_created) {
  std::string long_ago = "'2001-01-01 00:00:00.000'";
  for (const char* table :
       {"movies", "tv_shows", "seasons", "episodes", "movie_sources", "users", "trakt_users", "media_lists", "genres",
        "genre_translations", "movie_translations", "tv_show_translations", "sync_states"}) {
    std::vector<std::string> bad = no_time;
    bad.push_back(long_ago);
    column(table, "updatedAt", bad, a_time);
  }
  column("storage", "lastUpdated", {long_ago, "NULL"}, a_time);
}

BOOST_AUTO_TEST_CASE(hashes_have_their_form_and_are_the_magnets) {
  std::string forty = info_hash(1);
  column("movie_sources", "infoHash",
         {"'" + forty.substr(1) + "'", "'" + forty.substr(1) + "A'", "'" + forty.substr(1) + "g'",
          "'" + info_hash(77) + "'", "''", "NULL"},
         "'" + forty + "'");
  column(
      "movie_sources", "magnetUri",
      {"'magnet:?xt=urn:btih:" + info_hash(77) + "'", "'magnet:?xt=urn:btmh:1220" + std::string(64, 'a') + "'", "NULL"},
      "'magnet:?xt=urn:btih:" + forty + "&dn=x'");
  column("movie_sources", "magnetUri",
         {"'magnet:?xt=urn:btih:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB&dn=x'", "'magnet:?dn=x&xt=urn:btih:" + forty + "'",
          "'magnet:?xt=urn:btih:" + forty + "0'", "'" + forty + "'"},
         "'magnet:?xt=urn:btih:' || upper('" + forty + "')");
}

BOOST_AUTO_TEST_CASE(languages_are_two_letters) {
  for (const char* table : {"movie_translations", "tv_show_translations", "genre_translations", "movie_sources"})
    column(table, "language", {"''", "'e'", "'eng'", "'EN'", "'es-MX'", "'e1'", "NULL"}, "'it'");
}

BOOST_AUTO_TEST_CASE(enumerations_hold_their_spellings_only) {
  column("users", "role", {"'root'", "'Admin'", "''", "NULL"}, "'admin'");
  column("storage", "status", {"'done'", "''", "NULL"}, "'seeding'");
  column("audit_logs", "action", {"'login'", "'BREAK_IN'", "NULL"}, "'IP_BLOCKED'");
  column("audit_logs", "severity", {"'DEBUG'", "NULL"}, "'CRITICAL'");
}

BOOST_AUTO_TEST_CASE(flags_are_zero_or_one) {
  column("tv_shows", "inProduction", {"2", "-1", "'true'", "NULL"}, "1");
  column("users", "isActive", {"2", "NULL"}, "0");
  column("media_lists", "isPublic", {"2", "NULL"}, "0");
}

BOOST_AUTO_TEST_CASE(secrets_have_the_form_of_what_may_be_stored) {
  column("users", "passwordHash", {"'secret'", "''", "'" + std::string(60, 'x') + "'", "NULL"},
         std::string("'") + bcrypt_hash + "'");
  column("refresh_tokens", "token", {"'a token'", "'" + std::string(64, 'G') + "'", "NULL"},
         "'" + std::string(64, 'a') + "'");
  for (const char* name : {"accessToken", "refreshToken"}) column("trakt_users", name, blank, "'sealed'");
}

BOOST_AUTO_TEST_CASE(json_is_json) { column("audit_logs", "metadata", {"'{'", "'x'", "''"}, "'{\"a\":[1]}'"); }

BOOST_AUTO_TEST_CASE(keys_are_unique) {
  for (const char* sql :
       {"UPDATE movies SET tmdbId = 1002 WHERE id = 1", "UPDATE tv_shows SET tmdbId = 2002 WHERE id = 1",
        "UPDATE seasons SET seasonNumber = 2 WHERE id = 1", "UPDATE episodes SET episodeNumber = 2 WHERE id = 1",
        "UPDATE movie_sources SET infoHash = (SELECT infoHash FROM movie_sources WHERE id = 2), magnetUri = (SELECT "
        "magnetUri FROM movie_sources WHERE id = 2) WHERE id = 1",
        "UPDATE storage SET infoHash = (SELECT infoHash FROM storage WHERE id = 2) WHERE id = 1",
        "UPDATE users SET username = 'bob' WHERE id = 1", "UPDATE genres SET tmdbId = 3002 WHERE id = 1",
        "UPDATE refresh_tokens SET token = (SELECT token FROM refresh_tokens WHERE id = 2) WHERE id = 1",
        "UPDATE trakt_users SET userId = 2 WHERE id = 1", "UPDATE sync_states SET key = 'other' WHERE id = 1",
        "UPDATE movie_translations SET language = 'de' WHERE id = 1",
        "UPDATE tv_show_translations SET language = 'de' WHERE id = 1",
        "UPDATE genre_translations SET language = 'fr' WHERE id = 1", "INSERT INTO movie_genres VALUES (1, 1)",
        "INSERT INTO tv_show_genres VALUES (1, 1)", "INSERT INTO media_list_movies VALUES (1, 1)",
        "INSERT INTO media_list_tv_shows VALUES (1, 1)"})
    refused(sql);
}

BOOST_AUTO_TEST_CASE(references_lead_somewhere) {
  for (const char* sql :
       {"UPDATE seasons SET tvShowId = 99", "UPDATE episodes SET seasonId = 99",
        "UPDATE movie_sources SET movieId = 99",
        "UPDATE storage SET infoHash = '00000000000000000000000000000000000000ff' WHERE id = 1",
        "UPDATE refresh_tokens SET userId = 99", "UPDATE trakt_users SET userId = 99 WHERE id = 1",
        "UPDATE audit_logs SET userId = 99", "UPDATE genre_translations SET genreId = 99",
        "UPDATE movie_translations SET movieId = 99", "UPDATE tv_show_translations SET tvShowId = 99",
        "INSERT INTO movie_genres VALUES (99, 1)", "INSERT INTO movie_genres VALUES (1, 99)",
        "INSERT INTO tv_show_genres VALUES (99, 1)", "INSERT INTO tv_show_genres VALUES (1, 99)",
        "INSERT INTO media_list_movies VALUES (99, 1)", "INSERT INTO media_list_movies VALUES (1, 99)",
        "INSERT INTO media_list_tv_shows VALUES (99, 1)", "INSERT INTO media_list_tv_shows VALUES (1, 99)"})
    refused(sql);
}

BOOST_AUTO_TEST_CASE(what_others_need_cannot_be_deleted) {
  for (const char* sql : {"DELETE FROM tv_shows WHERE id = 1", "DELETE FROM movies WHERE id = 1",
                          "DELETE FROM movie_sources WHERE id = 1", "DELETE FROM genres WHERE id = 1"})
    refused(sql);
}

BOOST_AUTO_TEST_CASE(deleting_takes_what_belongs_to_it) {
  model.database().run(
      "DELETE FROM storage; DELETE FROM movie_sources; DELETE FROM seasons WHERE id = 1; DELETE FROM users WHERE id = "
      "1;"
      "DELETE FROM movies WHERE id = 1; DELETE FROM media_lists");
  for (const char* sql :
       {"SELECT count(*) FROM episodes", "SELECT count(*) FROM refresh_tokens WHERE userId = 1",
        "SELECT count(*) FROM trakt_users WHERE userId = 1", "SELECT count(*) FROM audit_logs WHERE userId IS NOT NULL",
        "SELECT count(*) FROM movie_translations", "SELECT count(*) FROM movie_genres",
        "SELECT count(*) FROM media_list_movies", "SELECT count(*) FROM media_list_tv_shows"})
    BOOST_TEST(one_value(model.database(), sql) == "0", sql);
  BOOST_TEST(one_value(model.database(), "SELECT count(*) FROM audit_logs") == "1");
}

BOOST_AUTO_TEST_CASE(there_is_one_checkpoint) {
  refused("INSERT INTO projection_checkpoint (id, logId, position, schemaVersion) VALUES (2, 'x', 1, 1)");
  refused("UPDATE projection_checkpoint SET state = 'old'");
}

BOOST_AUTO_TEST_SUITE_END()
