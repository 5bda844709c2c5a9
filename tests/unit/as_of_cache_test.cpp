#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>
#include <sstream>

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
  fs::path file(events::Position position) { return cache.file(log, {}, position); }
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
  const fs::path then = cache.file(replaced, {}, replaced.head());
  BOOST_TEST(one_value(Database(then, Open::read), "SELECT rating FROM movies WHERE id = 1") == "4.0");
}

BOOST_AUTO_TEST_CASE(another_quarantine_is_another_file) {
  projector::Quarantine quarantine(log.id());
  quarantine.add({.position = log.head(), .why = "test", .when_us = 0, .who = "test"});
  BOOST_TEST(cache.file(log, quarantine, 3) == file(3));  // it leaves out nothing up to there
  BOOST_TEST(cache.file(log, quarantine, log.head()) != file(log.head()));
}

BOOST_AUTO_TEST_CASE(only_some_files_are_kept_those_that_were_used_last) {
  while (log.head() < 40) {
    script.command({movie_described(static_cast<int64_t>(log.head()) + 100, "Many")});
    script.append_to(log);
  }
  const fs::path first = file(20), second = file(21);
  used_long_ago(first);
  for (events::Position position = 22; position < 22 + projector::as_of_files_kept; ++position) file(position);
  BOOST_TEST(!fs::exists(first));
  BOOST_TEST(fs::exists(second));  // somebody may be about to open it
  BOOST_TEST(files() == projector::as_of_files_kept + 1);
}

BOOST_AUTO_TEST_CASE(what_a_killed_builder_left_is_removed_and_never_used) {
  std::ofstream(folder / "x.sqlite.999999999.building") << "half a file";
  file(3);
  BOOST_TEST(files() == 1u);
}

BOOST_AUTO_TEST_CASE(today_can_be_joined_with_then) {
  const fs::path today = directory / "today.sqlite";
  projector::build_file(log, {}, today, projector::whole_log);
  std::ostringstream out;
  const projector::Style csv{projector::Format::csv};
  projector::run_query(file(3), {"SELECT count(*) FROM today.genres t JOIN genres g USING (id)", {}, today}, csv, {},
                       out);
  BOOST_TEST(out.str().ends_with("\r\n2\r\n"));
  BOOST_CHECK_THROW(projector::run_query(file(3), {"DELETE FROM today.genres", {}, today}, csv, {}, out),
                    events::Failure);
  BOOST_CHECK_THROW(projector::run_query(file(3), {"ATTACH 'x' AS y", {}, today}, csv, {}, out), events::Failure);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
