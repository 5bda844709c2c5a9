#include <boost/test/unit_test.hpp>

#include <atomic>
#include <set>
#include <sstream>

#include "events/schema/model.h"
#include "projector/query/difference.h"
#include "tests/support/asked_read_model.h"
#include "tests/support/log_records.h"

BOOST_AUTO_TEST_SUITE(query_test)

using namespace catlog;
using namespace catlog::tests;
using events::Exit;
using events::Failure;
using projector::Format;

namespace {

struct Fixture : AskedReadModel {
  std::string run(const std::string& sql, Format format = Format::csv) {
    std::ostringstream out;
    projector::run_query(file, {sql, {}, {}, &log}, {format}, limits, out);
    return out.str();
  }
  void fails(const std::string& sql, Exit code) {
    BOOST_TEST_CONTEXT(sql)
    BOOST_CHECK_EXCEPTION(run(sql), Failure, [&](const Failure& failure) {
      BOOST_TEST(static_cast<int>(failure.code()) == static_cast<int>(code), failure.what());
      return true;
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(query, Fixture)

BOOST_AUTO_TEST_CASE(csv_quotes_what_needs_it) {
  BOOST_TEST(run("SELECT 1 AS a, 'x,\"y\"' AS \"b c\", NULL AS d") == "a,b c,d\r\n1,\"x,\"\"y\"\"\",\r\n");
}

BOOST_AUTO_TEST_CASE(json_keeps_types) {
  BOOST_TEST(run("SELECT 1 AS a, 1.5 AS b, 'é\"' AS c, NULL AS d, x'0aff' AS e UNION ALL SELECT 2, 0, '', 1, ''",
                 Format::json) ==
             "[\n{\"a\":1,\"b\":1.5,\"c\":\"é\\\"\",\"d\":null,\"e\":\"0aff\"},\n"
             "{\"a\":2,\"b\":0,\"c\":\"\",\"d\":1,\"e\":\"\"}\n]\n");
  BOOST_TEST(run("SELECT 1 WHERE 0", Format::json) == "[]\n");
}

BOOST_AUTO_TEST_CASE(json_is_utf8_whatever_was_asked) {
  BOOST_TEST(run("SELECT CAST(x'ff41' AS TEXT) AS a, 1 AS \"\xc3(\"", Format::json) ==
             "[\n{\"a\":\"ff41\",\"c328\":1}\n]\n");
}

BOOST_AUTO_TEST_CASE(what_differs_is_found_by_values_as_sqlite_orders_them) {
  const std::filesystem::path other = directory / "other.sqlite";
  std::filesystem::copy_file(file, other);
  {
    projector::Database changed(other, projector::Open::write);
    changed.run("UPDATE movies SET title = 'Changed' WHERE id = 1; DELETE FROM media_lists");
  }
  const auto differ = [&](const std::string& sql, size_t key_columns = 1) {
    std::ostringstream out;
    projector::run_difference({file, {sql}}, {other, {sql}}, key_columns, {Format::csv}, limits, out);
    return out.str();
  };
  BOOST_TEST(differ("SELECT * FROM genres").ends_with("updatedAt\r\n"));
  BOOST_TEST(differ("SELECT id, title FROM movies -- by id\n ORDER BY title LIMIT 5;") ==
             "change,id,title\r\nbefore,1,The Matrix\r\nafter,1,Changed\r\n");
  BOOST_TEST(differ("SELECT 'all' AS what, title FROM movies WHERE id = 1 UNION ALL SELECT 'all', NULL") ==
             "change,what,title\r\nbefore,all,The Matrix\r\nafter,all,Changed\r\n");
  BOOST_TEST(differ("SELECT 'all' AS what, title FROM movies WHERE id = 1 UNION ALL SELECT 'all', NULL", 2) ==
             "change,what,title\r\nadded,all,Changed\r\nremoved,all,The Matrix\r\n");
  // Numbers by value, whatever they are stored as; each row as often as it is there.
  BOOST_TEST(differ("WITH n(x) AS (VALUES (9007199254740993), (2.5), (NULL), ('a'), ('A'), (2)) "
                    "SELECT x FROM n, media_lists UNION ALL SELECT 2 UNION ALL SELECT 2") ==
             "change,x\r\nremoved,\r\nremoved,2\r\nremoved,2.5\r\nremoved,9007199254740993\r\nremoved,A\r\nremoved,"
             "a\r\n");
  limits.rows = 1;
  BOOST_CHECK_THROW(differ("SELECT id, title FROM movies"), Failure);
  BOOST_CHECK_THROW(differ("DELETE FROM movies"), Failure);
  BOOST_CHECK_THROW(differ("SELECT 1; SELECT 2"), Failure);
}

BOOST_AUTO_TEST_CASE(markdown_escapes_bars) {
  BOOST_TEST(run("SELECT 'a|b' AS x, 2 AS y", Format::markdown) == "| x | y |\n| --- | --- |\n| a\\|b | 2 |\n");
}

BOOST_AUTO_TEST_CASE(a_table_is_aligned_by_characters) {
  BOOST_TEST(run("SELECT 'été' AS name, 7 AS n UNION ALL SELECT 'x', 100", Format::table) ==
             "name    n\n----  ---\nété     7\nx     100\n");
}

BOOST_AUTO_TEST_CASE(a_long_table_is_whole) {
  std::string out = run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n", Format::table);
  BOOST_TEST(std::count(out.begin(), out.end(), '\n') == 5002);
}

BOOST_AUTO_TEST_CASE(writing_is_refused) {
  std::string outside = (directory / "out.sqlite").string();
  for (const std::string& sql : std::vector<std::string>{
           "DELETE FROM movies", "UPDATE movies SET title = 'x'", "INSERT INTO genres VALUES (9, 9, 'x', '', '')",
           "DROP TABLE movies", "CREATE TABLE x (a)", "CREATE TEMP TABLE x (a)", "ATTACH '" + outside + "' AS y",
           "VACUUM INTO '" + outside + "'", "PRAGMA query_only = OFF", "PRAGMA user_version = 5",
           "PRAGMA journal_mode = WAL", "PRAGMA writable_schema = ON", "BEGIN", "ROLLBACK", "COMMIT", "REINDEX",
           "ANALYZE", "SELECT load_extension('x')", "UPDATE sqlite_master SET sql = ''"})
    fails(sql, Exit::usage);
  BOOST_TEST(!std::filesystem::exists(outside));
  BOOST_TEST(run("SELECT count(*) FROM movies") == "count(*)\r\n2\r\n");
}

BOOST_AUTO_TEST_CASE(wrong_sql_is_wrong_use) {
  for (const char* sql : {"SELEC 1", "SELECT nothing FROM movies", "", "  -- nothing", "SELECT 1; SELECT 2"})
    fails(sql, Exit::usage);
  BOOST_TEST(run("SELECT 1 AS a;  ") == "a\r\n1\r\n");
}

BOOST_AUTO_TEST_CASE(a_comment_may_follow_a_statement) {
  for (const char* sql : {"SELECT 1 AS a -- one", "SELECT 1 AS a; -- one", "SELECT 1 AS a; /* one */ ;; -- two\n"})
    BOOST_TEST(run(sql) == "a\r\n1\r\n", sql);
  fails("SELECT 1; -- one\nSELECT 2", Exit::usage);
  fails("SELECT 1; nothing", Exit::usage);
}

BOOST_AUTO_TEST_CASE(parameters_have_names_and_values) {
  const auto with = [&](const std::string& sql, std::vector<projector::Parameter> parameters) {
    std::ostringstream out;
    projector::run_query(file, {sql, std::move(parameters)}, {Format::csv}, limits, out);
    return out.str();
  };
  BOOST_TEST(with("SELECT typeof(:a) AS a, typeof(@b) AS b, typeof($c) AS c, :d AS d",
                  {{"c", "x"}, {"b", "1.5"}, {"a", "7"}, {"d", "a=b"}}) == "a,b,c,d\r\ninteger,real,text,a=b\r\n");
  BOOST_TEST(with("SELECT title FROM movies WHERE title = :t", {{"t", "The Matrix"}}) == "title\r\nThe Matrix\r\n");
  // A number of JSON that SQLite holds is one, anything else a text.
  for (const auto& [value, type] : std::vector<std::pair<std::string, std::string>>{{"7", "integer"},
                                                                                    {"-7", "integer"},
                                                                                    {"7.0", "real"},
                                                                                    {"1.50", "real"},
                                                                                    {"1e9", "real"},
                                                                                    {"-0.5E-3", "real"},
                                                                                    {"9223372036854775807", "integer"},
                                                                                    {"9223372036854775808", "text"},
                                                                                    {"1e999", "text"},
                                                                                    {"007", "text"},
                                                                                    {"+7", "text"},
                                                                                    {"0x10", "text"},
                                                                                    {" 7", "text"},
                                                                                    {"7.", "text"},
                                                                                    {".5", "text"},
                                                                                    {"1e", "text"},
                                                                                    {"-", "text"},
                                                                                    {"NaN", "text"},
                                                                                    {"", "text"}})
    BOOST_TEST(with("SELECT typeof(:a) AS t", {{"a", value}}) == "t\r\n" + type + "\r\n", value);
  BOOST_TEST(with("SELECT count(*) AS n FROM movies WHERE round(rating, 1) >= :min", {{"min", "7.0"}}) == "n\r\n1\r\n");
  for (const char* value : {"007", "9223372036854775808"})
    BOOST_TEST(with("SELECT :a AS a", {{"a", value}}) == std::string("a\r\n") + value + "\r\n");
  BOOST_TEST(with("SELECT typeof(:a) AS t, :a AS a", {{"a", "1.50", true}}) == "t,a\r\ntext,1.50\r\n");
  const auto is_usage = [](const Failure& failure) { return failure.code() == Exit::usage; };
  BOOST_CHECK_EXCEPTION(with("SELECT :a", {}), Failure, is_usage);
  BOOST_CHECK_EXCEPTION(with("SELECT :a", {{"a", "1"}, {"b", "2"}}), Failure, is_usage);
  BOOST_CHECK_EXCEPTION(with("SELECT :a", {{"a", "1"}, {"a", "2"}}), Failure, is_usage);
  BOOST_CHECK_EXCEPTION(with("SELECT ?", {{"a", "1"}}), Failure, is_usage);
  BOOST_CHECK_EXCEPTION(with("SELECT ?1", {{"1", "1"}}), Failure, is_usage);
}

BOOST_AUTO_TEST_CASE(rows_of_json_are_lines_and_null_is_told_from_nothing) {
  BOOST_TEST(run("SELECT 1 AS a, NULL AS b UNION ALL SELECT 9007199254740993, ''", Format::jsonl) ==
             "{\"a\":1,\"b\":null}\n{\"a\":\"9007199254740993\",\"b\":\"\"}\n");
  BOOST_TEST(run("SELECT 1 WHERE 0", Format::jsonl) == "");
  std::ostringstream out;
  projector::run_query(file, {"SELECT NULL AS a, '' AS b"}, {Format::csv, "NULL"}, limits, out);
  BOOST_TEST(out.str() == "a,b\r\nNULL,\r\n");
}

BOOST_AUTO_TEST_CASE(csv_tells_null_from_a_text_that_looks_like_it) {
  const auto with = [&](const std::string& sql, const std::string& null_text) {
    std::ostringstream out;
    projector::run_query(file, {sql}, {Format::csv, null_text}, limits, out);
    return out.str();
  };
  BOOST_TEST(with("SELECT 'NULL' AS a, NULL AS b, '' AS c", "NULL") == "a,b,c\r\n\"NULL\",NULL,\r\n");
  BOOST_TEST(with("SELECT '' AS a, NULL AS b", "") == "a,b\r\n\"\",\r\n");
  BOOST_TEST(with("SELECT 0 AS a, NULL AS b, 10 AS c", "0") == "a,b,c\r\n\"0\",0,10\r\n");
}

BOOST_AUTO_TEST_CASE(what_json_cannot_say_is_refused) {
  for (const Format format : {Format::json, Format::jsonl})
    for (const auto& [sql, sentence] : std::vector<std::pair<std::string, std::string>>{
             {"SELECT 9e999 AS large", "large is infinite in row 1"},
             {"SELECT 1 AS a, 2 AS a", "two columns are called a"},
             {"SELECT * FROM movies m JOIN genres g ON g.id = m.id", "two columns are called id"}})
      BOOST_CHECK_EXCEPTION(run(sql, format), Failure, [&](const Failure& failure) {
        BOOST_TEST(std::string_view(failure.what()).find(sentence) != std::string_view::npos, failure.what());
        return failure.code() == Exit::usage;
      });
  BOOST_TEST(run("SELECT 9e999 AS a, 2 AS a") == "a,a\r\nInf,2\r\n");
}

BOOST_AUTO_TEST_CASE(now_is_the_moment_that_is_asked_about) {
  const auto with = [&](const std::string& sql, std::vector<projector::Parameter> given = {}) {
    std::ostringstream out;
    projector::run_query(file,
                         {.sql = sql, .parameters = std::move(given), .moments = {{"now", "2026-03-01 00:00:00.000"}}},
                         {Format::csv}, limits, out);
    return out.str();
  };
  BOOST_TEST(with("SELECT date(:now, '-1 day') AS d") == "d\r\n2026-02-28\r\n");
  BOOST_TEST(with("SELECT :now AS d", {{"now", "2025"}}) == "d\r\n2025\r\n");
  BOOST_TEST(with("SELECT 1 AS d") == "d\r\n1\r\n");
  fails("SELECT :now", Exit::usage);
}

BOOST_AUTO_TEST_CASE(of_two_moments_each_has_a_name) {
  const auto with = [&](const std::string& sql) {
    std::ostringstream out;
    projector::run_query(file, {.sql = sql, .moments = {{"now_a", "2025"}, {"now_b", "2026"}}}, {Format::csv}, limits,
                         out);
    return out.str();
  };
  BOOST_TEST(with("SELECT :now_b AS b, :now_a AS a") == "b,a\r\n2026,2025\r\n");
  BOOST_CHECK_EXCEPTION(with("SELECT :now"), Failure, [](const Failure& failure) {
    return std::string_view(failure.what()).ends_with("or ask for :now_a or :now_b");
  });
}

BOOST_AUTO_TEST_CASE(a_limit_is_told_as_it_was_given) {
  limits.run = std::chrono::milliseconds(50);
  limits.given = std::chrono::milliseconds(2000);
  BOOST_CHECK_EXCEPTION(run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"),
                        Failure, [](const Failure& failure) {
                          return std::string_view(failure.what()).find("longer than 2000 ms") != std::string_view::npos;
                        });
}

BOOST_AUTO_TEST_CASE(rows_beyond_the_limit_end_a_query) {
  limits.rows = 2;
  BOOST_TEST(run("SELECT 1 AS a UNION ALL SELECT 2") == "a\r\n1\r\n2\r\n");
  fails("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", Exit::refused);
}

BOOST_AUTO_TEST_CASE(of_two_moments_it_is_said_which_is_meant) {
  const auto asked = [&](const std::string& sql) {
    std::ostringstream out;
    projector::run_query(file, {.sql = sql, .beside = {{"a", file}, {"b", file}}, .log = &log, .only_beside = true},
                         {Format::csv}, limits, out);
    return out.str();
  };
  for (const char* sql : {"SELECT title FROM movies", "SELECT count(*) FROM movies", "SELECT * FROM a.movies, movies",
                          "SELECT * FROM main.movies", "SELECT 1 FROM movies", "SELECT count(*) FROM main.movies",
                          "SELECT * FROM movies_with_genres"})
    BOOST_CHECK_EXCEPTION(asked(sql), Failure, [&](const Failure& failure) {
      BOOST_TEST(std::string_view(failure.what()).find("Write a.movies") != std::string_view::npos, failure.what());
      return failure.code() == Exit::usage;
    });
  BOOST_TEST(asked("WITH movies(n) AS (SELECT count(*) FROM a.movies) SELECT n FROM movies") == "n\r\n2\r\n");
  for (const char* view :
       {"movies_with_genres", "tv_shows_with_counts", "best_sources", "lists_with_titles", "users_without_secrets"})
    asked(fmt::format("SELECT * FROM a.{}", view));
  BOOST_TEST(asked("SELECT count(*) AS n FROM b.movies") == "n\r\n2\r\n");
  BOOST_TEST(asked("SELECT count(*) AS n FROM b.movies_with_genres, json_each('[1]')") == "n\r\n2\r\n");
  BOOST_TEST(asked("SELECT count(*) > 1 AS n FROM log_events") == "n\r\n1\r\n");
}

BOOST_AUTO_TEST_CASE(views_join_what_belongs_together) {
  BOOST_TEST(run("SELECT title, genres FROM movies_with_genres ORDER BY id LIMIT 1") ==
             "title,genres\r\nThe Matrix,\"Comedy, Drama\"\r\n");
  BOOST_TEST(run("SELECT seasons, episodes FROM tv_shows_with_counts WHERE id = 1") ==
             run("SELECT (SELECT count(*) FROM seasons) AS seasons, (SELECT count(*) FROM episodes) AS episodes"));
  BOOST_TEST(run("SELECT count(*) AS n FROM lists_with_titles") ==
             run("SELECT (SELECT count(*) FROM media_list_movies) + (SELECT count(*) FROM media_list_tv_shows) AS n"));
  projector::Database(file, projector::Open::write)
      .run(
          "UPDATE movie_sources SET seeds = 3, score = 5; INSERT INTO movie_sources (id, movieId, quality, type, size, "
          "seeds, peers, magnetUri, infoHash, language, title, score, lastSeen, createdAt, updatedAt) SELECT id + 100, "
          "movieId, quality, "
          "type, "
          "size, 5, 0, 'magnet:?xt=urn:btih:' || replace(hex(zeroblob(20)), '0', 'a'), "
          "replace(hex(zeroblob(20)), '0', 'a'), language, title, 9.5, lastSeen, createdAt, updatedAt "
          "FROM movie_sources LIMIT 1");
  BOOST_TEST(run("SELECT id, score, movieTitle FROM best_sources WHERE movieId = 1") ==
             run("SELECT s.id, s.score, m.title AS movieTitle FROM movie_sources s JOIN movies m ON m.id = s.movieId "
                 "WHERE s.id > 100"));
  projector::Database(file, projector::Open::write).run("UPDATE movie_sources SET seeds = 0");
  BOOST_TEST(run("SELECT count(*) AS n FROM best_sources") == "n\r\n0\r\n");
}

BOOST_AUTO_TEST_CASE(no_view_shows_a_secret) {
  const projector::Database database(file, projector::Open::read);
  std::string secrets;
  for (const events::EventType& event : events::model().events())
    for (const events::Column& column : event.columns)
      if (column.secret)
        secrets += fmt::format("{}SELECT {} FROM {}", secrets.empty() ? "" : " UNION ", column.name,
                               events::model().entity(event.entity).table);
  std::set<std::string> hidden;
  projector::Statement values(database, projector::Sql::generated(secrets));
  while (values.step()) hidden.emplace(values.text(0));
  BOOST_TEST(hidden.size() >= 4u);
  projector::Statement views(database, "SELECT name FROM sqlite_schema WHERE type = 'view'");
  int count = 0;
  for (; views.step(); ++count) {
    projector::Statement rows(database, projector::Sql::generated(fmt::format("SELECT * FROM {}", views.text(0))));
    while (rows.step())
      for (int column = 0; column < rows.columns(); ++column)
        BOOST_TEST(!hidden.contains(std::string(rows.text(column))), views.text(0) << '.' << rows.name(column));
  }
  BOOST_TEST(count == 5);
}

BOOST_AUTO_TEST_CASE(looking_at_the_schema_is_allowed) {
  BOOST_TEST(run("PRAGMA user_version").find("user_version") == 0u);
  BOOST_TEST(run("SELECT count(*) AS n FROM pragma_table_info('genres')") == "n\r\n5\r\n");
  BOOST_TEST(run("SELECT sum(value) AS n FROM json_each('[1,2]')") == "n\r\n3\r\n");
  BOOST_TEST(run("EXPLAIN QUERY PLAN SELECT * FROM movies WHERE tmdbId = 1").find("idx_movie_tmdb") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_query_that_never_ends_is_stopped) {
  limits.run = std::chrono::milliseconds(50);
  fails("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", Exit::refused);
}

// It would be made in one step, in which no clock is looked at.
BOOST_AUTO_TEST_CASE(a_value_that_is_too_large_is_wrong_use) { fails("SELECT randomblob(900000000)", Exit::usage); }

BOOST_AUTO_TEST_CASE(waiting_for_a_position) {
  projector::wait_for_position(file, script.head(), limits);
  limits.wait = std::chrono::milliseconds(20);
  BOOST_CHECK_EXCEPTION(projector::wait_for_position(file, script.head() + 1, limits), Failure,
                        [](const Failure& failure) { return failure.code() == Exit::unreachable; });
}

BOOST_AUTO_TEST_CASE(a_file_without_write_permission_is_enough) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  BOOST_TEST(run("SELECT count(*) AS n FROM movies") == "n\r\n2\r\n");
}

BOOST_AUTO_TEST_CASE(the_log_is_a_table_too) {
  const std::string head = std::to_string(script.head());
  BOOST_TEST(run("SELECT count(*) AS n, min(position) AS a, max(position) AS b FROM log_events") ==
             "n,a,b\r\n" + head + ",1," + head + "\r\n");
  BOOST_TEST(run("SELECT position, stream, streamId, version, event, recordedAt, length(commandId) AS id, bytes % 8 AS "
                 "rest FROM log_events WHERE position = 1") ==
             "position,stream,streamId,version,event,recordedAt,id,rest\r\n"
             "1,genres,1,1,genreDescribed,2023-11-14 22:13:21.000,36,0\r\n");
  BOOST_TEST(run("SELECT sum(g.name = 'Drama') AS n FROM log_events e JOIN genres g ON g.id = e.streamId "
                 "WHERE e.event = 'genreDescribed'") == "n\r\n1\r\n");
  // Times are a second apart. A condition that is looked up gives what SQLite finds when it looks at each row.
  for (const char* column : {"position", "recordedAt"})
    for (const char* op : {"=", "<", "<=", ">", ">=", "<>"})
      for (const char* value : {"0", "1", "3", "-1", "2.5", "NULL", "'3'", "'2023-11-14 22:13:22.000'",
                                "'2023-11-14 22:13:22'", "'2023-11'", "''", "'a'", "x'00'", "9223372036854775807"}) {
        const auto asked = [&](std::string_view where) {
          return run(fmt::format("SELECT count(*) AS n, total(position) AS s FROM log_events WHERE {}", where));
        };
        const std::string condition = fmt::format("{} {} {}", column, op, value);
        BOOST_TEST(asked(condition) == asked("CASE WHEN " + condition + " THEN 1 END"), condition);
      }
  BOOST_TEST(run("SELECT position FROM log_events ORDER BY recordedAt LIMIT 1") == "position\r\n1\r\n");
  BOOST_TEST(run("SELECT position FROM log_events ORDER BY position DESC LIMIT 1") == "position\r\n" + head + "\r\n");
  fails("DELETE FROM log_events", Exit::usage);
  std::ostringstream out;
  BOOST_CHECK_THROW(projector::run_query(file, {"SELECT * FROM log_events"}, {Format::csv}, limits, out), Failure);
}

BOOST_AUTO_TEST_CASE(the_log_is_shown_up_to_the_read_models_position) {
  const events::Position projected = script.head();
  script.command({movie_described(77, "Not projected yet")});
  script.append_to(log);
  BOOST_TEST(run("SELECT max(position) AS n FROM log_events") == fmt::format("n\r\n{}\r\n", projected));
}

BOOST_AUTO_TEST_CASE(what_fails_in_the_log_is_told_as_that) {
  append(log, log.head(), {std::string(64, '\xff')});
  projector::Database(file, projector::Open::write).run("UPDATE projection_checkpoint SET position = position + 1");
  fails("SELECT count(event) FROM log_events", Exit::damaged);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
