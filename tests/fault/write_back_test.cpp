#include "projector/sqlite/write_back.h"

#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/error.h"
#include "projector/projector_loop.h"
#include "projector/query/query.h"
#include "projector/sqlite/unsynced.h"
#include "tests/support/bus_peers.h"
#include "tests/support/disk/calls.h"
#include "tests/support/disk/failing_sync.h"
#include "tests/support/disk/held_pages.h"
#include "tests/support/disk/no_room.h"
#include "tests/support/held_read_model.h"
#include "tests/support/read_models.h"
#include "tests/support/run.h"

BOOST_AUTO_TEST_SUITE(write_back_test)

// The WAL of the live read model is written back beside who writes it (projector/sqlite/write_back.h), in the thread
// that a daemon has for it: slowly, or not at all. fault.points, fault.sqlite_calls and fault.power_cut go through each
// call of passes that are over before the next commit, fault.write_back_cut through those of one that is not.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using projector::WriteBackOptions;

namespace {

using disk::FailingSync;

constexpr int few_pages = 512;
constexpr WriteBackOptions small{.from = few_pages, .again_after = 64, .handed_at_once = 64, .most_by_writer = 64};
constexpr uint64_t small_limit_bytes = few_pages * 4 * projector::wal_page_bytes;
constexpr int most_rounds = 2'000;

void give_time_to(const std::function<bool()>& holds) {
  const auto by = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  while (!holds() && std::chrono::steady_clock::now() < by) std::this_thread::yield();
}

projector::Position position_in(const fs::path& file) {
  return projector::read_checkpoint(projector::Database(file, projector::Open::read)).position;
}

class Written : public HeldReadModel {
 public:
  Written() { model->set_write_back(small); }
  void commit() {
    add_movies(50);
    project();
  }
  // Closes the model; a loop with these writes it back often, and does not cut the WAL in between.
  projector::ProjectorOptions left_to_a_loop() {
    model->close();
    model.reset();
    projector::ProjectorOptions with;
    with.recheck = std::chrono::milliseconds(2);
    with.wal.limit_bytes = small_limit_bytes;
    with.wal.cut_when_idle_for = std::chrono::hours(1);
    return with;
  }
  // Until the WAL has begun anew.
  bool begins_anew() {
    for (int i = 0; i < most_rounds; ++i) {
      const uint64_t before = model->wal_bytes();
      commit();
      if (model->wal_bytes() < before) return true;
    }
    return false;
  }
  void hold_whole() {
    BOOST_TEST(has_all_rows());
    BOOST_TEST(one_value(model->database(), "PRAGMA integrity_check") == "ok");
  }
};

// How many pages of the WAL its index says the file has. Only while this process has no connection to the file.
uint32_t pages_written_back(const fs::path& file) {
  std::ifstream index(file.string() + "-shm", std::ios::binary);
  uint32_t pages = 0;
  index.seekg(96).read(reinterpret_cast<char*>(&pages), sizeof pages);
  BOOST_TEST_REQUIRE(index.good());
  return pages;
}

// A pass has written pages back behind a commit that it does not know, and waits for its first one.
class Passing : public Written {
 public:
  Passing() : file(model->file()) {
    while (model->wal_bytes() < small_limit_bytes / 8) commit();
    readers[0].begin();  // so that the WAL's index stays
    for (int i = 0; i < most_rounds && !held_.is_holding(); ++i) commit();
    BOOST_TEST_REQUIRE(held_.is_holding());
    commit();
  }
  void let_go() { held_.let_go(); }
  std::string said_by_next_commits() {
    for (int i = 0; i < most_rounds; ++i) try {
        commit();
      } catch (const projector::SyncFailed& failure) {
        return failure.what();
      }
    return "";
  }
  // The pages that it wrote back are in no WAL that anybody would read again, and may be lost: a new file has them.
  void cannot_be_written_before_a_rebuild() {
    model.reset();
    BOOST_TEST(pages_written_back(file) > 0u);
    BOOST_CHECK_EXCEPTION(open(), projector::SyncFailed, [](const events::Failure& failure) {
      return std::string_view(failure.what()).find("catlog rebuild") != std::string_view::npos;
    });
    BOOST_CHECK_THROW(generations.switch_to(file), projector::SyncFailed);
    projector::rebuild(log, projector::Quarantine(log.id()), folder, run, {});
    open();
    project();
    hold_whole();
    BOOST_CHECK_THROW(generations.switch_to(file), projector::SyncFailed);
  }
  const fs::path file;

 private:
  disk::HeldPages held_;
};

// No thread can be had: the stack of a new one is larger than any memory.
class NoThreads {
 public:
  NoThreads() {
    BOOST_TEST_REQUIRE(::pthread_getattr_default_np(&before_) == 0);
    pthread_attr_t none = before_;
    BOOST_TEST_REQUIRE(::pthread_attr_setstacksize(&none, size_t{1} << 50) == 0);
    BOOST_TEST_REQUIRE(::pthread_setattr_default_np(&none) == 0);
  }
  NoThreads(const NoThreads&) = delete;
  ~NoThreads() { ::pthread_setattr_default_np(&before_); }

