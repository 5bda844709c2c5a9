#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>

#include "commandhandler/keys.h"
#include "commandhandler/state/state_loop.h"
#include "events/error.h"
#include "projector/projector_loop.h"
#include "projector/query/query.h"
#include "projector/rebuild/rebuild.h"
#include "projector/sqlite/sqlite.h"
#include "store/files/disk_space.h"
#include "store/log.h"
#include "tests/support/bus_peers.h"
#include "tests/support/disk/budget.h"
#include "tests/support/disk/faults.h"
#include "tests/support/disk/power_cut.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(full_disk_answers_test)

// Full disks that were taken for failures or outgrown, and a key that a power cut took.

using namespace catlog;
using namespace catlog::tests;
using commandhandler::Keys;

namespace {

// Strikes at calls of one kind only.
class Refusing : public disk::Watcher {
 public:
  explicit Refusing(disk::Call call, int code = ENOSPC, std::optional<uint64_t> free_bytes = 0)
      : call_(call), code_(code), free_bytes_(free_bytes) {}
  disk::Verdict before(const disk::Operation& operation) override {
    return {.error = operation.call == call_ ? code_ : 0};
  }
  std::optional<uint64_t> free_bytes() override { return free_bytes_; }

 private:
  disk::Call call_;
  int code_;
  std::optional<uint64_t> free_bytes_;
};

// Tells how much is free, and counts who asks.
class Telling : public disk::Watcher {
 public:
  std::optional<uint64_t> free_bytes() override {
    ++asked;
    return free;
  }
  uint64_t free = 0;
  size_t asked = 0;
};

constexpr uint64_t reserve = uint64_t{64} << 20, far_above = reserve + store::FreeSpace::far_above_bytes;
constexpr int64_t moment_us = store::FreeSpace::moment_us;

struct Asking {
  const TemporaryDirectory directory;
  Telling disk;
  const disk::Watching watching{directory.path(), disk};
  store::FreeSpace space{directory.path()};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(near_the_reserve_the_free_space_is_asked_for_each_time, Asking) {
  for (disk.free = far_above - 4096; disk.free > reserve / 2; disk.free -= reserve / 2)
    BOOST_TEST(space.bytes(reserve, 0) == disk.free);
  for (disk.free = 0; disk.free < far_above; disk.free += reserve / 2) BOOST_TEST(space.bytes(reserve, 0) == disk.free);
}

BOOST_FIXTURE_TEST_CASE(far_above_the_reserve_the_free_space_is_as_it_was_a_moment_ago_and_no_longer, Asking) {
  disk.free = far_above;
  BOOST_TEST(space.bytes(reserve, 0) == far_above);
  disk.free = reserve;
  BOOST_TEST(space.bytes(reserve, moment_us - 1) == far_above);
  BOOST_TEST(disk.asked == 1u);
  BOOST_TEST(space.bytes(reserve, moment_us) == reserve);
  BOOST_TEST(disk.asked == 2u);
}

// With a larger reserve less is far above it.
BOOST_FIXTURE_TEST_CASE(behind_a_full_disk_and_for_a_larger_reserve_the_free_space_is_asked_for_at_once, Asking) {
  disk.free = far_above;
  BOOST_TEST(space.bytes(reserve, 0) == far_above);
  disk.free = 0;
  space.forget();
  BOOST_TEST(space.bytes(reserve, 1) == 0u);
  disk.free = far_above;
  BOOST_TEST(space.bytes(reserve, 2) == far_above);
  disk.free = reserve;
  BOOST_TEST(space.bytes(reserve + 4096, 3) == reserve);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_written_in_part_is_a_full_disk) {
  const TemporaryDirectory directory;
  Keys keys(directory / "keys");
  keys.seal(1, "text");
  {
    disk::Faults faults({.how = disk::How::short_write, .extent = disk::Extent::from_then_on}, 1);
    const disk::Watching watching(directory.path(), faults);
    BOOST_CHECK_THROW(keys.sync(), events::StorageFull);
    BOOST_TEST(faults.has_struck());
  }
  keys.sync();
  BOOST_TEST(Keys(directory / "keys").open(Keys(directory / "keys").seal(1, "text")) == "text");
}

BOOST_AUTO_TEST_CASE(a_write_that_is_cut_short_once_is_gone_on_with) {
  const TemporaryDirectory directory;
  Keys keys(directory / "keys");
  const std::string sealed = keys.seal(1, "text");
  disk::Faults faults({.how = disk::How::short_write}, 1);
  {
    const disk::Watching watching(directory.path(), faults);
    keys.sync();
  }
  BOOST_TEST(faults.has_struck());
  BOOST_TEST(Keys(directory / "keys").open(sealed) == "text");
}

BOOST_AUTO_TEST_CASE(the_first_key_outlasts_a_power_cut_with_its_folder) {
  const TemporaryDirectory directory, image;
  disk::Recording recording(directory.path());
  std::string sealed;
  {
    const disk::Watching watching(directory.path(), recording);
    Keys keys(directory / "keys");
    sealed = keys.seal(1, "text");
    keys.sync();
  }
  build_image(recording.done(), {.at = recording.done().size(), .names = disk::Names::until_synced}, image.path());
  BOOST_TEST(Keys(image / "keys").open(sealed) == "text");
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_made_is_a_full_disk) {
  const TemporaryDirectory directory;
  projector::Database database(directory / "file.sqlite", projector::Open::create);
  database.run("CREATE TABLE t(x)");
  Refusing refusing(disk::Call::create);
  const disk::Watching watching(directory.path(), refusing);
  BOOST_CHECK_THROW(database.run("INSERT INTO t VALUES (1)"), events::StorageFull);
}

// No inodes are left, or a user's quota is used up: free bytes there are.
BOOST_AUTO_TEST_CASE(room_that_is_not_for_us_is_a_full_disk) {
  for (const int code : {ENOSPC, EDQUOT})
    for (const auto call : {disk::Call::create, disk::Call::pwrite}) {
      const TemporaryDirectory directory;
      projector::Database database(directory / "file.sqlite", projector::Open::create);
      database.run("CREATE TABLE t(x)");
      {
        Refusing refusing(call, code, {});
        const disk::Watching watching(directory.path(), refusing);
        BOOST_TEST_CONTEXT(name_of(call) << ", " << std::strerror(code))
        BOOST_CHECK_THROW(database.run("INSERT INTO t VALUES (1)"), events::StorageFull);
      }
      database.run("INSERT INTO t VALUES (2)");
    }
}

// The file system has no files without a name, by which its room is tried.
BOOST_AUTO_TEST_CASE(inodes_that_are_used_up_are_seen_without_nameless_files) {
  struct NoNameless : disk::Watcher {
    int code;
    uint64_t all, free;
    NoNameless(int error, uint64_t count, uint64_t left) : code(error), all(count), free(left) {}
    disk::Verdict before(const disk::Operation& operation) override {
      return {.error = operation.path.ends_with("/nameless") ? code : 0};
    }
    std::optional<uint64_t> inodes() override { return all; }
    uint64_t free_inodes() override { return free; }
  };
  const TemporaryDirectory directory;
  const auto has_room = [&](int code, uint64_t all, uint64_t free) {
    NoNameless watcher(code, all, free);
    const disk::Watching watching(directory.path(), watcher);
    return store::has_room_for_file(directory.path());
  };
  for (const int code : {EOPNOTSUPP, EISDIR}) {
    BOOST_TEST(!has_room(code, 1'000, 0));
    BOOST_TEST(has_room(code, 1'000, 1));
    BOOST_TEST(has_room(code, 0, 0));  // not counted
  }
  BOOST_TEST(has_room(EMFILE, 1'000, 0));
  BOOST_TEST(has_room(0, 1'000, 0));
  BOOST_TEST(!has_room(ENOSPC, 1'000, 1));
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_made_for_another_reason_is_a_failure) {
  const TemporaryDirectory directory;
  projector::Database database(directory / "file.sqlite", projector::Open::create);
  database.run("CREATE TABLE t(x)");
  Refusing refusing(disk::Call::create, EMFILE, {});
  const disk::Watching watching(directory.path(), refusing);
  BOOST_CHECK_THROW(database.run("INSERT INTO t VALUES (1)"), events::Failure);
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_made_is_a_full_disk) {
  const TemporaryDirectory directory;
  Refusing refusing(disk::Call::create);
  const disk::Watching watching(directory.path(), refusing);
  BOOST_CHECK_THROW(projector::Database(directory / "file.sqlite", projector::Open::create), events::StorageFull);
}

// It waits for room with one flush's worth in memory, however long the log is.
BOOST_AUTO_TEST_CASE(a_state_far_behind_is_not_folded_into_memory_on_a_full_disk) {
  using commandhandler::StateLoop;
  const TemporaryDirectory directory;
  auto log = store::Log::open(directory / "log", store::Access::write);
  RecordScript script;
  script.command({movie_described(1, "one")});
  while (script.head() < 2 * commandhandler::max_behind_at_start_events)
    script.command(std::vector<EventDraft>(1'024, movie_rated(1, 1, 1)));
  std::vector<store::Bytes> records;
  for (events::Position position = 1; position <= script.head(); ++position) records.push_back(script.bytes(position));
  log.append(0, records);
  auto states = store::StateStore::open(directory / "state", log.id(), store::Access::write);
  zmq::context_t context;
  StateLoop loop(log, states, context, directory.path());
  {
    disk::Budget budget{0};
    const disk::Watching watching(directory.path(), budget);
    loop.catch_up();
    BOOST_TEST(budget.refused() > 0u);
  }
  BOOST_TEST(states.snapshot().position() == 0u);
  loop.flush();  // all that it holds
  BOOST_TEST(states.snapshot().position() >= commandhandler::max_unflushed_events);
  BOOST_TEST(states.snapshot().position() < 2 * commandhandler::max_unflushed_events);
  loop.catch_up();
  BOOST_TEST(log.head() - states.snapshot().position() <= commandhandler::max_behind_at_start_events);
}

BOOST_AUTO_TEST_CASE(a_generation_that_could_not_be_closed_is_opened_anew_when_it_is_live_again) {
  const TemporaryDirectory directory;
  auto log = store::Log::open(directory / "log", store::Access::write);
  RecordScript script = small_catalogue();
  script.append_to(log);
  zmq::context_t context;
  projector::ProjectorLoop loop(log, directory.path(), context);
  loop.prepare();
  const projector::Quarantine none(log.id());
  projector::rebuild(log, none, directory / "readmodel", directory / "run");
  {
    Refusing refusing(disk::Call::create);
    const disk::Watching watching(directory.path(), refusing);
    loop.prepare();  // it lets go of the first one, whose journal cannot be made
  }
  projector::go_back(log, directory / "readmodel", directory / "run");
  Running running(loop);
  projector::wait_for_position(directory / "readmodel/current.sqlite", log.head(), {.wait = long_enough});
  running.stop();
}

BOOST_AUTO_TEST_CASE(a_read_model_that_cannot_leave_wal_mode_is_no_failure_of_a_stop) {
  const TemporaryDirectory directory;
  auto log = store::Log::open(directory / "log", store::Access::write);
  RecordScript script = small_catalogue();
  script.append_to(log);
  zmq::context_t context;
  const auto live = directory / "readmodel/current.sqlite";
  const auto project = [&](const auto& stop) {
    projector::ProjectorLoop loop(log, directory.path(), context);
    loop.prepare();
    Running running(loop);
    projector::wait_for_position(live, log.head(), {.wait = long_enough});
    stop(running);
    projector::Database database(live, projector::Open::read);
    projector::Statement mode(database, "PRAGMA journal_mode");
    BOOST_TEST_REQUIRE(mode.step());
    return std::string(mode.text(0));
  };
  BOOST_TEST(project([&](auto& running) {
               Refusing refusing(disk::Call::create, EMFILE, {});
               const disk::Watching watching(directory.path(), refusing);
               running.stop();
             }) == "wal");
  BOOST_TEST(project([](auto& running) { running.stop(); }) == "delete");
}

BOOST_AUTO_TEST_SUITE_END()
