#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <fstream>

#include "events/codec/json.h"
#include "events/codec/message.h"
#include "projector/model/building_files.h"
#include "projector/model/generations.h"
#include "projector/projector_loop.h"
#include "projector/rebuild/rebuild.h"
#include "store/files/file_lock.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(generations_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using projector::Database;
using projector::Diff;
using projector::Open;
using projector::ReadModel;
using projector::State;
using projector::Writing;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  RecordScript script = small_catalogue();
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  fs::path folder = directory / "readmodel", run = directory / "run";
  projector::Generations generations{folder};
  Fixture() { script.append_to(log); }

  // As the daemon leaves it.
  void project(events::Position up_to = projector::whole_log) {
    ReadModel model(generations.prepare_live(log.id()), log.id(), log.head(), Writing::live);
    projector::catch_up(model, log, up_to);
    model.close();
  }
  // A copy of the last event under a kind of stream that no version knows.
  void append_of_unknown_stream() {
    const events::RecordView last(script.bytes(script.head()));
    capnp::MallocMessageBuilder message;
    message.setRoot(last.root());
    auto record = message.getRoot<events::schema::Record>();
    record.setPosition(log.head() + 1);
    record.setStream(static_cast<events::Entity>(999));
    const std::string bytes = events::encode(record.asReader(), events::Encoding::capnp, events::Secrets::shown);
    const std::vector<store::Bytes> records{std::as_bytes(std::span(bytes))};
    log.append(log.head(), records);
  }
  auto checkpoint(const fs::path& file) { return projector::read_checkpoint(Database(file, Open::read)); }
  auto rebuild(Diff diff = Diff::no) { return projector::rebuild(log, {}, folder, run, {.diff = diff}); }
  std::string ask(const std::string& sql) { return one_value(Database(generations.link(), Open::read), sql); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(generations_of_the_read_model, Fixture)

BOOST_AUTO_TEST_CASE(the_first_one_is_empty_and_linked) {
  fs::path live = generations.prepare_live(log.id());
  BOOST_TEST(live.filename() == "gen-000001.sqlite");
  BOOST_TEST(fs::read_symlink(generations.link()) == "gen-000001.sqlite");
  BOOST_TEST(checkpoint(live).position == 0u);
  BOOST_TEST(generations.prepare_live(log.id()) == live);
}

BOOST_AUTO_TEST_CASE(a_rebuild_takes_the_live_ones_place) {
  project();
  ReadModel old(*generations.current_path(), log.id(), log.head(), Writing::live);
  auto report = rebuild(Diff::yes);
  BOOST_TEST(report.difference_count == 0u);
  BOOST_TEST(report.compared_at == log.head());
  BOOST_TEST(report.position == log.head());
  BOOST_TEST(generations.is_current(report.generation));
  BOOST_TEST(!generations.is_current(old.file()));
  BOOST_TEST((checkpoint(report.generation).state == State::live));
  // A reader that kept the old one open sees it, and a writer that has not looked yet does not undo it.
  BOOST_TEST((projector::read_checkpoint(old.database()).state == State::retired));
  script.command({movie_described(3, "Late")});
  script.append_to(log);
  projector::catch_up(old, log, projector::whole_log);
  BOOST_TEST((projector::read_checkpoint(old.database()).state == State::retired));
  BOOST_TEST(ask("SELECT count(*) FROM movies") == "2");
  // As the old one, which is written: nobody has to change that while others read it.
  BOOST_TEST(ask("PRAGMA journal_mode") == "wal");
  for (const char* tail : {"-wal", "-shm"}) BOOST_TEST(fs::exists(report.generation.string() + tail), tail);
}

BOOST_AUTO_TEST_CASE(a_rebuild_has_all_indexes) {
  project();
  std::string before = ask("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)");
  rebuild();
  BOOST_TEST(ask("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema ORDER BY name)") == before);
  BOOST_TEST(ask("PRAGMA journal_mode") == "delete");  // nobody writes the live one: no right to write is needed
}

BOOST_AUTO_TEST_CASE(differences_are_told_and_mended) {
  project();
  Database(*generations.current_path(), Open::write)
      .run("UPDATE movies SET title = 'Wrong' WHERE id = 1; DELETE FROM sync_states");
  auto report = rebuild(Diff::yes);
  BOOST_TEST(report.difference_count == 2u);
  BOOST_REQUIRE(report.differences.size() == 2);
  BOOST_TEST(report.differences[0].table == "movies");
  BOOST_TEST(report.differences[0].key == "1");
  BOOST_TEST(report.differences[0].column == "title");
  BOOST_TEST(report.differences[0].left == "Wrong");
  BOOST_TEST(report.differences[0].right == "The Matrix");
  BOOST_TEST(report.differences[1].table == "sync_states");
  BOOST_TEST(report.differences[1].left == "missing");
  BOOST_TEST(ask("SELECT title FROM movies WHERE id = 1") == "The Matrix");
}

BOOST_AUTO_TEST_CASE(differences_do_not_show_secrets) {
  project();
  Database(*generations.current_path(), Open::write).run("UPDATE trakt_users SET accessToken = 'sealed-b'");
  auto report = rebuild(Diff::yes);
  BOOST_REQUIRE(report.differences.size() == 1);
  BOOST_TEST(report.differences[0].left == "(hidden)");
  BOOST_TEST(report.differences[0].right == "(hidden)");
}

BOOST_AUTO_TEST_CASE(a_diff_is_made_where_the_live_one_stands) {
  project(5);
  auto report = rebuild(Diff::yes);
  BOOST_TEST(report.difference_count == 0u);
  BOOST_TEST(report.compared_at == 3u);  // the last whole command
  BOOST_TEST(report.position == log.head());
}

BOOST_AUTO_TEST_CASE(one_old_generation_is_kept_for_a_way_back) {
  project();
  fs::path first = *generations.current_path();
  fs::path second = rebuild().generation;
  fs::path third = rebuild().generation;
  BOOST_TEST(!fs::exists(first));
  BOOST_TEST(fs::exists(second));
  generations.switch_to(second);
  BOOST_TEST(generations.is_current(second));
  BOOST_TEST((checkpoint(second).state == State::live));
  BOOST_TEST((checkpoint(third).state == State::retired));
}

BOOST_AUTO_TEST_CASE(differences_are_told_before_the_switch_and_can_refuse_it) {
  project();
  const fs::path live = *generations.current_path();
  Database(live, Open::write).run("UPDATE movies SET title = 'Wrong' WHERE id = 1");
  size_t told = 0;
  const auto tell = [&](const projector::RebuildResult& report) {
    told += report.difference_count;
    BOOST_TEST(generations.is_current(live));
  };
  auto report = projector::rebuild(log, {}, folder, run, {.diff = Diff::refuse_if_different, .compared = tell});
  BOOST_TEST(told == 1u);
  BOOST_TEST(report.difference_count == 1u);
  BOOST_TEST(report.generation.empty());
  BOOST_TEST(generations.is_current(live));
  BOOST_TEST(generations.all().size() == 1u);
  BOOST_TEST(!fs::exists(folder / "rebuild.building.sqlite"));
  BOOST_TEST(ask("SELECT title FROM movies WHERE id = 1") == "Wrong");

  projector::rebuild(log, {}, folder, run, {.diff = Diff::yes});
  report = projector::rebuild(log, {}, folder, run, {.diff = Diff::refuse_if_different});
  BOOST_TEST(generations.is_current(report.generation));
}

BOOST_AUTO_TEST_CASE(the_way_back_leads_to_the_one_that_was_live_and_back_again) {
  project();
  BOOST_CHECK_EXCEPTION(projector::go_back(log, folder, run), events::Failure,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::refused; });
  const fs::path first = *generations.current_path();
  const fs::path second = rebuild().generation;
  BOOST_TEST(projector::go_back(log, folder, run) == first);
  BOOST_TEST(generations.is_current(first));
  BOOST_TEST((checkpoint(first).state == State::live));
  BOOST_TEST((checkpoint(second).state == State::retired));
  BOOST_TEST(projector::go_back(log, folder, run) == second);
  BOOST_TEST((checkpoint(first).state == State::retired));
}

