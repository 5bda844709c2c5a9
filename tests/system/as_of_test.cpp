#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "events/text/datetime.h"
#include "tests/support/data_directory.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"

BOOST_AUTO_TEST_SUITE(as_of_test)

// The read model as it stood then, as a file and in a query beside today's.
namespace {

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

struct House {
  DataDirectory data{CATLOG_BIN};
  events::Position then = 0, renamed = 0, last = 0;
  std::string time;  // half a step behind `then`, and half a step before what comes next
  const std::string file = data / "then.sqlite";

  House() {
    RecordScript script = small_catalogue();
    then = script.head();
    time = events::to_rfc3339(RecordScript::first_time_us + RecordScript::step_us / 2 +
                              static_cast<int64_t>(script.command_ends().size() - 1) * RecordScript::step_us);
    renamed = script.command({movie_described(1, "Matrix"), movie_rated(1, 80.5, 9.5)});
    script.command({movie_described(3, "Later")});
    last = script.command({movie_translation_removed(1, 1)});
    script.append_to(data / "log");
  }

  // What the file says, as tables; it is a plain file that anybody can open.
  std::string value(const std::string& sql) const {
    return one_value(projector::Database(file, projector::Open::read), sql);
  }
  Ran build(const std::string& as_of) const { return data.catlog({"rebuild", "--as-of", as_of, "--into", file}); }
  void check_then() const {
    BOOST_TEST(value("SELECT title FROM movies WHERE id = 1") == "The Matrix");
    BOOST_TEST(value("SELECT rating FROM movies WHERE id = 1") == "8.2");
    BOOST_TEST(value("SELECT count(*) FROM movies") == "2");
    BOOST_TEST(value("SELECT title FROM movie_translations") == "La Matrice");
    BOOST_TEST(value("SELECT position FROM projection_checkpoint") == std::to_string(then));
  }
  Ran sql(const std::string& query, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"sql", query, "--format", "csv"});
    return data.catlog(more);
  }
};

constexpr const char* was_and_is =
    "SELECT m.title AS was, t.title AS now, m.rating AS stood_at, t.rating AS stands_at FROM movies m "
    "JOIN today.movies t USING (id) WHERE m.title <> t.title";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(as_of, House)

BOOST_AUTO_TEST_CASE(a_file_of_a_time_between_two_commands_holds_what_stood_then) {
  const Ran built = build(time);
  BOOST_TEST(built.exit_code == 0, built.err);
  BOOST_TEST(has(built.err, "as of position " + std::to_string(then)), built.err);
  check_then();
  BOOST_TEST(!fs::exists(data / "readmodel"));
}

BOOST_AUTO_TEST_CASE(a_file_of_a_position_ends_with_the_last_whole_command) {
  for (const events::Position position : {then, then + 1}) {
    const Ran built = build(std::to_string(position));
    BOOST_TEST(built.exit_code == 0, built.err);
    check_then();
    BOOST_TEST(has(built.err, "is within a command") == (position != then), built.err);
    fs::remove(file);
  }
  BOOST_TEST(build(std::to_string(renamed)).exit_code == 0);
  BOOST_TEST(value("SELECT title || ' ' || rating FROM movies WHERE id = 1") == "Matrix 9.5");
  BOOST_TEST(value("SELECT count(*) FROM movies") == "2");
  BOOST_TEST(value("SELECT count(*) FROM movie_translations") == "1");
  fs::remove(file);
  BOOST_TEST(build(std::to_string(last)).exit_code == 0);
  BOOST_TEST(value("SELECT count(*) FROM movies") == "3");
  BOOST_TEST(value("SELECT count(*) FROM movie_translations") == "0");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_there_is_left_as_it_is) {
  BOOST_TEST(build(time).exit_code == 0);
  const std::string before = read_text(file);
  const Ran refused = build(std::to_string(last));
  BOOST_TEST(refused.exit_code == 2);
  BOOST_TEST(has(refused.err, file), refused.err);
  BOOST_TEST((read_text(file) == before));
}

