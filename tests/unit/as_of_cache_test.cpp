#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <sstream>

#include "events/text/datetime.h"
#include "projector/query/query.h"
#include "projector/rebuild/as_of_cache.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(as_of_cache_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using projector::AsOfCache;
using projector::Database;
using projector::Open;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  fs::path folder = directory / "as-of";
  AsOfCache cache{folder};
  Fixture() {
    script.append_to(log);
    BOOST_TEST(cache.is_writable());
  }
  fs::path file(events::Position position) { return cache.file(log, {}, position).path(); }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  void used_long_ago(const fs::path& file) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(as_of_cache, Fixture)

BOOST_AUTO_TEST_CASE(a_file_is_built_once_and_holds_what_stood_then) {
  const fs::path then = file(5);
  BOOST_TEST(projector::read_checkpoint(Database(then, Open::read)).position == 3u);  // 4 to 6 are one command
  BOOST_TEST(one_value(Database(then, Open::read), "SELECT count(*) FROM movies") == "0");
  Database(then, Open::write).run("UPDATE genres SET name = 'kept' WHERE id = 1");
  BOOST_TEST(file(3) == then);
  BOOST_TEST(one_value(Database(then, Open::read), "SELECT count(*) FROM genres WHERE name = 'kept'") == "1");
  BOOST_TEST(file(6) != then);
  BOOST_TEST(file(0) != then);
}

// A backup that was restored to its end keeps the log's id, and what came after it is other events.
BOOST_AUTO_TEST_CASE(other_events_under_the_same_log_id_are_another_file) {
  RecordScript other_events = script;
  script.command({movie_rated(1, 3, 3)});
  script.append_to(log);
  file(log.head());
  auto replaced = store::Log::open(directory / "replaced", store::Access::write);
  other_events.command({movie_rated(1, 4, 4)});
  other_events.append_to(replaced);
  replaced.identify({log.id(), {}});
  BOOST_TEST_REQUIRE(replaced.head() == log.head());
  const fs::path then = cache.file(replaced, {}, replaced.head()).path();
  BOOST_TEST(one_value(Database(then, Open::read), "SELECT rating FROM movies WHERE id = 1") == "4.0");
}

BOOST_AUTO_TEST_CASE(another_quarantine_is_another_file) {
  projector::Quarantine quarantine(log.id());
  quarantine.add({.position = log.head(), .why = "test", .when_us = 0, .who = "test"});
  BOOST_TEST(cache.file(log, quarantine, 3).path() == file(3));  // it leaves out nothing up to there
  BOOST_TEST(cache.file(log, quarantine, log.head()).path() != file(log.head()));
}

BOOST_AUTO_TEST_CASE(only_some_files_are_kept_those_that_were_used_last) {
  while (log.head() < 40) {
    script.command({movie_described(static_cast<int64_t>(log.head()) + 100, "Many")});
    script.append_to(log);
  }
  const fs::path first = file(20);
  const auto held = cache.file(log, {}, 21);  // somebody may be about to open it
  used_long_ago(first);
  used_long_ago(held.path());
  for (events::Position position = 22; position < 22 + projector::as_of_files_kept; ++position) file(position);
  BOOST_TEST(!fs::exists(first));
  BOOST_TEST(fs::exists(held.path()));
  BOOST_TEST(files() == projector::as_of_files_kept + 1);
  for (events::Position position = 30; position < 40; ++position) file(position);  // none of these is old
  BOOST_TEST(files() == projector::as_of_files_kept + 1);
}

BOOST_AUTO_TEST_CASE(files_that_nobody_asked_for_go_unless_somebody_holds_them) {
  const fs::path unused = file(3), used = file(6);
  const auto held = cache.file(log, {}, 0);
  for (const fs::path& each : {unused, held.path()}) used_long_ago(each);
  const int64_t now_us = events::now_us(), minute_us = 60 * int64_t{1'000'000};
  BOOST_TEST(cache.remove_unused(now_us - 61 * minute_us).files == 0u);
  BOOST_TEST(cache.remove_unused(now_us - 30 * minute_us).files == 1u);
  BOOST_TEST(!fs::exists(unused));
  BOOST_TEST(fs::exists(used));
  BOOST_TEST(fs::exists(held.path()));
  BOOST_TEST(AsOfCache(directory / "not-there").remove_unused(now_us).files == 0u);
  BOOST_TEST(!fs::exists(directory / "not-there"));
}

