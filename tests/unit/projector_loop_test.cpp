#include <boost/test/unit_test.hpp>

#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "events/bus/bell.h"

#include "projector/model/generations.h"
#include "projector/projector_loop.h"
#include "projector/query/query.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/bus_peers.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(projector_loop_test)

// What others do to the read model's file and to the list while the projector runs.

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Open;
using projector::ProjectorLoop;
using projector::ProjectorOptions;
using projector::ReadModel;
using projector::Transaction;
using projector::Writing;

namespace {

struct House {
  TemporaryDirectory data;
  zmq::context_t context;
  store::Log log = store::Log::open(data / "log", store::Access::write);
  RecordScript script = small_catalogue();
  projector::Generations generations{data / "readmodel"};
  std::promise<void> told;  // that somebody holds the file
  std::once_flag first_time;

  House() { script.append_to(log); }
  // As a clean stop leaves it.
  void project_and_stop() {
    ReadModel model(generations.prepare_live(log.id()), log.id(), log.head(), Writing::live);
    projector::catch_up(model, log, projector::whole_log);
    model.close();
  }
  void add(const EventDraft& draft) {
    script.command({draft});
    script.append_to(log);
  }
  ProjectorOptions options() {
    ProjectorOptions with;
    with.recheck = std::chrono::milliseconds(2);
    with.on_waiting = [this](const std::string&) { std::call_once(first_time, [this] { told.set_value(); }); };
    return with;
  }
  void wait_until_told() { BOOST_TEST_REQUIRE((told.get_future().wait_for(long_enough) == std::future_status::ready)); }
  void wait_for_head() { projector::wait_for_position(generations.link(), log.head(), {.wait = long_enough}); }
};

// The version of SQLite's format for writing; beyond 2 SQLite does not write to the file.
void set_write_version(const std::filesystem::path& file, char version) {
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(18).put(version);
}

void wait_until(const std::function<bool()>& holds) {
  const auto by = std::chrono::steady_clock::now() + long_enough;
  while (!holds() && std::chrono::steady_clock::now() < by) std::this_thread::yield();
}

// A snapshot of the read model in another connection.
struct Reader {
  explicit Reader(const std::filesystem::path& file) : database(file, Open::read) {}
  Database database;
  Transaction snapshot{database, Transaction::Kind::read};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(projector_loop, House)

BOOST_AUTO_TEST_CASE(a_reader_of_what_a_clean_stop_left_does_not_fail_a_start) {
  project_and_stop();
  add(movie_rated(1, 2, 3));
  auto reader = std::make_unique<Reader>(generations.link());
  BOOST_TEST_REQUIRE(one_value(reader->database, "PRAGMA journal_mode") == "delete");
  ProjectorLoop loop(log, data.path(), context, options());
  loop.prepare();
  wait_until_told();
  Running running(loop);
  BOOST_TEST(projector::read_checkpoint(reader->database).position == log.head() - 1);
  reader.reset();
  wait_for_head();
  running.stop();
}

BOOST_AUTO_TEST_CASE(a_reader_of_a_generation_that_takes_over_is_waited_for) {
  ProjectorLoop loop(log, data.path(), context, options());
  Running running(loop);
  wait_for_head();
  const auto rebuilt = data / "rebuilt.sqlite";
  projector::build_file(log, {}, rebuilt, projector::whole_log);
  auto reader = std::make_unique<Reader>(rebuilt);
  generations.take_over(rebuilt);
  add(movie_rated(1, 2, 3));
  wait_until_told();
  reader.reset();
  wait_for_head();
  running.stop();
}

BOOST_AUTO_TEST_CASE(a_writer_that_holds_the_live_file_is_waited_for) {
  ProjectorLoop loop(log, data.path(), context, options());
  Running running(loop);
  wait_for_head();
  Database other(generations.link(), Open::write);
  auto writing = std::make_unique<Transaction>(other, Transaction::Kind::write);
  add(movie_rated(1, 2, 3));
  wait_until_told();
  BOOST_TEST(projector::read_checkpoint(other).position == log.head() - 1);
  writing.reset();
  wait_for_head();
  running.stop();
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_written_to_is_opened_again) {
  project_and_stop();
  add(movie_rated(1, 2, 3));
  set_write_version(generations.link(), 3);
  ProjectorLoop loop(log, data.path(), context, options());
  loop.prepare();
  wait_until_told();
  set_write_version(generations.link(), 1);
  Running running(loop);
  wait_for_head();
  running.stop();
}

BOOST_AUTO_TEST_CASE(a_file_that_stays_so_is_a_failure) {
  project_and_stop();
  add(movie_rated(1, 2, 3));
  set_write_version(generations.link(), 3);
  ProjectorOptions with = options();
  with.longest_refused = std::chrono::milliseconds(20);
  ProjectorLoop loop(log, data.path(), context, with);
  events::Stop stop;
  BOOST_CHECK_THROW(loop.run(stop), projector::ReadOnly);
}

// Each commit makes it try again at once, as each of so short a timer does.
BOOST_AUTO_TEST_CASE(it_is_opened_again_for_a_time_however_often_that_is) {
  project_and_stop();
  add(movie_rated(1, 2, 3));
  set_write_version(generations.link(), 3);
  ProjectorOptions with = options();
  with.longest_refused = 2 * long_enough;
  ProjectorLoop loop(log, data.path(), context, with);
  Running running(loop);
  events::Bell committed(context, events::endpoint_in(data.path(), "bell-log.ipc"));
  constexpr uint64_t many_beats = 500;
  wait_until([&] {
    committed.ring();
    return loop.counters().heartbeat.beats() >= many_beats || running.has_ended();
  });
  BOOST_TEST(!running.has_ended());
  set_write_version(generations.link(), 1);
  wait_for_head();
  running.stop();
}

// An old generation whose name is taken by what is no file: housekeeping that fails is no failure of the projection.
BOOST_AUTO_TEST_CASE(an_old_file_that_cannot_be_removed_holds_up_nothing) {
  ProjectorOptions with = options();
  with.wal.look_every = std::chrono::milliseconds(0);
  with.longest_refused = std::chrono::milliseconds(20);
  std::vector<std::string> refused;
  std::promise<void> is_refused;
  with.wal.on_not_removed = [&](const std::string& words) {
    refused.push_back(words);
    if (refused.size() == 1) is_refused.set_value();
  };
  ProjectorLoop loop(log, data.path(), context, with);
  Running running(loop);
  wait_for_head();
  const auto old = data / "readmodel" / "gen-000099.sqlite";
  // All at once: an empty folder would go with the look that comes just then.
  std::filesystem::create_directory(data / "made");
  std::ofstream(data / "made" / "in the way") << "something";
  std::filesystem::rename(data / "made", old);
  add(movie_rated(1, 2, 3));
  wait_for_head();
  BOOST_TEST_REQUIRE((is_refused.get_future().wait_for(long_enough) == std::future_status::ready));
  for (int i = 0; i < 30; ++i) {
    const uint64_t beats = loop.counters().heartbeat.beats();
    add(movie_rated(1, 2, 4 + i));
    wait_for_head();
    wait_until([&] { return loop.counters().heartbeat.beats() > beats + 5 || running.has_ended(); });
  }
  std::filesystem::remove(old / "in the way");
  wait_until([&] { return !std::filesystem::exists(old) || running.has_ended(); });
  BOOST_TEST(!std::filesystem::exists(old));
  running.stop();
  BOOST_TEST_REQUIRE(refused.size() == 1u);
  BOOST_TEST(refused[0].find("gen-000099.sqlite") != std::string::npos, refused[0]);
}

// The same of whatever a start makes or removes: the first generation and the copy, a link that is made anew, and a
// generation that is one too many.
BOOST_AUTO_TEST_CASE(a_start_goes_on_beside_files_that_cannot_be_removed) {
  const auto folder = data / "readmodel";
  const auto put_in_the_way = [&](const std::string& name) {
    std::filesystem::create_directory(folder / name);
    std::ofstream(folder / name / "in the way") << "something";
  };
  ProjectorOptions with = options();
  std::mutex mutex;
  std::multiset<std::string> refused;  // in the loop's thread
  const std::set<std::string> never{"copy.building.sqlite", "first.building.sqlite", "current.sqlite.new",
                                    "gen-000001.sqlite"};
  with.wal.on_not_removed = [&](const std::string& words) {
    for (const std::string& name : never)
      if (const std::lock_guard lock(mutex); words.find('/' + name + ':') != std::string::npos) refused.insert(name);
  };
  for (const char* name : {"copy.building.sqlite", "first.building.sqlite", "current.sqlite.new"}) put_in_the_way(name);
  {
    ProjectorLoop loop(log, data.path(), context, with);
    Running running(loop);
    wait_for_head();
    running.stop();
  }
  BOOST_TEST(
      refused == (std::multiset<std::string>{"copy.building.sqlite", "current.sqlite.new", "first.building.sqlite"}),
      boost::test_tools::per_element());
  const auto first = std::filesystem::canonical(generations.link());
  std::filesystem::copy(first, folder / "gen-000002.sqlite");
  std::filesystem::rename(first, folder / "gen-000003.sqlite");
  std::filesystem::remove(generations.link());
  put_in_the_way("gen-000001.sqlite");
  refused.clear();
  add(movie_rated(1, 2, 3));
  ProjectorLoop loop(log, data.path(), context, with);
  Running running(loop);
  wait_for_head();
  BOOST_TEST(std::filesystem::canonical(generations.link()).filename() == "gen-000003.sqlite");
  running.stop();
  BOOST_TEST(refused.count("gen-000001.sqlite") == 1u);
}

BOOST_AUTO_TEST_CASE(a_stop_does_not_wait_for_whoever_holds_the_file) {
  project_and_stop();
  const Reader reader(generations.link());
  ProjectorLoop loop(log, data.path(), context, options());
  Running running(loop);
  wait_until_told();
  const auto told_at = std::chrono::steady_clock::now();
  running.stop();
  BOOST_TEST((std::chrono::steady_clock::now() - told_at < std::chrono::milliseconds(projector::busy_timeout_ms / 2)));
}

// The list is changed when the loop has already left its work for the event's sake.
BOOST_AUTO_TEST_CASE(one_that_ends_at_an_event_ends_by_it_whatever_the_list_says_by_then) {
  add(movie_rated(99, 1, 1));
  ProjectorOptions with = options();
  with.on_standstill = [&](const projector::Standstill& stop) {
    projector::Quarantine list(log.id());
    list.add({.position = stop.position, .why = "test", .when_us = 0, .who = "test"});
    list.save(data / "quarantine.json");
  };
  ProjectorLoop loop(log, data.path(), context, with);
  events::Stop stop;
  BOOST_CHECK_EXCEPTION(loop.run(stop), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::unapplied; });
}

// One reason after the other: the list that became usable does not hide the schema that somebody changed.
BOOST_AUTO_TEST_CASE(a_list_and_a_schema_that_are_both_wrong_are_told_one_after_the_other) {
  project_and_stop();
  Database(generations.link(), Open::write).run("DROP INDEX idx_movie_id");
  std::ofstream(data / "quarantine.json") << "no list";
  std::promise<std::string> first, second;
  ProjectorOptions with = options();
  with.at_standstill = projector::OnStandstill::wait;
  with.on_standstill = [&, count = 0](const projector::Standstill& standstill) mutable {
    if (++count == 1) first.set_value(standstill.reason);
    if (count == 2) second.set_value(standstill.reason);
  };
  ProjectorLoop loop(log, data.path(), context, with);
  Running running(loop);
  auto of_list = first.get_future(), of_schema = second.get_future();
  BOOST_TEST_REQUIRE((of_list.wait_for(long_enough) == std::future_status::ready));
  BOOST_TEST(of_list.get().find("quarantine.json") != std::string::npos);
  std::filesystem::remove(data / "quarantine.json");
  BOOST_TEST_REQUIRE((of_schema.wait_for(long_enough) == std::future_status::ready));
  BOOST_TEST(of_schema.get().find("index idx_movie_id is missing") != std::string::npos);
  projector::rebuild(log, {}, data / "readmodel", data / "run");
  add(movie_rated(1, 2, 3));
  wait_for_head();
  running.stop();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
