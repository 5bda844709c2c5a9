#include <boost/test/unit_test.hpp>

#include <atomic>
#include <set>
#include <sstream>

#include "events/schema/model.h"
#include "projector/query/difference.h"
#include "projector/query/plan.h"
#include "projector/query/reports.h"
#include "projector/sqlite/migrations.h"
#include "store/log.h"
#include "tests/support/log_records.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(query_test)

using namespace catlog;
using namespace catlog::tests;
using events::Exit;
using events::Failure;
using projector::Format;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "model.sqlite";
  RecordScript script = small_catalogue();
  projector::QueryLimits limits;
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  Fixture() {
    script.append_to(log);
    projector::ReadModel model(file, test_log_id, script.head(), projector::Writing::live);
    apply(model, script);
    model.close();
  }
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
  const auto differ = [&](const std::string& sql) {
    std::ostringstream out;
    projector::run_difference(file, other, {sql}, {Format::csv}, limits, out);
    return out.str();
  };
  BOOST_TEST(differ("SELECT * FROM genres").ends_with("updatedAt\r\n"));
  BOOST_TEST(differ("SELECT id, title FROM movies -- by id\n ORDER BY title LIMIT 5;") ==
             "change,id,title\r\nbefore,1,The Matrix\r\nafter,1,Changed\r\n");
  BOOST_TEST(differ("SELECT 'all' AS what, title FROM movies WHERE id = 1 UNION ALL SELECT 'all', NULL") ==
             "change,what,title\r\nbefore,all,The Matrix\r\nafter,all,Changed\r\n");
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
  // What a number would not give back is a text.
  for (const char* value : {"007", "1.50", "1e3", "9223372036854775808", "0x10", " 7"})
    BOOST_TEST(with("SELECT typeof(:a) AS t, :a AS a", {{"a", value}}) == std::string("t,a\r\ntext,") + value + "\r\n");
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

BOOST_AUTO_TEST_CASE(rows_beyond_the_limit_end_a_query) {
  limits.rows = 2;
  BOOST_TEST(run("SELECT 1 AS a UNION ALL SELECT 2") == "a\r\n1\r\n2\r\n");
  fails("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3", Exit::refused);
}

BOOST_AUTO_TEST_CASE(a_plan_names_what_is_read_whole_and_what_would_help) {
  const auto scan = projector::plan_of(file, "SELECT title FROM movies m WHERE runtime > 7 ORDER BY updatedAt");
  BOOST_TEST_REQUIRE(!scan.steps.empty());
  BOOST_TEST(scan.steps.front().scans_all.value_or("") == "m");
  BOOST_TEST_REQUIRE(scan.helpful_indexes.size() == 1u);
  BOOST_TEST(scan.helpful_indexes.front().starts_with("movies("));
  const auto search = projector::plan_of(file, "SELECT title FROM movies WHERE tmdbId = :id");
  BOOST_TEST(!search.steps.front().scans_all.has_value());
  BOOST_TEST(search.helpful_indexes.empty());
  BOOST_CHECK_THROW(projector::plan_of(file, "DELETE FROM movies"), Failure);
  BOOST_TEST(!projector::plan_of(file, "VALUES (1), (2)").steps.front().scans_all.has_value());
}

