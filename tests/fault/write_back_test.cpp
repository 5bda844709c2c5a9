#include "projector/sqlite/write_back.h"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/error.h"
#include "projector/projector_loop.h"
#include "projector/query/query.h"
#include "tests/support/bus_peers.h"
#include "tests/support/disk/calls.h"
#include "tests/support/disk/held_pages.h"
#include "tests/support/held_read_model.h"
#include "tests/support/read_models.h"

BOOST_AUTO_TEST_SUITE(write_back_test)

// The WAL of the live read model is written back beside who writes it (projector/sqlite/write_back.h), in the thread
// that a daemon has for it: slowly, or not at all. fault.points, fault.sqlite_calls and fault.power_cut go through each
// call of the same passes.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using projector::WriteBackOptions;

namespace {

constexpr int few_pages = 512;
constexpr WriteBackOptions small{.from = few_pages, .again_after = 64, .synced_at_once = 64, .most_by_writer = 64};
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

// Fails the first sync of a database file, which a pass makes when it has written pages back.
struct FailingSync : disk::Watcher {
  disk::Verdict before(const disk::Operation& operation) override {
    const bool is_sync = operation.call == disk::Call::fdatasync || operation.call == disk::Call::fsync;
    if (has_failed || !is_sync || !operation.path.ends_with(".sqlite")) return {};
    has_failed = true;
    return {.error = EIO};
  }
  std::atomic<bool> has_failed = false;
};

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
  Written written;
  written.model->close();
  written.model.reset();
  zmq::context_t context;
  projector::ProjectorOptions with;
  with.recheck = std::chrono::milliseconds(2);
  with.wal.limit_bytes = small_limit_bytes;
  with.wal.cut_when_idle_for = std::chrono::hours(1);
  projector::ProjectorLoop loop(written.log, written.data.path(), context, with);
  loop.prepare();
  auto changes = events::connect_socket(context, zmq::socket_type::sub,
                                        events::endpoint_in(events::DataDirectory(written.data.path()), "changes.ipc"));
  changes.set(zmq::sockopt::subscribe, "json/");
  changes.set(zmq::sockopt::rcvhwm, 0);
  Running running(loop);
  const auto is_told = [&] {
    const std::string head = fmt::format("\"position\":{},", written.log.head());
    for (auto frames = receive(changes); !frames.empty(); frames = receive(changes))
      if (frames.at(1).find(head) != std::string::npos) return true;
    return false;
  };
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

BOOST_AUTO_TEST_CASE(what_a_pass_could_not_make_durable_stays_in_the_wal) {
  Written written;
  const fs::path file = written.model->file();
  FailingSync failing;
  const disk::Watching watching(written.folder, failing);
  std::string said;
  for (int i = 0; i < most_rounds && said.empty(); ++i) try {
      written.commit();
    } catch (const events::Failure& failure) {
      said = failure.what();
    }
  BOOST_TEST(failing.has_failed);
  BOOST_TEST(said.find("disk I/O error") != std::string::npos, said);
  // All of it: the next who opens the file reads none of the pages that may be lost.
  const auto pages = written.model->wal_bytes() / projector::wal_page_bytes;
  written.model.reset();
  BOOST_TEST(fs::file_size(file.string() + "-wal") > pages * projector::wal_page_bytes);
  written.open();
  written.project();
  written.hold_whole();
}

BOOST_AUTO_TEST_SUITE_END()