BOOST_AUTO_TEST_CASE(after_a_way_back_a_rebuild_keeps_the_one_that_was_live) {
  project();
  const fs::path first = *generations.current_path();
  const fs::path second = rebuild().generation;
  projector::go_back(log, folder, run);
  const fs::path third = rebuild().generation;
  BOOST_TEST(fs::exists(first));
  BOOST_TEST(!fs::exists(second));
  BOOST_TEST(projector::go_back(log, folder, run) == first);
  BOOST_TEST((checkpoint(third).state == State::retired));
}

// As after a crash between a rebuild's last step and its switch.
BOOST_AUTO_TEST_CASE(a_generation_that_was_never_live_is_no_way_back) {
  project();
  const fs::path first = *generations.current_path();
  const fs::path second = rebuild().generation;
  fs::copy_file(second, folder / "gen-000009.sqlite");
  BOOST_TEST(projector::go_back(log, folder, run) == first);
  BOOST_TEST(projector::go_back(log, folder, run) == second);
  BOOST_TEST(!fs::exists(folder / "gen-000009.sqlite"));
  rebuild();
  BOOST_TEST(projector::go_back(log, folder, run) == second);
}

BOOST_AUTO_TEST_CASE(a_kept_generation_that_cannot_be_retired_is_no_hindrance) {
  project();
  const fs::path first = *generations.current_path();
  std::ofstream(first) << "no database";
  const fs::path second = rebuild().generation;
  BOOST_TEST(generations.is_current(second));
  BOOST_TEST(generations.prepare_live(log.id()) == second);
}