BOOST_AUTO_TEST_CASE(one_query_asks_the_tables_of_then_and_of_today) {
  const Ran alone = sql("SELECT title FROM movies ORDER BY id", {"--as-of", time});  // there is no today yet
  BOOST_TEST(alone.out == "title\r\nThe Matrix\r\nSintel\r\n", alone.err);
  BOOST_TEST(sql(was_and_is, {"--as-of", time}).exit_code == 2);

  Daemon daemon = data.start();
  data.out_of({"send"}, R"({"rateMovie":{"movie":{"tmdbId":1001},"popularity":80.5,"rating":3.5}})");
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM movies").at(0).at("n") == "3");
  const auto as_of_then = [&](const std::string& query) { return sql(query, {"--as-of", time}).out; };
  BOOST_TEST(as_of_then(was_and_is) == "was,now,stood_at,stands_at\r\nThe Matrix,Matrix,8.2,3.5\r\n");
  BOOST_TEST(as_of_then("SELECT title FROM today.movies WHERE id NOT IN (SELECT id FROM movies)") ==
             "title\r\nLater\r\n");
  BOOST_TEST(as_of_then("SELECT (SELECT count(*) FROM movie_translations) - (SELECT count(*) FROM "
                        "today.movie_translations) AS removed") == "removed\r\n1\r\n");
  // The same by position, and what had come by the end of another one.
  BOOST_TEST(sql(was_and_is, {"--as-of", std::to_string(then)}).out == as_of_then(was_and_is));
  BOOST_TEST(sql(was_and_is, {"--as-of", std::to_string(renamed)}).out == "was,now,stood_at,stands_at\r\n");

  BOOST_TEST(sql("DELETE FROM today.movies", {"--as-of", time}).exit_code == 2);
  BOOST_TEST(sql("SELECT title FROM today.movies").exit_code == 2);  // without --as-of they are the tables
  BOOST_TEST(data.rows("SELECT count(*) AS n FROM movies").at(0).at("n") == "3");
  BOOST_TEST(daemon.terminate() == 0, daemon.err());
}

BOOST_AUTO_TEST_CASE(what_is_still_to_come_has_no_answer_yet) {
  for (const char* moment : {"9000", "2100-01-01", "2100-01-01T00:00:00+02:00"}) {
    const std::string still = std::string(moment) + " is still to come";
    for (const std::vector<std::string>& command : {std::vector<std::string>{"rebuild", "--into", file},
                                                    {"sql", "SELECT 1"},
                                                    {"report", "catalogue"},
                                                    {"history", "movies/1"},
                                                    {"explain", "movies", "1", "title"}}) {
      std::vector<std::string> asked = command;
      asked.insert(asked.end(), {"--as-of", moment});
      const Ran refused = data.catlog(asked);
      BOOST_TEST(refused.exit_code == 2, command.front());
      BOOST_TEST(has(refused.err, still), refused.err);
    }
  }
  BOOST_TEST(!fs::exists(file));
}

BOOST_AUTO_TEST_CASE(within_a_command_is_before_it_wherever_a_moment_is_taken) {
  const std::string within = std::to_string(then + 1);
  const std::string words = "position " + within + " is within a command: as of position " + std::to_string(then);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"sql", "SELECT title FROM movies WHERE id = 1"},
        {"history", "movies/1"},
        {"explain", "movies", "1", "title"}}) {
    std::vector<std::string> at_then = command, at_within = command;
    at_then.insert(at_then.end(), {"--as-of", std::to_string(then)});
    at_within.insert(at_within.end(), {"--as-of", within});
    const Ran asked = data.catlog(at_within);
    BOOST_TEST(asked.exit_code == 0, asked.err);
    BOOST_TEST(asked.out == data.out_of(at_then));
    BOOST_TEST(has(asked.err, words), asked.err);
  }
}

