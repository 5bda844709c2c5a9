#include "projector/wal_room.h"
#include "projector/model/generations.h"
#include "projector/model/read_model.h"

#include <boost/test/unit_test.hpp>

#include <future>

#include <fmt/format.h>

#include "projector/projector_loop.h"
#include "projector/query/query.h"
#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/bus_peers.h"
#include "tests/support/held_read_model.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(wal_room_test)

// Readers in other processes whose transactions do not end, beside a read model that is written.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using projector::Database;
using projector::Generations;
using projector::Open;
using projector::ReadModel;
using projector::Transaction;
using projector::WalReaders;
using projector::WalRoom;
using projector::Writing;

namespace {

using Fixture = HeldReadModel;

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wal_room, Fixture)

BOOST_AUTO_TEST_CASE(another_process_that_reads_an_older_state_is_named) {
  WalReaders asked(model->file());
  BOOST_TEST(asked.in_the_way().empty());
  BOOST_TEST(!asked.user().has_value());
  readers[0].begin();
  add_movies(1);
  project();
  readers[1].begin();
  add_movies(1);
  project();
  // Of this process: it is in nobody's way that could wait for it.
  Database own(model->file(), Open::read);
  const Transaction snapshot(own, Transaction::Kind::read);
  const auto found = asked.in_the_way();
  BOOST_TEST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].process == readers[0].pid());
  BOOST_TEST(found[1].process == readers[1].pid());
  BOOST_TEST(found[0].frame < found[1].frame);
  BOOST_TEST(holds(projector::to_text(found[0]), named(readers[0])));
  readers[0].end();
  BOOST_TEST(asked.in_the_way().size() == 1u);
  BOOST_TEST(asked.user()->process == readers[1].pid());
  readers[1].end();
  BOOST_TEST(!asked.user().has_value());
}

BOOST_AUTO_TEST_CASE(without_readers_the_wal_begins_anew) {
  WalRoom room(generations, run, log.id(), options());
  const fs::path first = model->file();
  uint64_t most = 0;
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(!write(room));
    most = std::max(most, model->wal_bytes());
  }
  BOOST_TEST(most < small_wal_bytes);
  BOOST_TEST(generations.is_current(first));
  room.look(*model);
  BOOST_TEST(told.empty());
  BOOST_TEST(!note().has_value());
}

BOOST_AUTO_TEST_CASE(a_reader_that_does_not_end_keeps_the_old_file_and_a_copy_goes_on) {
  WalRoom room(generations, run, log.id(), options());
  const fs::path first = model->file();
  readers[0].begin();
  BOOST_TEST_REQUIRE(write_until_it_moves(room));
  BOOST_TEST(!generations.is_current(first));
  BOOST_TEST(has_all_rows());
  BOOST_TEST(one_value(model->database(), "PRAGMA quick_check") == "ok");
  BOOST_TEST((projector::read_checkpoint(Database(first, Open::read)).state == projector::State::retired));
  BOOST_TEST(!generations.kept().has_value());

  room.look(*model);
  BOOST_TEST(fs::exists(first));
  BOOST_TEST_REQUIRE(note().has_value());
  BOOST_TEST(note()->files_kept == 1u);
  BOOST_TEST(note()->process == readers[0].pid());
  BOOST_TEST(told.size() == 1u);
  BOOST_TEST(over.size() == 1u);
  BOOST_TEST(holds(note()->words, named(readers[0])));
  readers[0].end();
  room.look(*model);
  BOOST_TEST(!fs::exists(first));
  BOOST_TEST(!note().has_value());
  for (const auto& entry : fs::directory_iterator(folder))
    BOOST_TEST(!holds(entry.path().filename().string(), first.filename().string()), entry.path());
}

