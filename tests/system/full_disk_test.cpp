#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <sys/wait.h>

#include <fstream>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "events/bus/bus.h"
#include "events/client/subscriber.h"
#include "projector/sqlite/sqlite.h"
#include "tests/support/chance.h"
#include "tests/support/child_process.h"
#include "tests/support/command_lines.h"
#include "tests/support/data_directory.h"
#include "tests/support/producer.h"
#include "tests/support/reader_process.h"
#include "tests/support/small_disk.h"

BOOST_AUTO_TEST_SUITE(full_disk_test)

// A disk without room: as the handler sees it when less is free than it wants to keep, and to the last byte.
using namespace catlog;
using namespace catlog::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr uint64_t megabyte = 1 << 20, disk_bytes = 48 * megabyte;
constexpr size_t many = 30'000;  // commands: more than the disk holds
constexpr size_t many_behind = 20'000;
constexpr uint64_t little_room_bytes = 5 * megabyte / 2;
constexpr milliseconds long_enough{60'000};

const std::string command = R"({"id":"01936b2e-8c00-7000-8000-000000000001","putGenre":{"tmdbId":18,"name":"Drama"}})"
                            "\n";

// A daemon on a small disk, a producer, and a subscriber that wants every event.
struct SmallHouse {
  DataDirectory data{CATLOG_BIN};
  std::unique_ptr<SmallDisk> disk = SmallDisk::mount(data.path(), disk_bytes);
  Producer producer{many_commands(many)};
  std::optional<Daemon> daemon;
  std::optional<events::Subscriber> subscriber;
  uint64_t heard = 0;  // events of the subscriber
  size_t restarts = 0;

  SmallHouse() {
    if (disk) std::ofstream(data / "begin-new-log");
  }
  bool is_usable() const {
    if (!disk) BOOST_TEST_MESSAGE("the suites beneath LMDB and SQLite stand in for it");
    return disk != nullptr;
  }
  void start(uint64_t min_free_bytes) {
    daemon.emplace(CATLOG_BIN "/catlogd", data.path(),
                   std::vector<std::string>{"--min-free-bytes", std::to_string(min_free_bytes)});
    if (!subscriber) subscribe();
  }
  std::unique_ptr<Daemon> start_alone(const char* role) const {
    return std::make_unique<Daemon>(CATLOG_BIN "/catlogd", data.path(),
                                    std::vector<std::string>{"--min-free-bytes", "0", "--only", role});
  }
  // Events that no projector has seen, and little room on the disk.
  void make_backlog() {
    {
      const auto handler = start_alone("handler"), state = start_alone("state");
      BOOST_TEST_REQUIRE((producer.send_rest(data.path(), long_enough, [&] {
        return producer.answered() > many_behind;
      }) == Producer::Ended::over));
      for (const auto* one : {&handler, &state}) BOOST_TEST((*one)->terminate() == 0, (*one)->err());
    }
    disk->fill(little_room_bytes);
  }
  void wait_for_head() const {
    data.out_of({"sql", "SELECT 1", "--wait-for", std::to_string(data.head()), "--timeout-s", "120"});
  }
  void subscribe() {
    heard = 0;
    subscriber.emplace(events::SubscriberOptions{events::endpoint_in(data.path(), "changes.ipc"),
                                                 events::endpoint_in(data.path(), "replay.ipc"),
                                                 {},
                                                 1,
                                                 long_enough});
  }
  bool has_ended() const {
    siginfo_t ended{};
    ::waitid(P_PID, static_cast<id_t>(daemon->pid()), &ended, WEXITED | WNOHANG | WNOWAIT);
    return ended.si_pid != 0;
  }

  // Sends until a command is refused for want of room. False when the daemon ended instead.
  bool send_until_refused() {
    const size_t before = producer.refused();
    const auto ended =
        producer.send_rest(data.path(), long_enough, [&] { return producer.refused() > before || has_ended(); });
    BOOST_TEST_REQUIRE((ended == Producer::Ended::over), "the disk took it all, or there was no answer");
    BOOST_TEST(producer.unexpected().empty(), fmt::format("{}", fmt::join(producer.unexpected(), "\n")));
    return !has_ended();
  }
  uint64_t status(const char* name) const { return std::stoull(read_row(data.out_of({"status", "--json"})).at(name)); }
  // The feed up to there, in order.
  void hear_up_to(uint64_t position) {
    while (heard < position) {
      const auto change = subscriber->next(long_enough);
      BOOST_TEST_REQUIRE(change.has_value(), "the feed stands still at " << heard << " of " << position);
      BOOST_TEST_REQUIRE(change->position == heard + 1);
      heard = change->position;
    }
  }
  // A projection may have given room back since the refusal, and what was on its way then fits in.
  bool status_says_full() {
    const auto deadline = steady_clock::now() + long_enough;
    while (steady_clock::now() < deadline) {
      if (has(data.out_of({"status", "--json"}), "\"storageFull\":true")) return true;
      if (!send_until_refused()) return false;
    }
    return false;
  }
  // Reads, reports, feed and replay while commands are refused. The feed tells what the read model has.
  void check_the_rest_goes_on() {
    BOOST_TEST(status_says_full());
    BOOST_TEST(data.catlog({"report", "catalogue"}).exit_code == 0);
    BOOST_TEST(data.catlog({"sql", "SELECT count(*) FROM movies"}).exit_code == 0);
    const std::string head = std::to_string(data.head());
    BOOST_TEST(read_lines(data.out_of({"tail", "--from", "1", "--count", head})).size() == data.head());
    hear_up_to(status("projectedPosition"));
  }
  // With room again: everything that was refused is sent again and taken, by the daemon that refused it.
  void check_it_carries_on() {
    const auto deadline = steady_clock::now() + long_enough;
    const size_t goal = producer.answered() + 500;
    while (producer.answered() < goal) {
      BOOST_TEST_REQUIRE((steady_clock::now() < deadline), "commands are still refused");
      producer.send_rest(data.path(), long_enough, [&] { return producer.answered() >= goal; });
    }
    data.rows("SELECT count(*) AS n FROM movies");  // which waits for the projector
    hear_up_to(data.head());
    while (status("statePosition") != data.head())
      BOOST_TEST_REQUIRE((steady_clock::now() < deadline), "the decision state is not stored");
    BOOST_TEST(data.catlog({"verify"}).exit_code == 0);
    BOOST_TEST(has(data.out_of({"status", "--json"}), "\"storageFull\":false"));
  }
  void check_nothing_lost() {
    const auto faults = faults_in(data.path(), producer.acknowledged());
    BOOST_TEST(faults.empty(), fmt::format("{}", fmt::join(faults, "\n")));
  }
};

// One that reads the live read model over and over, a few milliseconds each time.
int read_again_and_again(const std::filesystem::path& file) {
  for (;; std::this_thread::sleep_for(milliseconds(1))) {
    if (!std::filesystem::exists(file)) continue;
    projector::Database database(file, projector::Open::read);
    const projector::Transaction snapshot(database, projector::Transaction::Kind::read);
    projector::Statement(database, "SELECT count(*) FROM projection_checkpoint").step();
    std::this_thread::sleep_for(milliseconds(4));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(commands_are_refused_below_min_free_bytes_and_the_rest_goes_on) {
  DataDirectory data(CATLOG_BIN);
  {
    Daemon full = data.start({"--min-free-bytes", "1152921504606846976"});
    const std::string why =
        "less than min-free-bytes (1099511627776 MiB) is free on the disk: make room, or set min-free-bytes lower";
    const Ran sent = data.catlog({"send", "-"}, command);
    BOOST_TEST(sent.exit_code == 1);
    BOOST_TEST(has(sent.out, "storageFull"), sent.out);
    BOOST_TEST(has(sent.out, why), sent.out);
    BOOST_TEST(has(sent.out, "01936b2e-8c00-7000-8000-000000000001"), sent.out);
    const Ran status = data.catlog({"status", "--json"});
    BOOST_TEST(has(status.out, "\"head\":0"), status.out);
    BOOST_TEST(has(status.out, "\"storageFull\":true"), status.out);
    BOOST_TEST(data.catlog({"report", "catalogue"}).exit_code == 0);
    BOOST_TEST(full.terminate() == 0);
    BOOST_TEST(has(full.err(), "there is no space left on the disk for commands: " + why), full.err());
  }
  Daemon roomy = data.start();
  const Ran sent = data.catlog({"send", "-"}, command);
  BOOST_TEST(sent.exit_code == 0);
  BOOST_TEST(has(sent.out, "accepted"), sent.out);
  BOOST_TEST(roomy.terminate() == 0);
}

BOOST_AUTO_TEST_CASE(a_small_disk_fills_down_to_min_free_bytes_and_with_room_everything_carries_on) {
  SmallHouse house;
  if (!house.is_usable()) return;
  house.start(8 * megabyte);
  house.disk->fill(12 * megabyte);
  BOOST_TEST(house.send_until_refused());  // the log itself takes the rest
  BOOST_TEST(house.producer.answered() > 100u);
  house.check_the_rest_goes_on();
  house.data.rows("SELECT count(*) AS n FROM movies");  // the projector has room to come to the head
  house.disk->make_room();
  house.check_it_carries_on();
  BOOST_TEST(house.daemon->terminate() == 0, house.daemon->err());
  house.check_nothing_lost();
}

// What waits for the head looks at the read model again and again: with so many, one is nearly always in the way of its
// WAL. Batches must not get ever smaller by that.
BOOST_AUTO_TEST_CASE(readers_that_come_and_go_do_not_keep_a_projector_from_the_head_in_little_room) {
  SmallHouse house;
  if (!house.is_usable()) return;
  house.make_backlog();
  std::vector<std::unique_ptr<ChildProcess>> readers;
  for (int i = 0; i < 4; ++i)
    readers.push_back(std::make_unique<ChildProcess>([&](const ChildProcess::Line&) {
      return read_again_and_again(house.data.path() / "readmodel/current.sqlite");
    }));
  const auto projector = house.start_alone("projector");
  house.wait_for_head();
  readers.clear();
  BOOST_TEST(projector->terminate() == 0, projector->err());
  house.disk->make_room();
  house.check_nothing_lost();
}

// Its transaction keeps the WAL from being used again long before that comes to its limit.
BOOST_AUTO_TEST_CASE(a_reader_behind_which_the_wal_fills_a_small_disk_is_named_until_there_is_room) {
  SmallHouse house;
  if (!house.is_usable()) return;
  const auto live = house.data.path() / "readmodel/current.sqlite";
  ReaderProcess reader(live);
  house.disk->fill(16 * megabyte);
  const auto state = house.start_alone("state");
  Daemon handler(CATLOG_BIN "/catlogd", house.data.path(), {"--min-free-bytes", "3000000", "--only", "handler"});
  const auto projector = house.start_alone("projector");
  reader.begin();
  const auto waits = [&] { return has(projector->err(), "the projector waits: "); };
  house.producer.send_rest(house.data.path(), long_enough, [&] { return waits() || house.producer.refused() > 0; });
  const std::string named = fmt::format("readers     process {} (", reader.pid());
  std::string status;
  const auto becomes = [&](bool is_named) {
    const auto deadline = steady_clock::now() + long_enough;
    do status = house.data.out_of({"status"});
    while (has(status, named) != is_named && steady_clock::now() < deadline);
    return has(status, named) == is_named;
  };
  BOOST_TEST(becomes(true), status + projector->err());
  BOOST_TEST(has(status, "the disk has no room for more of the WAL behind it"), status);
  BOOST_TEST(has(house.data.catlog({"doctor"}).out, fmt::format("process {} (", reader.pid())));
  house.disk->make_room();
  house.wait_for_head();  // though that transaction goes on
  BOOST_TEST(becomes(false), status);
  reader.end();
  for (Daemon* one : {&handler, state.get(), projector.get()}) BOOST_TEST(one->terminate() == 0, one->err());
  BOOST_TEST(has(projector->err(), "there is room again for the read model's WAL"), projector->err());
  // Where all that was sent was in the batch behind which the disk was full, it has nothing to wait with.
  BOOST_TEST(has(projector->err(), "the projector waits no more") == waits(), projector->err());
  house.check_nothing_lost();
}

// The read model's WAL is let grow to 256 MB; where there is less room its pages must be used again before that.
BOOST_AUTO_TEST_CASE(a_projector_far_behind_comes_to_the_head_in_little_room) {
  SmallHouse house;
  if (!house.is_usable()) return;
  house.make_backlog();
  const auto projector = house.start_alone("projector");
  house.wait_for_head();
  BOOST_TEST_MESSAGE(house.data.head() << " events; " << house.disk->free_bytes() << " bytes are free");
  BOOST_TEST(projector->terminate() == 0, projector->err());
  house.disk->make_room();  // what looks at it needs some too
  house.check_nothing_lost();
}

// LMDB writes its lock file through a map.
BOOST_AUTO_TEST_CASE(whoever_finds_no_room_to_begin_says_so) {
  SmallHouse house;
  if (!house.is_usable()) return;
  house.start(0);
  BOOST_TEST(house.daemon->terminate() == 0, house.daemon->err());
  house.disk->fill(0);
  const Ran first = run({CATLOG_BIN "/catlogd", "--data", house.data / "other"});
  BOOST_TEST(first.exit_code == 4, first.exit_code << first.err);
  std::filesystem::remove(house.data / "log/lock.mdb");
  house.disk->fill(0);  // what that gave back
  for (const std::vector<std::string>& command : {std::vector<std::string>{"status"}, {"verify"}, {"log"}}) {
    const Ran ran = house.data.catlog(command);
    BOOST_TEST(ran.exit_code == 4, command.front() << ": " << ran.exit_code << ran.out << ran.err);
    BOOST_TEST(ran.out == "");
  }
  house.disk->make_room();
  BOOST_TEST(house.data.catlog({"verify"}).exit_code == 0);
}

// A read model that was closed on a full disk is still one with a WAL, and who reads it makes that one's index.
BOOST_AUTO_TEST_CASE(what_looks_at_a_full_disk_says_that_it_is_full) {
  SmallHouse house;
  if (!house.is_usable()) return;
  house.start(0);
  house.disk->fill(0);
  BOOST_TEST(house.daemon->terminate() == 0, house.daemon->err());
  house.disk->fill(0);
  const auto rest = house.data / "rest";  // what the file system keeps back when it says that nothing is free
  for (std::ofstream more(rest, std::ios::binary); more.write(std::string(4096, 'x').data(), 4096).flush();) {
  }
  const Ran status = house.data.catlog({"status"});
  BOOST_TEST(status.exit_code == 0, status.err);
  BOOST_TEST(has(status.out, "it cannot be read, for there is no space left on the disk"), status.out);
  const Ran doctor = house.data.catlog({"doctor"});
  BOOST_TEST(doctor.exit_code == 6, doctor.out << doctor.err);  // its first fault is that nothing runs
  BOOST_TEST(has(doctor.out, "it cannot be read, for there is no space left on the disk"), doctor.out);
  const Ran sql = house.data.catlog({"sql", "SELECT 1"});
  BOOST_TEST(sql.exit_code == 4);
  BOOST_TEST(has(sql.err, "catlog: there is no space left on the disk: "), sql.err);
  std::filesystem::remove(rest);
  house.disk->make_room();
  BOOST_TEST(!has(house.data.out_of({"status"}), "no space left"));
}

// Without a reserve. Where a write is cut short differs with the room that is left.
BOOST_AUTO_TEST_CASE(a_small_disk_fills_to_the_last_byte_and_with_room_everything_carries_on) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  const auto rounds = from_environment("CATLOG_FULL_DISKS", 3);
  size_t refused = 0;
  for (uint64_t round = 0; round < rounds; ++round) {
    SmallHouse house;
    if (!house.is_usable()) return;
    house.start(0);
    house.disk->fill(megabyte + chance.up_to(2 * megabyte));
    BOOST_TEST_REQUIRE(house.send_until_refused(), house.daemon->err());
    BOOST_TEST(house.producer.answered() > 0u);
    house.disk->fill(0);
    BOOST_TEST_REQUIRE(house.send_until_refused(), house.daemon->err());
    house.check_the_rest_goes_on();
    house.disk->make_room();
    house.check_it_carries_on();
    BOOST_TEST(house.daemon->terminate() == 0, house.daemon->err());
    BOOST_TEST(has(house.daemon->err(), "there is no space left on the disk: commands are refused"));
    BOOST_TEST(has(house.daemon->err(), "there is space on the disk again"));
    house.check_nothing_lost();
    refused += house.producer.refused();
  }
  BOOST_TEST_MESSAGE(
      fmt::format("figures: full disk: {} times full, {} commands refused and sent again, the daemon never ended",
                  rounds, refused));
}

BOOST_AUTO_TEST_SUITE_END()