BOOST_AUTO_TEST_CASE(a_later_file_is_made_of_the_nearest_earlier_one) {
  while (log.head() < 60) {
    script.command({movie_described(static_cast<int64_t>(log.head()) + 100, "Many")});
    script.append_to(log);
  }
  const auto name_in = [](const fs::path& file) {
    return one_value(Database(file, Open::read), "SELECT name FROM genres WHERE id = 1");
  };
  const auto mark = [](const fs::path& file) {
    Database(file, Open::write).run("UPDATE genres SET name = 'kept' WHERE id = 1");
  };
  mark(file(40));
  BOOST_TEST(name_in(file(57)) != "kept");  // too far for it
  mark(file(57));
  BOOST_TEST(name_in(file(60)) == "kept");
  BOOST_TEST(name_in(file(56)) != "kept");  // nothing goes back
  fs::resize_file(file(60), 5'000);         // of no use to anybody
  script.command({movie_rated(1, 3, 3)});
  script.append_to(log);
  const fs::path later = file(61);
  BOOST_TEST(name_in(later) != "kept");
  const fs::path anew = directory / "anew.sqlite";
  projector::build_file(log, {}, anew, 61);
  BOOST_TEST(!projector::first_difference(Database(anew, Open::read), Database(later, Open::read)));
}

BOOST_AUTO_TEST_CASE(made_of_an_earlier_one_it_is_as_if_built_anew) {
  const fs::path earlier = directory / "earlier.sqlite", anew = directory / "anew.sqlite";
  projector::build_file(log, {}, anew, projector::whole_log);
  projector::build_file(log, {}, earlier, 7);
  for (const char* name : {"a.sqlite", "b.sqlite"}) {
    const fs::path made = directory / name;
    BOOST_TEST(projector::build_file_from(earlier, log, {}, made, projector::whole_log) == log.head());
    const Database left(anew, Open::read), right(made, Open::read);
    BOOST_TEST(!projector::first_difference(left, right));
    for (const char* asked :
         {"SELECT group_concat(tableName || digest) FROM projection_digests",
          "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema ORDER BY name)",
          "SELECT merkleHead || position FROM projection_checkpoint",
          "SELECT group_concat(kind || lastPosition) FROM projection_streams", "PRAGMA journal_mode"})
      BOOST_TEST(one_value(left, asked) == one_value(right, asked));
  }
  BOOST_TEST(projector::read_checkpoint(Database(earlier, Open::read)).position <= 7u);  // as it was
  Database(earlier, Open::write).run("CREATE TABLE mine (id INTEGER)");
  BOOST_CHECK_THROW(projector::build_file_from(earlier, log, {}, directory / "c.sqlite", projector::whole_log),
                    events::Failure);
}

BOOST_AUTO_TEST_CASE(what_a_killed_builder_left_is_removed_and_never_used) {
  std::ofstream(folder / "x.sqlite.999999999.building") << "half a file";
  file(3);
  BOOST_TEST(files() == 1u);
}

BOOST_AUTO_TEST_CASE(today_can_be_joined_with_then) {
  const fs::path today = directory / "today.sqlite";
  projector::build_file(log, {}, today, projector::whole_log);
  const std::vector<projector::Beside> beside{{"today", today}};
  std::ostringstream out;
  const projector::Style csv{projector::Format::csv};
  projector::run_query(file(3), {"SELECT count(*) FROM today.genres t JOIN genres g USING (id)", {}, beside}, csv, {},
                       out);
  BOOST_TEST(out.str().ends_with("\r\n2\r\n"));
  BOOST_CHECK_THROW(projector::run_query(file(3), {"DELETE FROM today.genres", {}, beside}, csv, {}, out),
                    events::Failure);
  BOOST_CHECK_THROW(projector::run_query(file(3), {"ATTACH 'x' AS y", {}, beside}, csv, {}, out), events::Failure);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