BOOST_AUTO_TEST_CASE(the_way_back_of_a_rebuild_stays_the_way_back) {
  const fs::path first = model->file();
  projector::rebuild(log, {}, folder, run);
  model->leave();
  model.reset();
  open();
  WalRoom room(generations, run, log.id(), options());
  readers[0].begin();
  BOOST_TEST_REQUIRE(write_until_it_moves(room));
  BOOST_TEST(generations.kept().value() == first);
  readers[0].end();
  room.look(*model);
  BOOST_TEST(generations.kept().value() == first);
  BOOST_TEST(generations.all().size() == 2u);
}

BOOST_AUTO_TEST_CASE(who_is_in_the_way_is_told_once_and_noted_while_it_matters) {
  auto with = options();
  with.most_left_behind = 0;
  WalRoom room(generations, run, log.id(), with);
  readers[0].begin();
  BOOST_CHECK_EXCEPTION(write_until_it_waits(room), projector::Busy, [&](const projector::Busy& busy) {
    BOOST_TEST_MESSAGE(busy.what());
    return holds(busy.what(), named(readers[0]));
  });
  for (int i = 0; i < 3; ++i) BOOST_CHECK_THROW(room.make(*model), projector::Busy);
  BOOST_TEST(model->wal_bytes() < small_wal_bytes * 2);
  BOOST_TEST_REQUIRE(told.size() == 1u);
  BOOST_TEST(holds(told[0], named(readers[0])));
  BOOST_TEST(note()->process == readers[0].pid());
  BOOST_TEST(note()->since_us > 0);
  BOOST_TEST(over.empty());

  readers[0].end();
  BOOST_TEST(!write(room));
  room.look(*model);
  BOOST_TEST(told.size() == 1u);
  BOOST_TEST(over.size() == 1u);
  BOOST_TEST(!note().has_value());
  BOOST_TEST(has_all_rows());
}

// Then the WAL is far from its limit.
BOOST_AUTO_TEST_CASE(who_stays_in_the_way_matters_where_the_disk_is_full) {
  auto with = options();
  with.limit_bytes = projector::default_wal_limit_bytes;
  with.look_every = std::chrono::milliseconds(0);
  WalRoom room(generations, run, log.id(), with);
  readers[0].begin();
  write(room);
  room.look(*model);
  BOOST_TEST(told.empty());
  BOOST_TEST(!note().has_value());
  for (int i = 0; i < 2; ++i) room.look_on_full_disk(*model);
  BOOST_TEST_REQUIRE(told.size() == 1u);
  BOOST_TEST(holds(told[0], named(readers[0])), told[0]);
  BOOST_TEST_REQUIRE(note().has_value());
  BOOST_TEST(note()->process == readers[0].pid());
  BOOST_TEST(holds(note()->words, "the disk has no room"), note()->words);
  BOOST_TEST(over.empty());
  room.look(*model);
  BOOST_TEST_REQUIRE(over.size() == 1u);
  BOOST_TEST(holds(over[0], "there is room again"), over[0]);
  BOOST_TEST(holds(over[0], named(readers[0])), over[0]);
  BOOST_TEST(!note().has_value());
  room.look_on_full_disk(*model);
  BOOST_TEST(told.size() == 2u);
  readers[0].end();
  readers[1].begin();  // and is not named in its place
  write(room);
  room.look_on_full_disk(*model);
  BOOST_TEST_REQUIRE(over.size() == 2u);
  BOOST_TEST(holds(over[1], "nobody is in the way"), over[1]);
  BOOST_TEST(!note().has_value());
}

// What is tried again and again asks no more often than that, and a query of a moment is no transaction that stays.
BOOST_AUTO_TEST_CASE(who_reads_for_a_moment_on_a_full_disk_is_not_told_of) {
  auto with = options();
  with.limit_bytes = projector::default_wal_limit_bytes;
  with.look_every = std::chrono::hours(1);
  WalRoom seldom(generations, run, log.id(), with);
  with.look_every = std::chrono::milliseconds(0);
  WalRoom often(generations, run, log.id(), with);
  for (auto& reader : readers) {
    reader.begin();
    write(often);
    for (int i = 0; i < 3; ++i) seldom.look_on_full_disk(*model);
    often.look_on_full_disk(*model);
    reader.end();
  }
  BOOST_TEST(told.empty());
}