BOOST_AUTO_TEST_CASE(a_generation_of_another_log_is_no_way_back) {
  project();
  const fs::path first = *generations.current_path();
  const fs::path second = rebuild().generation;
  Database(first, Open::write).run("UPDATE projection_checkpoint SET logId = 'another'");
  BOOST_CHECK_THROW(projector::go_back(log, folder, run), events::Failure);
  BOOST_TEST(generations.is_current(second));
}

// As when a backup was restored in the place of the log, and the read model was kept.
BOOST_AUTO_TEST_CASE(a_read_model_of_other_events_under_the_same_log_id_is_told_until_it_is_rebuilt) {
  RecordScript other_events = script;
  script.command({movie_rated(1, 3, 3)});
  script.append_to(log);
  project();
  auto replaced = store::Log::open(directory / "replaced", store::Access::write);
  other_events.command({movie_rated(1, 4, 4)});
  other_events.append_to(replaced);
  replaced.identify({log.id(), {}});
  BOOST_TEST_REQUIRE(replaced.head() == log.head());
  fs::create_directories(run);

  zmq::context_t context;
  BOOST_CHECK_EXCEPTION(projector::ProjectorLoop(replaced, directory.path(), context).prepare(), events::Failure,
                        [](const events::Failure& failure) {
                          return failure.code() == events::Exit::damaged &&
                                 std::string(failure.what()).find("catlog rebuild") != std::string::npos;
                        });
  projector::rebuild(replaced, projector::Quarantine(log.id()), folder, run);
  BOOST_CHECK_THROW(projector::go_back(replaced, folder, run), events::Failure);
  projector::ProjectorLoop(replaced, directory.path(), context).prepare();
  BOOST_TEST(ask("SELECT rating FROM movies WHERE id = 1") == "4.0");
}

BOOST_AUTO_TEST_CASE(a_fold_that_meets_a_contradiction_applies_in_order_and_names_the_position) {
  project();
  script.command({movie_rated(1, 2, 2)});
  script.command({movie_rated(99, 1, 1)});
  script.append_to(log);
  BOOST_CHECK_THROW(projector::fold_log(log, projector::whole_log), projector::Contradiction);
  BOOST_CHECK_EXCEPTION(rebuild(), projector::Unappliable, [&](const projector::Unappliable& unappliable) {
    return unappliable.position() == log.head();
  });
  BOOST_TEST(!fs::exists(folder / "rebuild.building.sqlite"));
}

BOOST_AUTO_TEST_CASE(an_unknown_kind_of_stream_is_refused_like_an_unknown_event) {
  project();
  append_of_unknown_stream();
  const auto is_unapplied = [&](const events::Failure& failure) { return failure.code() == events::Exit::unapplied; };
  BOOST_CHECK_THROW(projector::fold_log(log, projector::whole_log), projector::Contradiction);
  BOOST_CHECK_EXCEPTION(rebuild(), projector::Unappliable, [&](const projector::Unappliable& unappliable) {
    return unappliable.position() == log.head();
  });
  BOOST_CHECK_EXCEPTION(project(), projector::Unappliable, is_unapplied);
  projector::Quarantine quarantine(log.id());
  quarantine.add({.position = log.head(), .why = "test", .when_us = 0, .who = "test"});
  BOOST_CHECK_EXCEPTION(projector::rebuild(log, quarantine, folder, run), projector::Unappliable, is_unapplied);
}

BOOST_AUTO_TEST_CASE(values_that_the_schema_refuses_are_named_by_position_after_a_fold) {
  project();
  script.command({movie_rated(1, -5, 2)});
  script.append_to(log);
  projector::fold_log(log, projector::whole_log);  // it looks at no values
  BOOST_CHECK_EXCEPTION(rebuild(), projector::Unappliable, [&](const projector::Unappliable& unappliable) {
    return unappliable.position() == log.head();
  });
}

BOOST_AUTO_TEST_CASE(a_rebuild_leaves_out_what_is_quarantined_by_either_strategy) {
  script.command({movie_rated(1, 7, 7)});
  script.append_to(log);
  projector::Quarantine quarantine(log.id());
  quarantine.add({.position = log.head(), .why = "test", .when_us = 0, .who = "test"});
  for (const auto strategy : {projector::Strategy::fold, projector::Strategy::ordered}) {
    fs::path file = directory / "left-out.sqlite";
    projector::build_file(log, quarantine, file, projector::whole_log, {}, strategy);
    BOOST_TEST(one_value(Database(file, Open::read), "SELECT count(*) FROM movies WHERE rating = 7") == "0");
    BOOST_TEST(projector::read_checkpoint(Database(file, Open::read)).position == log.head());
    fs::remove(file);
  }
}