 private:
  pthread_attr_t before_;
};

// Runs a loop until a pass cannot sync the file.
template <class Predicate>
void end_a_loop(Written& written, const projector::ProjectorOptions& with, FailingSync::Note note,
                Predicate&& is_expected) {
  zmq::context_t context;
  projector::ProjectorLoop loop(written.log, written.data.path(), context, with);
  loop.prepare();
  FailingSync failing(".sqlite", FailingSync::Free::as_it_is, note);
  const disk::Watching watching(written.folder, failing);
  Running running(loop);
  for (int i = 0; i < most_rounds && !running.has_ended(); ++i) {
    written.add_movies(50);
    give_time_to([&] { return loop.counters().position.read() == written.log.head() || running.has_ended(); });
  }
  BOOST_TEST(running.has_ended());
  BOOST_CHECK_EXCEPTION(running.stop(), events::Failure, is_expected);
}

zmq::socket_t followed(zmq::context_t& context, const Written& written) {
  auto changes = events::connect_socket(context, zmq::socket_type::sub,
                                        events::endpoint_in(events::DataDirectory(written.data.path()), "changes.ipc"));
  changes.set(zmq::sockopt::subscribe, "json/");
  changes.set(zmq::sockopt::rcvhwm, 0);
  return changes;
}

struct LoopThatIsFollowed {
  Written written;
  zmq::context_t context;
  projector::ProjectorLoop loop{written.log, written.data.path(), context, written.left_to_a_loop()};
  zmq::socket_t changes = (loop.prepare(), followed(context, written));
  Running<projector::ProjectorLoop> running{loop};
};

bool is_told_of(zmq::socket_t& changes, projector::Position position) {
  const std::string words = fmt::format("\"position\":{},", position);
  for (auto frames = receive(changes); !frames.empty(); frames = receive(changes))
    if (frames.at(1).find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_wal_is_written_back_and_begins_anew) {
  Written written;
  BOOST_TEST(written.begins_anew());
  BOOST_TEST(written.begins_anew());
  written.hold_whole();
}

BOOST_AUTO_TEST_CASE(commits_go_on_while_a_pass_stands_in_the_middle) {
  Written written;
  const fs::path file = written.model->file();
  {
    disk::HeldPages held;
    for (int i = 0; i < most_rounds && !held.is_holding(); ++i) written.commit();
    BOOST_TEST_REQUIRE(held.is_holding());
    const uint64_t before = written.model->wal_bytes();
    for (int i = 0; i < 20; ++i) {
      written.commit();
      BOOST_TEST(position_in(file) == written.log.head());
    }
    BOOST_TEST(written.model->wal_bytes() > before);
    BOOST_TEST(held.is_holding());
  }
  BOOST_TEST(written.begins_anew());
  written.hold_whole();
}

// What the loop makes of it: whoever reads or follows does not notice.
BOOST_AUTO_TEST_CASE(changes_are_published_while_a_pass_stands_in_the_middle) {
  LoopThatIsFollowed all;
  auto& [written, context, loop, changes, running] = all;
  const auto is_told = [&] { return is_told_of(changes, written.log.head()); };
  const auto add = [&] {
    written.add_movies(20);
    projector::wait_for_position(written.generations.link(), written.log.head(), {.wait = long_enough});
  };
  {
    disk::HeldPages held;
    for (int i = 0; i < most_rounds && !held.is_holding(); ++i) {
      add();
      // A pass that was begun comes to its pages; at half of the limit the projector would wait for it.
      if (loop.counters().wal_bytes.read() >= small_limit_bytes / 4) give_time_to([&] { return held.is_holding(); });
    }
    BOOST_TEST_REQUIRE(held.is_holding());
    for (int i = 0; i < 5; ++i) add();
    BOOST_TEST(is_told());
    BOOST_TEST(held.is_holding());
    BOOST_TEST(loop.counters().wal_bytes.read() < small_limit_bytes / 2);
  }
  add();
  BOOST_TEST(is_told());
  running.stop();
  written.open();
  written.hold_whole();
}

// Readers of the file have a batch when it is committed. Whoever follows does not wait for what the writer then writes
// back itself.
BOOST_AUTO_TEST_CASE(what_the_writer_writes_back_itself_comes_behind_publishing) {
  LoopThatIsFollowed all;
  auto& [written, context, loop, changes, running] = all;
  bool is_heard = false;
  for (int i = 0; i < most_rounds && !is_heard; ++i) {
    written.add_movies(1);
    is_heard = !receive(changes, std::chrono::milliseconds(10)).empty();
  }
  BOOST_TEST_REQUIRE(is_heard);
  {
    const NoThreads none;
    disk::HeldPages held;
    const auto position = [&] { return position_in(written.generations.link()); };
    for (int i = 0; i < most_rounds && !held.is_holding(); ++i) {
      written.add_movies(20);
      give_time_to([&] { return held.is_holding() || position() == written.log.head(); });
    }
    BOOST_TEST_REQUIRE(held.is_holding());
    BOOST_TEST(is_told_of(changes, position()));
    BOOST_TEST(held.is_holding());
  }
  running.stop();
  written.open();
  written.hold_whole();
}

BOOST_AUTO_TEST_CASE(without_a_thread_the_writer_writes_back) {
  Written written;
  {
    const NoThreads none;
    BOOST_CHECK_THROW(std::thread([] {}).join(), std::system_error);
    BOOST_TEST(written.begins_anew());
    BOOST_TEST(written.begins_anew());
  }
  BOOST_TEST(written.begins_anew());
  written.hold_whole();
}

BOOST_AUTO_TEST_CASE(a_file_that_a_pass_could_not_sync_is_written_no_more) {
  for (const auto free : {FailingSync::Free::as_it_is, FailingSync::Free::none}) {
    Passing passing;
    FailingSync failing(".sqlite", free);
    {
      const disk::Watching watching(passing.folder, failing);
      passing.let_go();
      const std::string said = passing.said_by_next_commits();
      BOOST_TEST(said.find("Input/output error, syncing the file") != std::string::npos, said);
    }
    passing.cannot_be_written_before_a_rebuild();
  }
}

// The next commit, or whoever closes the model or gives it up, takes what the pass failed with.
BOOST_AUTO_TEST_CASE(a_pass_that_fails_behind_the_last_commit_is_noted_too) {
  for (const auto& end : std::vector<std::function<void(projector::ReadModel&)>>{
           [](auto&) {}, [](auto& model) { BOOST_CHECK_THROW(model.leave(), projector::SyncFailed); },
           [](auto& model) { BOOST_CHECK_THROW(model.close(), projector::SyncFailed); },
           [](auto& model) { BOOST_CHECK_THROW(model.give_back_wal(), projector::SyncFailed); }}) {
    Passing passing;
    FailingSync failing(".sqlite");
    {
      const disk::Watching watching(passing.folder, failing);
      passing.let_go();
      end(*passing.model);
      passing.model.reset();
    }
    BOOST_TEST(failing.has_failed);
    passing.cannot_be_written_before_a_rebuild();
  }
}

// By SQLite before it writes pages back, or when the WAL begins anew.
BOOST_AUTO_TEST_CASE(a_file_whose_wal_could_not_be_synced_is_written_no_more) {
  Written written;
  const fs::path file = written.model->file();
  FailingSync failing("-wal", FailingSync::Free::none);
  {
    const disk::Watching watching(written.folder, failing);
    BOOST_CHECK_THROW(written.begins_anew(), projector::SyncFailed);
  }
  BOOST_TEST(failing.has_failed);
  written.model.reset();
  BOOST_TEST(fs::file_size(file.string() + "-wal") > 0u);
  BOOST_CHECK_THROW(written.open(), projector::SyncFailed);
}

BOOST_AUTO_TEST_CASE(a_loop_ends_at_a_failed_sync_until_there_is_a_rebuild) {
  Written written;
  const auto with = written.left_to_a_loop();
  zmq::context_t context;
  const auto is_damaged = [](const events::Failure& failure) { return failure.code() == events::Exit::damaged; };
  end_a_loop(written, with, FailingSync::Note::can_be_made, is_damaged);
  {
    projector::ProjectorLoop loop(written.log, written.data.path(), context, with);
    BOOST_CHECK_EXCEPTION(loop.prepare(), events::Failure, is_damaged);
  }
  projector::rebuild(written.log, projector::Quarantine(written.log.id()), written.folder, written.run, {});
  projector::ProjectorLoop loop(written.log, written.data.path(), context, with);
  loop.prepare();
  Running running(loop);
  running.stop();
  written.open();
  written.hold_whole();
}

// Until the kernel forgets what was written, it is read as it was written: so the next start sees nothing, and what
// this one said is all there is.
BOOST_AUTO_TEST_CASE(a_failed_sync_that_cannot_be_noted_is_told_and_the_next_loop_goes_on) {
  Written written;
  const auto with = written.left_to_a_loop();
  zmq::context_t context;
  end_a_loop(written, with, FailingSync::Note::cannot_be_made, [](const events::Failure& failure) {
    const std::string_view words = failure.what();
    return failure.code() == events::Exit::damaged && words.find("disk I/O error") != std::string_view::npos &&
           words.find("run `catlog rebuild` before anything else, for this could not be noted") !=
               std::string_view::npos;
  });
  BOOST_TEST(!projector::is_unsynced(written.generations.link()));
  projector::ProjectorLoop loop(written.log, written.data.path(), context, with);
  loop.prepare();
  Running running(loop);
  projector::wait_for_position(written.generations.link(), written.log.head(), {.wait = long_enough});
  running.stop();
}

BOOST_FIXTURE_TEST_CASE(on_a_full_disk_without_a_reader_nobody_is_said_to_read, Written) {
  disk::NoRoom full;
  {
    const disk::Watching watching(folder, full);
    commit();
    BOOST_CHECK_EXCEPTION(commit(), events::StorageFull, [](const events::StorageFull& said) {
      const std::string words = said.what();
      return has(words, "cannot be written back now") && !has(words, "reads it");
    });
  }
  project();
  hold_whole();
}

BOOST_AUTO_TEST_SUITE_END()