// One of this process, whose locks nobody sees: what is known is only that the WAL stays.
BOOST_AUTO_TEST_CASE(where_nobody_is_seen_to_read_nobody_is_said_to) {
  auto with = options();
  with.most_left_behind = 0;
  WalRoom room(generations, run, log.id(), with);
  Database own(model->file(), Open::read);
  const Transaction snapshot(own, Transaction::Kind::read);
  BOOST_CHECK_EXCEPTION(write_until_it_waits(room), projector::Busy, [](const projector::Busy& busy) {
    BOOST_TEST_MESSAGE(busy.what());
    return holds(busy.what(), "cannot be written back now; the projector goes on when it can be") &&
           !holds(busy.what(), "read");
  });
}

BOOST_AUTO_TEST_CASE(readers_that_never_end_keep_no_more_files_than_are_allowed) {
  auto with = options();
  with.most_left_behind = 2;
  WalRoom room(generations, run, log.id(), with);
  for (size_t i = 0; i < 2; ++i) {
    readers[i].begin();
    BOOST_TEST_REQUIRE(write_until_it_moves(room));
    room.look(*model);
  }
  readers[2].begin();
  BOOST_CHECK_EXCEPTION(write_until_it_waits(room), projector::Busy, [&](const projector::Busy& busy) {
    BOOST_TEST_MESSAGE(busy.what());
    return holds(busy.what(), named(readers[2])) && holds(busy.what(), named(readers[0])) &&
           holds(busy.what(), named(readers[1]));
  });
  readers[0].end();
  room.look(*model);
  BOOST_TEST(write_until_it_moves(room));
  BOOST_TEST(has_all_rows());
}

BOOST_AUTO_TEST_CASE(a_reader_that_ends_in_time_makes_no_new_generation) {
  WalRoom room(generations, run, log.id(), options());
  const fs::path first = model->file();
  readers[0].begin();
  while (model->wal_bytes() < small_wal_bytes / 2) BOOST_TEST_REQUIRE(!write(room));
  BOOST_TEST(!write(room));
  BOOST_TEST(fs::exists(folder / "copy.building.sqlite"));
  readers[0].end();
  model->give_back_wal();
  BOOST_TEST(!write(room));
  BOOST_TEST(generations.is_current(first));
  BOOST_TEST(!fs::exists(folder / "copy.building.sqlite"));
  BOOST_TEST(has_all_rows());
}

BOOST_AUTO_TEST_CASE(a_copy_does_not_take_the_place_of_what_was_switched_to_meanwhile) {
  const fs::path first = model->file();
  const fs::path copy = generations.start_building("copy");
  projector::FileCopy copying(model->database(), copy);
  while (!copying.copy(1)) {
  }
  const fs::path second = projector::rebuild(log, {}, folder, run).generation;
  BOOST_TEST(generations.replace_live(first, copy) == nullptr);
  BOOST_TEST(generations.is_current(second));
}

BOOST_AUTO_TEST_CASE(what_is_rolled_back_while_it_is_copied_is_not_in_the_copy) {
  const fs::path copy = data / "copied.sqlite";
  projector::FileCopy copying(model->database(), copy);
  copying.copy(5);
  model->begin();
  model->database().run("PRAGMA cache_size = 1; UPDATE movies SET title = 'Wrong'");
  model->rollback();
  add_movies(3);
  copying.copy(5);
  project();
  while (!copying.copy(5)) {
  }
  BOOST_TEST(!projector::first_difference(model->database(), Database(copy, Open::write)).has_value());
}