BOOST_AUTO_TEST_CASE(a_view_asked_about_one_row_reads_no_whole_table) {
  for (const char* sql :
       {"SELECT * FROM movies_with_genres WHERE id = 1", "SELECT * FROM tv_shows_with_counts WHERE id = 1",
        "SELECT * FROM best_sources WHERE movieId = 1", "SELECT * FROM best_sources WHERE id = 1",
        "SELECT * FROM lists_with_titles WHERE id = 1", "SELECT * FROM lists_with_titles WHERE name = 'x'",
        "SELECT * FROM users_without_secrets WHERE id = 1",
        "SELECT * FROM users_without_secrets WHERE username = 'ada'"})
    for (const auto& step : projector::plan_of(file, sql).steps)
      BOOST_TEST(!step.scans_all.has_value(), sql << ": " << step.words);
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

BOOST_AUTO_TEST_CASE(every_report_runs_and_tells_its_position) {
  for (const projector::Report& report : projector::reports()) {
    std::ostringstream out;
    projector::run_report(file, report, {Format::table}, limits, out, {}, &log);
    BOOST_TEST_CONTEXT(report.name) {
      BOOST_TEST(projector::report_named(report.name) == &report);
      BOOST_TEST(out.str().find("as of position " + std::to_string(script.head())) != std::string::npos);
      BOOST_TEST(out.str().find("sealed-") == std::string::npos);
      BOOST_TEST(out.str().find("$2b$") == std::string::npos);
    }
  }
  BOOST_TEST(projector::report_named("nothing") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_a_report_draws_is_in_it) {
  for (const projector::Report& report : projector::reports()) BOOST_TEST_CONTEXT(report.name)
  BOOST_TEST(projector::picture_of(file, report, limits, {}, "", &log).plot.has_value() ==
             !report.drawn.number.empty());
}

BOOST_AUTO_TEST_CASE(growth_and_catalogue_count_what_there_is) {
  const auto report = [&](std::string_view name) {
    std::ostringstream out;
    projector::run_report(file, *projector::report_named(name), {Format::csv}, limits, out, {}, nullptr);
    return out.str();
  };
  const std::string kept = report("catalogue");
  BOOST_TEST(kept.starts_with("table,rows\r\nmovies,2\r\n"), kept);
  projector::Database database(file, projector::Open::write);
  database.run("DELETE FROM projection_digests");  // as after a migration
  BOOST_TEST(report("catalogue") == kept);
  database.run("UPDATE movie_sources SET createdAt = '2026-03-01 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'");
  database.run("UPDATE movies SET createdAt = '2026-01-31 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'");
  for (const char* sql :
       {"UPDATE tv_shows SET createdAt = '2026-02-01 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'",
        "UPDATE users SET createdAt = '2026-02-01 00:00:00.000', updatedAt = '2026-03-01 00:00:00.000'",
        "UPDATE audit_logs SET createdAt = '2026-02-28 23:59:59.999'"})
    database.run(projector::Sql::generated(sql));
  BOOST_TEST(
      report("growth").starts_with("month,movies,shows,sources,users,audited\r\n2026-01,2,0,0,0,0\r\n2026-02,0,"));
  BOOST_TEST(report("growth").find("2026-03,0,0,") != std::string::npos);
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

BOOST_AUTO_TEST_CASE(changes_and_the_logs_growth_are_counted) {
  const auto report = [&](std::string_view name, const std::vector<projector::Parameter>& given) {
    std::ostringstream out;
    projector::run_report(file, *projector::report_named(name), {Format::csv}, limits, out, given, &log);
    return out.str();
  };
  const std::string since = std::to_string(script.head() - 1);
  BOOST_TEST(report("changes", {{"since", since}}).find(fmt::format(",1,1,{0},{0},", script.head())) !=
             std::string::npos);
  BOOST_TEST(report("changes", {{"since", std::to_string(script.head())}}) ==
             "table,event,events,rows,first,last,lastRecordedAt\r\n");
  BOOST_TEST(
      report("log-growth", {})
          .starts_with(fmt::format("month,events,events in all,MB of records\r\n2023-11,{0},{0},", script.head())));
}

BOOST_AUTO_TEST_CASE(a_report_of_an_earlier_schema_says_what_to_do) {
  {
    projector::Database database(file, projector::Open::write);
    projector::migrate(database, projector::migrations(), 5);
  }
  std::ostringstream out;
  BOOST_CHECK_EXCEPTION(
      projector::run_report(file, projector::reports().front(), {Format::csv}, limits, out, {}, nullptr), Failure,
      [](const Failure& failure) {
        return failure.code() == Exit::usage &&
               std::string_view(failure.what()).find("catlog migrate") != std::string_view::npos;
      });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
