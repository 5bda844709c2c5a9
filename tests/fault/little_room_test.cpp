#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "commandhandler/handler.h"
#include "events/bus/bus.h"
#include "events/client/client.h"
#include "projector/projector_loop.h"
#include "projector/query/query.h"
#include "store/files/disk_space.h"
#include "store/state_store.h"
#include "tests/support/bus_peers.h"
#include "tests/support/disk/calls.h"
#include "tests/support/held_read_model.h"
#include "tests/support/leading_node.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(little_room_test)

// What loops remember of a disk that had no room, and what of it they must ask anew.

using namespace catlog;
using namespace catlog::tests;

namespace {

bool becomes(const std::function<bool()>& holds) {
  const auto by = std::chrono::steady_clock::now() + long_enough;
  while (!holds() && std::chrono::steady_clock::now() < by) std::this_thread::yield();
  return holds();
}

// Tells that so much is free.
class Free : public disk::Watcher {
 public:
  explicit Free(uint64_t bytes) : bytes_(bytes) {}
  std::optional<uint64_t> free_bytes() override { return bytes_; }

 private:
  const uint64_t bytes_;
};

// Far more than any reserve is free, until the log finds none.
class FillsUp : public disk::Watcher {
 public:
  disk::Verdict before(const disk::Operation& operation) override {
    if (!is_about_to_ || !disk::is_write(operation.call) || !operation.path.ends_with("log/data.mdb")) return {};
    is_full_ = true;
    return {.error = ENOSPC};
  }
  std::optional<uint64_t> free_bytes() override { return is_full_ ? 0 : far_above; }
  void fill_at_the_next_write() { is_about_to_ = true; }
  void make_room() { is_about_to_ = is_full_ = false; }

 private:
  static constexpr uint64_t far_above = store::FreeSpace::far_above_bytes * 4;
  std::atomic<bool> is_about_to_ = false, is_full_ = false;
};

// What became of one command.
class Producer {
 public:
  explicit Producer(const std::filesystem::path& data) : client_(events::endpoint_in(data, "commands.ipc")) {}
  bool is_accepted() {
    bool is_accepted = false;
    client_.send(numbered_genre(++last_), events::Encoding::json,
                 [&](events::schema::Receipt::Reader receipt) { is_accepted = receipt.isAccepted(); });
    client_.finish();
    return is_accepted;
  }

 private:
  events::Client client_;
  int last_ = 0;
};

}  // namespace

// Else the projector takes what it could not even begin for too large, and goes on event by event.
BOOST_FIXTURE_TEST_CASE(a_batch_that_could_not_begin_for_who_reads_is_no_smaller_the_next_time, HeldReadModel) {
  constexpr int many = 64, beats_of_many_tries = 200;  // some of each
  model->close();
  model.reset();
  zmq::context_t context;
  projector::ProjectorOptions with;
  with.recheck = std::chrono::milliseconds(2);
  with.events_per_batch = many;
  projector::ProjectorLoop loop(log, data.path(), context, with);
  const auto& counters = loop.counters();
  loop.prepare();
  Running running(loop);
  projector::wait_for_position(generations.link(), log.head(), {.wait = long_enough});
  readers[0].begin();
  Free disk(0);
  const disk::Watching watching(data.path(), disk);
  add_movies(1);
  projector::wait_for_position(generations.link(), log.head(), {.wait = long_enough});
  for (int i = 0; i < many; ++i) add_movies(1);
  BOOST_TEST(becomes([&] { return counters.waits.read() == 1; }));
  const auto beats = counters.heartbeat.beats();
  BOOST_TEST(becomes([&] { return counters.heartbeat.beats() > beats + beats_of_many_tries; }));
  BOOST_TEST(counters.waits.read() == 1u);
  const auto batches = counters.batch_events.read().count;
  readers[0].end();
  projector::wait_for_position(generations.link(), log.head(), {.wait = long_enough});
  running.stop();
  BOOST_TEST(counters.batch_events.read().count == batches + 1);
}

// What it was told a moment ago is no answer any more: it would take the next commands for ones that have room.
BOOST_AUTO_TEST_CASE(a_handler_asks_for_the_free_space_anew_behind_a_full_disk) {
  constexpr size_t rounds = 20;
  const TemporaryDirectory data;
  FillsUp disk;
  const disk::Watching watching(data.path(), disk);
  zmq::context_t context;
  auto log = store::Log::open(data / "log", store::Access::write);
  auto states = store::StateStore::open(data / "state", log.id(), store::Access::write);
  std::mutex mutex;
  std::vector<commandhandler::DiskSpace> told;
  commandhandler::HandlerOptions with{data.path(), 0};
  with.on_disk_space = [&](commandhandler::DiskSpace space) {
    const std::lock_guard lock(mutex);
    told.push_back(space);
  };
  commandhandler::Handler handler(log, states, context, with);
  Running running(handler);
  Producer producer(data.path());
  for (size_t round = 0; round < rounds; ++round) {
    BOOST_TEST(producer.is_accepted());
    disk.fill_at_the_next_write();
    for (int i = 0; i < 3; ++i) BOOST_TEST(!producer.is_accepted());
    disk.make_room();
  }
  running.stop();
  BOOST_TEST(static_cast<size_t>(std::ranges::count(told, commandhandler::DiskSpace::none)) == rounds);
}

BOOST_AUTO_TEST_SUITE_END()