// Beside a file that --into names may be anything.
BOOST_AUTO_TEST_CASE(a_removed_file_takes_its_backups_and_nothing_else_that_begins_with_its_name) {
  const fs::path file = directory / "november.sqlite";
  const auto beside = [&](const char* tail) { return fs::path(file.string() + tail); };
  const auto others = {".very-important", ".v2.backup.mine", ".v.backup", ".v2x.backup", ".v2", ".v2.backups"};
  for (const char* tail :
       {"", "-wal", ".v2.backup", ".v13.backup", ".v2.backup.building", ".v2.backup.building-journal"})
    std::ofstream(beside(tail)) << "x";
  for (const char* tail : others) std::ofstream(beside(tail)) << "x";
  projector::remove_database(file);
  for (const char* tail :
       {"", "-wal", ".v2.backup", ".v13.backup", ".v2.backup.building", ".v2.backup.building-journal"})
    BOOST_TEST(!fs::exists(beside(tail)), tail);
  for (const char* tail : others) BOOST_TEST(fs::exists(beside(tail)), tail);
}

BOOST_AUTO_TEST_CASE(what_an_interrupted_rebuild_left_is_removed_and_never_live) {
  project();
  fs::path live = *generations.current_path();
  fs::path left = generations.start_building("rebuild");
  std::ofstream(left) << "half a file";
  BOOST_TEST(*generations.current_path() == live);
  rebuild();
  BOOST_TEST(!fs::exists(left));
  BOOST_TEST(ask("SELECT count(*) FROM movies") == "2");
}

BOOST_AUTO_TEST_CASE(a_failed_rebuild_leaves_the_live_one_alone) {
  project();
  fs::path live = *generations.current_path();
  script.command({movie_rated(99, 1, 1)});
  script.append_to(log);
  BOOST_CHECK_THROW(rebuild(), projector::Unappliable);
  BOOST_TEST(generations.is_current(live));
  BOOST_TEST((checkpoint(live).state == State::live));
}

BOOST_AUTO_TEST_CASE(a_reference_that_leads_nowhere_fails_a_rebuild) {
  script.command({movie_listed(1, 99)});
  script.append_to(log);
  BOOST_CHECK_THROW(rebuild(), events::Failure);
  BOOST_TEST(generations.all().empty());
}

BOOST_AUTO_TEST_CASE(a_missing_link_is_made_again) {
  project();
  fs::path live = *generations.current_path();
  fs::remove(generations.link());
  BOOST_TEST(*generations.current_path() == live);
  BOOST_TEST(generations.prepare_live(log.id()) == live);
  BOOST_TEST(generations.is_current(live));
}

BOOST_AUTO_TEST_CASE(a_crash_between_link_and_retiring_is_mended) {
  project();
  fs::path old = *generations.current_path();
  rebuild();
  Database(old, Open::write).run("UPDATE projection_checkpoint SET state = 'live'");
  generations.prepare_live(log.id());
  BOOST_TEST((checkpoint(old).state == State::retired));
}

BOOST_AUTO_TEST_CASE(two_rebuilds_do_not_meet) {
  store::FileLock other(run / "rebuild.lock", "another rebuild");
  BOOST_CHECK_EXCEPTION(rebuild(), events::Failure, [](const events::Failure& failure) {
    return failure.code() == events::Exit::held &&
           std::string(failure.what()).find(std::to_string(::getpid())) != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_file_holds_the_read_model_as_it_stood) {
  fs::path file = directory / "then.sqlite";
  BOOST_TEST(projector::build_file(log, {}, file, 5) == 3u);  // 4 to 6 are one command
  Database then(file, Open::read);
  BOOST_TEST(one_value(then, "SELECT count(*) FROM genres") == "2");
  BOOST_TEST(one_value(then, "SELECT count(*) FROM movies") == "0");
  BOOST_TEST(one_value(then, "PRAGMA journal_mode") == "delete");
  BOOST_CHECK_THROW(projector::build_file(log, {}, file, 5), events::Failure);
}

BOOST_AUTO_TEST_CASE(a_time_is_a_position) {
  auto at = [&](int64_t command, int64_t more_us) {
    return projector::position_as_of(log, RecordScript::first_time_us + command * RecordScript::step_us + more_us);
  };
  BOOST_TEST(at(1, -1) == 0u);
  BOOST_TEST(at(1, 0) == 2u);
  BOOST_TEST(at(2, -1) == 2u);
  BOOST_TEST(at(3, 5) == 6u);
  BOOST_TEST(at(1'000'000, 0) == log.head());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
