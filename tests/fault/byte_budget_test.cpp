#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <thread>

#include "events/client/client.h"
#include "events/client/subscriber.h"
#include "store/files/disk_space.h"
#include "tests/support/catalogue_checks.h"
#include "tests/support/command_lines.h"
#include "tests/support/data_directory.h"
#include "tests/support/disk/budget.h"
#include "tests/support/in_memory.h"
#include "tests/support/loops.h"
#include "tests/support/read_models.h"
#include "tests/support/session_peer.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(byte_budget_test)

// catlogd's four loops in this process on a disk with so many bytes left, cut short beneath LMDB and SQLite: commands
// are refused with storageFull, reads, feed and replay go on, and all carry on by themselves when there is room.

using namespace catlog;
using namespace catlog::tests;
using std::chrono::steady_clock;

namespace {

const OfSuite<InMemory> in_memory;

// Room enough, and so little that the handler asks for it before each batch.
constexpr uint64_t plenty = store::FreeSpace::far_above_bytes / 2;
constexpr size_t first_commands = 20, more_commands = 120;

class FullDisk {
 public:
  explicit FullDisk(uint64_t min_free_bytes) : loops_(directory_.path(), min_free_bytes) {}

  // How many were refused; each with storageFull.
  size_t send(size_t from, size_t count) {
    size_t refused = 0;
    events::Client client(endpoint("commands.ipc"));
    for (size_t number = from; number < from + count; ++number)
      client.send(wide_put_movie(number), events::Encoding::json, [&](events::schema::Receipt::Reader receipt) {
        if (receipt.isAccepted()) {
          const auto accepted = receipt.getAccepted();
          acknowledged_[receipt.getId().cStr()] = {accepted.getFirstPosition(), accepted.getLastPosition()};
          return;
        }
        BOOST_TEST_REQUIRE(receipt.isRefused());
        BOOST_TEST((receipt.getRefused().getCode() == commandhandler::RefusalCode::STORAGE_FULL));
        ++refused;
      });
    client.finish();
    return refused;
  }
  // Replay and feed give every event there is.
  void check_feed() {
    events::Subscriber subscriber({.changes_endpoint = endpoint("changes.ipc"),
                                   .replay_endpoint = endpoint("replay.ipc"),
                                   .topics = {},
                                   .from = 1});
    for (events::Position position = 1; position <= loops_.head(); ++position) {
      const auto change = subscriber.next(long_enough);
      BOOST_TEST_REQUIRE(change.has_value());
      BOOST_TEST(change->position == position);
    }
  }
  std::string movies_in_sql() const {
    return one_value(projector::Database(directory_ / "readmodel/current.sqlite", projector::Open::read),
                     "SELECT count(*) FROM movies");
  }
  // Replay gives events that are not projected yet.
  void wait_for_movies(size_t count) const {
    const auto by = steady_clock::now() + long_enough;
    while (movies_in_sql() != std::to_string(count) && steady_clock::now() < by) std::this_thread::yield();
    BOOST_TEST_REQUIRE(movies_in_sql() == std::to_string(count));
  }
  std::string status() const { return read_text(directory_ / "run/handler-status.json"); }
  void stop() { loops_.stop(); }

  disk::Budget& budget() { return budget_; }
  const Acknowledged& acknowledged() const { return acknowledged_; }
  const std::filesystem::path& path() const { return directory_.path(); }

 private:
  std::string endpoint(const char* name) const { return events::endpoint_in(directory_.path(), name); }

  TemporaryDirectory directory_;
  disk::Budget budget_{plenty};
  disk::Watching watching_{directory_.path(), budget_};
  Loops loops_;
  Acknowledged acknowledged_;
};

void fill_and_make_room(uint64_t min_free_bytes, uint64_t left) {
  FullDisk disk(min_free_bytes);
  BOOST_TEST(disk.send(1, first_commands) == 0u);
  disk.check_feed();
  disk.wait_for_movies(first_commands);

  disk.budget().leave(left);
  // The same again has no further effect.
  size_t refused = 0;
  const auto full_by = steady_clock::now() + long_enough;
  while (refused == 0 && steady_clock::now() < full_by) refused = disk.send(1'000, more_commands);
  BOOST_TEST(refused > 0u);
  disk.check_feed();
  BOOST_TEST(std::stoull(disk.movies_in_sql()) > 0u);
  if (min_free_bytes > 0) BOOST_TEST(disk.status().find("\"storageFull\":true") != std::string::npos, disk.status());

  disk.budget().leave(plenty);
  const auto roomy_by = steady_clock::now() + long_enough;
  while (refused > 0 && steady_clock::now() < roomy_by) refused = disk.send(1'000, more_commands);
  BOOST_TEST(refused == 0u);
  disk.check_feed();
  disk.stop();
  BOOST_TEST(disk.movies_in_sql() == std::to_string(first_commands + more_commands));
  BOOST_TEST(disk.acknowledged().size() == first_commands + more_commands);
  for (const auto& found : faults_in(disk.path(), disk.acknowledged())) BOOST_ERROR(found);
}

}  // namespace

BOOST_AUTO_TEST_CASE(below_min_free_bytes_commands_are_refused) { fill_and_make_room(8 << 20, 4 << 20); }

BOOST_AUTO_TEST_CASE(with_no_byte_left) { fill_and_make_room(0, 0); }

BOOST_AUTO_TEST_CASE(with_some_pages_left) {
  for (const uint64_t left : {5'000u, 50'000u, 200'000u}) fill_and_make_room(0, left);
}

// What was refused for want of room is expected until it comes again, and what was behind it follows in its order.
BOOST_AUTO_TEST_CASE(in_a_session_nothing_overtakes_what_found_no_room) {
  constexpr size_t commands = 200;
  FullDisk disk(0);
  SessionPeer peer(disk.path());
  disk.budget().leave(0);
  size_t open = 1;  // the first without a receipt that stays
  for (size_t number = 1; number <= commands; ++number) peer.send(wide_put_movie(number), number, 1);
  for (size_t number = 1; number <= commands; ++number) {
    const std::string verdict = verdict_of(peer.receipt());
    if (verdict.starts_with("accepted") && number == open)
      ++open;
    else
      BOOST_TEST((verdict == "storageFull" || verdict == "outOfOrder"), number << " " << verdict);
  }
  BOOST_TEST_REQUIRE(open < commands);
  disk.budget().leave(plenty);
  BOOST_TEST(verdict_of(peer.ask(wide_put_movie(commands), commands, open)) == "outOfOrder");
  for (size_t number = open; number <= commands; ++number) peer.send(wide_put_movie(number), number, open);
  size_t last = 0;
  for (size_t number = open; number <= commands; ++number) {
    const std::string verdict = verdict_of(peer.receipt());
    BOOST_TEST_REQUIRE(verdict.starts_with("accepted "), verdict);
    const size_t position = std::stoull(verdict.substr(9));
    BOOST_TEST(position > last);
    last = position;
  }
  disk.stop();
}

BOOST_AUTO_TEST_SUITE_END()