BOOST_AUTO_TEST_CASE(two_moments_are_asked_side_by_side) {
  const std::vector<std::string> both{"--as-of", time, "--and", std::to_string(last)};
  const auto ask = [&](const std::string& query, std::vector<std::string> more = {}) {
    more.insert(more.end(), both.begin(), both.end());
    return sql(query, more);
  };
  const Ran joined =
      ask("SELECT a.movies.title AS was, b.movies.title AS became FROM a.movies JOIN b.movies USING (id) "
          "WHERE a.movies.title <> b.movies.title");
  BOOST_TEST(joined.out == "was,became\r\nThe Matrix,Matrix\r\n", joined.err);
  const Ran neither = ask("SELECT title FROM movies WHERE id = 1");
  BOOST_TEST(neither.exit_code == 2);
  BOOST_TEST(has(neither.err, "movies of which moment? Write a.movies or b.movies"), neither.err);
  BOOST_TEST(ask("DELETE FROM b.movies").exit_code == 2);

  const Ran changed = ask("SELECT id, title FROM movies; -- all of them", {"--diff"});
  BOOST_TEST(changed.out == "change,id,title\r\nbefore,1,The Matrix\r\nafter,1,Matrix\r\nadded,3,Later\r\n",
             changed.err);
  BOOST_TEST(has(changed.err, "as of position " + std::to_string(then)), changed.err);
  BOOST_TEST(has(changed.err, "as of position " + std::to_string(last)), changed.err);
  BOOST_TEST(ask("SELECT title FROM movie_translations", {"--diff"}).out == "change,title\r\nremoved,La Matrice\r\n");
  BOOST_TEST(ask("SELECT id, title FROM movies", {"--diff", "--max-rows", "2"}).exit_code == 1);
  BOOST_TEST(sql("SELECT 1", {"--diff"}).exit_code == 2);
  BOOST_TEST(sql("SELECT 1", {"--and", "1"}).exit_code == 2);
  // Each moment of both has a name; that of the first is the time that was asked for.
  const auto moments = sql("SELECT :now_a < :now_b AS ordered, substr(:now_a, 1, 19) AS a", both);
  BOOST_TEST(moments.out == "ordered,a\r\n1," + time.substr(0, 10) + " " + time.substr(11, 8) + "\r\n", moments.err);
  BOOST_TEST(sql("SELECT :now", both).exit_code == 2);

  const Ran report =
      data.catlog({"report", "catalogue", "--as-of", time, "--and", std::to_string(last), "--format", "csv"});
  BOOST_TEST(report.exit_code == 0, report.err);
  BOOST_TEST(has(report.out, "before,"), report.out);
  // A row of it is named by table and event.
  const Ran changes =
      data.catlog({"report", "changes", "--as-of", time, "--and", std::to_string(last), "--format", "csv"});
  BOOST_TEST(has(changes.out, "\r\nbefore,movies,movieDescribed,2,2,"), changes.out);
  BOOST_TEST(has(changes.out, "\r\nafter,movies,movieDescribed,4,3,"), changes.out);
  BOOST_TEST(has(changes.out, "\r\nadded,movies,movieTranslationRemoved,1,1,"), changes.out);

  // What differs is not drawn.
  BOOST_TEST(data.catlog({"report", "catalogue", "--as-of", time, "--and", "1", "--chart"}).exit_code == 2);
  BOOST_TEST(data.catlog({"report", "catalogue", "--as-of", time, "--and", "1", "--html", "-"}).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(the_log_is_asked_as_it_stood_then) {
  const std::string at = std::to_string(then), now = std::to_string(last);
  BOOST_TEST(sql("SELECT max(position) AS n FROM log_events", {"--as-of", at}).out == "n\r\n" + at + "\r\n");
  BOOST_TEST(sql("SELECT count(*) AS n FROM log_events", {"--as-of", now}).out == "n\r\n" + now + "\r\n");
  const auto changes = [&](const std::string& since) {
    return data.catlog({"report", "changes", "--as-of", now, "--param", "since=" + since, "--format", "csv"});
  };
  // A time is the position before its first event.
  BOOST_TEST(changes(time).out == changes(at).out, changes(time).err);
  BOOST_TEST(has(changes(at).out, "movies,movieDescribed,"), changes(at).out);
  BOOST_TEST(changes("yesterday or so").exit_code == 2);
  BOOST_TEST(has(data.out_of({"report", "changes", "--as-of", at}), "as of position " + at));
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_come_in_time_ends_the_question) {
  BOOST_TEST(sql("SELECT 1", {"--as-of", "1"}).exit_code == 0);
  const fs::path kept = fs::directory_iterator(data / "readmodel/as-of")->path();
  const int being_removed = ::open(kept.c_str(), O_RDONLY | O_CLOEXEC);
  BOOST_TEST_REQUIRE(::flock(being_removed, LOCK_EX) == 0);
  const Ran late = sql("SELECT 1", {"--as-of", "1", "--timeout-s", "1"});
  BOOST_TEST(late.exit_code == 1);
  BOOST_TEST(has(late.err, "took longer than --timeout-s"), late.err);
  ::close(being_removed);
  BOOST_TEST(sql("SELECT 1", {"--as-of", "1", "--timeout-s", "1"}).exit_code == 0);
}

BOOST_AUTO_TEST_CASE(a_question_in_a_loop_keeps_few_files) {
  for (events::Position position = 1; position <= last; ++position)
    BOOST_TEST(sql("SELECT 1", {"--as-of", std::to_string(position)}).exit_code == 0);
  BOOST_TEST(std::distance(fs::directory_iterator(data / "readmodel/as-of"), fs::directory_iterator()) == 8);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