// What the loop makes of it.
BOOST_AUTO_TEST_CASE(the_loop_goes_on_beside_a_reader_and_cuts_the_wal_when_it_is_idle) {
  model->close();
  model.reset();
  const fs::path first = *generations.current_path();
  zmq::context_t context;
  projector::ProjectorOptions with;
  with.recheck = std::chrono::milliseconds(2);
  with.events_per_batch = 50;
  with.wal = options();
  with.wal.look_every = with.wal.cut_when_idle_for = std::chrono::milliseconds(0);
  projector::ProjectorLoop loop(log, data.path(), context, with);
  loop.prepare();
  readers[0].begin();
  Running running(loop);
  for (int i = 0; i < most_batches && generations.is_current(first); ++i) {
    add_movies(50);
    projector::wait_for_position(generations.link(), log.head(), {.wait = long_enough});
  }
  BOOST_TEST(!generations.is_current(first));
  readers[0].end();
  const fs::path wal = generations.current_path()->string() + "-wal";
  const auto by = std::chrono::steady_clock::now() + long_enough;
  while ((fs::exists(first) || fs::file_size(wal) > 0) && std::chrono::steady_clock::now() < by)
    std::this_thread::yield();
  BOOST_TEST(!fs::exists(first));
  BOOST_TEST(fs::file_size(wal) == 0u);
  running.stop();
  open();
  BOOST_TEST(has_all_rows());
}

// At the limit too, where no more is written until they end: by that id an operator ends a process.
BOOST_AUTO_TEST_CASE(the_counters_name_who_is_in_the_way_now) {
  model->close();
  model.reset();
  zmq::context_t context;
  projector::ProjectorOptions with;
  with.recheck = std::chrono::milliseconds(2);
  with.events_per_batch = 50;
  with.wal = options();
  with.wal.most_left_behind = 0;
  with.wal.look_every = std::chrono::milliseconds(0);
  projector::ProjectorLoop loop(log, data.path(), context, with);
  const auto& counters = loop.counters();
  const auto becomes = [&](const auto& holds) {
    const auto by = std::chrono::steady_clock::now() + long_enough;
    while (!holds() && std::chrono::steady_clock::now() < by) std::this_thread::yield();
    return holds();
  };
  const auto is_oldest = [&](const ReaderProcess& reader) {
    return becomes([&] { return counters.oldest_reader.read() == static_cast<uint64_t>(reader.pid()); });
  };
  loop.prepare();
  readers[0].begin();
  Running running(loop);
  for (int i = 0; i < most_batches && counters.waits.read() == 0; ++i) {
    add_movies(50);
    becomes([&] { return counters.waits.read() > 0 || counters.position.read() == log.head(); });
  }
  BOOST_TEST_REQUIRE(counters.waits.read() == 1u);
  BOOST_TEST(is_oldest(readers[0]));
  readers[1].begin();
  BOOST_TEST(becomes([&] { return counters.readers_in_the_way.read() == 2u; }));
  readers[0].end();
  BOOST_TEST(is_oldest(readers[1]));
  BOOST_TEST(counters.readers_in_the_way.read() == 1u);
  BOOST_TEST(counters.waits.read() == 1u);
  readers[1].end();
  BOOST_TEST(becomes([&] { return counters.position.read() == log.head() && counters.oldest_reader.read() == 0u; }));
  running.stop();
}

// What a clean stop leaves is in DELETE mode.
BOOST_AUTO_TEST_CASE(who_holds_the_file_at_a_start_is_named) {
  model->close();
  model.reset();
  add_movies(1);
  readers[0].begin();
  std::promise<std::string> words;
  zmq::context_t context;
  projector::ProjectorOptions with;
  with.on_waiting = [&](const std::string& said) { words.set_value(said); };
  projector::ProjectorLoop loop(log, data.path(), context, with);
  loop.prepare();
  auto said = words.get_future();
  BOOST_TEST_REQUIRE((said.wait_for(std::chrono::seconds(0)) == std::future_status::ready));
  const std::string text = said.get();
  BOOST_TEST(holds(text, named(readers[0])), text);
  readers[0].end();
  Running running(loop);
  projector::wait_for_position(generations.link(), log.head(), {.wait = long_enough});
  running.stop();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
