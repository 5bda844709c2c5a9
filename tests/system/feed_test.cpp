#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cerrno>
#include <memory>
#include <set>

#include <sqlite3.h>
#include <unistd.h>

#include "events/bus/bell.h"
#include "events/codec/message.h"
#include "projector/model/generations.h"
#include "projector/projector_loop.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/bus_peers.h"
#include "tests/support/records.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(feed_test)

using namespace catlog;
using namespace catlog::tests;
using events::Encoding;
using events::schema::ChangeHeader;
using events::schema::Head;
using events::schema::Record;
using projector::Position;
using projector::ProjectorLoop;
using projector::ProjectorOptions;
using std::chrono::milliseconds;

namespace {

// Quick, so that tests are.
ProjectorOptions quick() {
  ProjectorOptions options;
  options.recheck = milliseconds(2);
  options.head_every = milliseconds(5);
  return options;
}

// A peer of changes.ipc.
class Listener {
 public:
  // Returns when the subscriptions are in force.
  Listener(zmq::context_t& context, const std::filesystem::path& data, const std::vector<std::string>& topics)
      : socket_(events::connect_socket(context, zmq::socket_type::sub, events::endpoint_in(data, "changes.ipc"))) {
    for (const std::string& topic : topics) socket_.set(zmq::sockopt::subscribe, topic);
    socket_.set(zmq::sockopt::subscribe, "head/");
    head_at(0);
  }
  // The next change, without heads.
  std::vector<std::string> next(milliseconds timeout = long_enough) {
    for (;;) {
      auto frames = receive(socket_, timeout);
      if (frames.empty() || frames[0] != "head/") return frames;
    }
  }
  // Positions of all changes until one has this position.
  std::vector<Position> positions_up_to(Position last) {
    std::vector<Position> found;
    while (found.empty() || found.back() != last) {
      auto frames = next();
      BOOST_TEST_REQUIRE(frames.size() == 3u, "no change came");
      found.push_back((*Parsed<ChangeHeader>(frames[1], Encoding::json)).getPosition());
    }
    return found;
  }
  // Waits for a head at least there; what comes before it is passed over.
  std::vector<std::string> head_at(Position position) {
    for (;;) {
      auto frames = receive(socket_);
      BOOST_TEST_REQUIRE(!frames.empty());
      if (frames[0] == "head/" && (*Parsed<Head>(frames[1], Encoding::json)).getPosition() >= position) return frames;
    }
  }
  zmq::socket_t& socket() { return socket_; }

 private:
  zmq::socket_t socket_;
};

struct House {
  TemporaryDirectory data;
  zmq::context_t context;
  store::Log log = store::Log::open(data / "log", store::Access::write);
  RecordScript script = small_catalogue();

  Listener listen(const std::vector<std::string>& topics) { return Listener(context, data.path(), topics); }
  projector::Generations generations() const { return projector::Generations(data / "readmodel"); }
  Position checkpoint() const {
    projector::Database reader(generations().link(), projector::Open::read);
    return projector::read_checkpoint(reader).position;
  }
  // More commands, appended.
  void add_ratings(int count) {
    for (int i = 1; i <= count; ++i) script.command({movie_rated(1 + i % 2, i, 1)});
    script.append_to(log);
  }
  projector::RebuildResult rebuild() { return projector::rebuild(log, {}, data / "readmodel", data / "run"); }
};

std::vector<Position> from_to(Position first, Position last) {
  std::vector<Position> all;
  for (Position position = first; position <= last; ++position) all.push_back(position);
  return all;
}

void check_equal(const std::vector<Position>& left, const std::vector<Position>& right) {
  BOOST_TEST(left == right, boost::test_tools::per_element());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(feed, House)

BOOST_AUTO_TEST_CASE(each_event_is_published_once_in_order_when_the_read_model_has_it) {
  ProjectorLoop loop(log, data.path(), context, quick());
  Running running(loop);
  Listener listener = listen({"json/"});
  script.append_to(log);
  std::map<std::string, Position> tables;
  for (Position position = 1; position <= script.head(); ++position) {
    auto frames = listener.next();
    BOOST_TEST_REQUIRE(frames.size() == 3u);
    events::RecordView record(script.bytes(position));
    std::string table = events::model().entity(record.root().getStream()).table;
    BOOST_TEST(frames[0] == "json/" + table + "/" + std::to_string(record.root().getStreamId()) + "/");
    Parsed<ChangeHeader> header(frames[1], Encoding::json);
    BOOST_TEST((*header).getPosition() == position);
    BOOST_TEST((*header).getLogId().cStr() == log.id());
    BOOST_TEST((*header).getPreviousInTable() == tables[table]);
    BOOST_TEST((*header).getPreviousInStream() == record.root().getPreviousInStream());
    BOOST_TEST((*Parsed<Record>(frames[2], Encoding::json)).getPosition() == position);
    BOOST_TEST(checkpoint() >= position);
    tables[table] = position;
  }
  Parsed<Head> head(listener.head_at(script.head())[1], Encoding::json);
  BOOST_TEST((*head).getPosition() == script.head());
  BOOST_TEST((*head).getTables().size() == tables.size());
  for (auto table : (*head).getTables()) BOOST_TEST(tables.at(table.getTable()) == table.getPosition());
  add_ratings(1);
  check_equal(listener.positions_up_to(script.head()), {script.head()});
}

BOOST_AUTO_TEST_CASE(a_subscriber_gets_what_it_asked_for_in_its_encoding) {
  ProjectorLoop loop(log, data.path(), context, quick());
  Running running(loop);
  Listener movie = listen({"json/movies/2/"}), binary = listen({"capnp/"});
  script.append_to(log);
  for (Position position = 1; position <= script.head(); ++position) {
    auto frames = binary.next();
    BOOST_TEST_REQUIRE(frames.size() == 3u);
    BOOST_TEST(frames[0].starts_with("capnp/"));
    BOOST_TEST((*Parsed<ChangeHeader>(frames[1], Encoding::capnp)).getPosition() == position);
    BOOST_TEST((*Parsed<Record>(frames[2], Encoding::capnp)).getPosition() == position);
  }
  auto frames = movie.next();
  BOOST_TEST(frames.at(0) == "json/movies/2/");
  movie.head_at(script.head());  // and nothing else came before it
  add_ratings(1);                // of movie 2
  BOOST_TEST(movie.next().at(0) == "json/movies/2/");
}

BOOST_AUTO_TEST_CASE(no_secret_is_in_any_message) {
  ProjectorLoop loop(log, data.path(), context, quick());
  Running running(loop);
  Listener listener = listen({""});
  script.append_to(log);
  const std::set<std::string> secrets = {bcrypt_hash, std::string(63, '0') + "1", "sealed-a", "sealed-r"};
  auto holds_secret = [&](const std::string& text) {
    return std::any_of(secrets.begin(), secrets.end(),
                       [&](const std::string& secret) { return text.find(secret) != std::string::npos; });
  };
  Position with_secrets = 0;
  for (Position seen = 0; seen < 2 * script.head();) {
    auto frames = receive(listener.socket());
    BOOST_TEST_REQUIRE(!frames.empty());
    if (frames[0] == "head/") continue;
    ++seen;
    for (const std::string& frame : frames) BOOST_TEST(!holds_secret(frame), frame);
  }
  for (Position position = 1; position <= script.head(); ++position) {
    events::RecordView record(script.bytes(position));
    with_secrets += holds_secret(events::encode(record.root(), Encoding::json, events::Secrets::shown));
  }
  BOOST_TEST(with_secrets == 3u);  // the search finds what it looks for
}

BOOST_AUTO_TEST_CASE(a_rebuild_in_the_middle_publishes_nothing_twice) {
  script.append_to(log);
  ProjectorLoop loop(log, data.path(), context, quick());
  Running running(loop);
  Listener listener = listen({"json/"});
  listener.head_at(script.head());
  Position first = script.head() + 1;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) add_ratings(4);
  });
  auto second = rebuild(), third = rebuild();
  writer.join();
  add_ratings(3);
  check_equal(listener.positions_up_to(script.head()), from_to(first, script.head()));
  BOOST_TEST(generations().is_current(third.generation));
  BOOST_TEST(second.generation != third.generation);
  BOOST_TEST(checkpoint() == script.head());
}

BOOST_AUTO_TEST_CASE(a_generation_that_is_behind_catches_up_in_silence) {
  script.append_to(log);
  ProjectorLoop loop(log, data.path(), context, quick());
  Running running(loop);
  Listener listener = listen({"json/"});
  listener.head_at(script.head());
  auto behind = *generations().current_path();
  Position first = script.head() + 1;
  auto ahead = rebuild();
  add_ratings(20);
  listener.head_at(script.head());
  Position left_at = projector::read_checkpoint(projector::Database(behind, projector::Open::read)).position;
  BOOST_TEST(left_at < script.head());
  Position known = script.head();
  generations().switch_to(behind);
  add_ratings(5);
  check_equal(listener.positions_up_to(script.head()), from_to(known + 1, script.head()));
  BOOST_TEST(first <= known);
  BOOST_TEST(generations().is_current(behind));
  BOOST_TEST(checkpoint() == script.head());
}

BOOST_AUTO_TEST_CASE(what_a_generation_is_ahead_is_published_from_the_log) {
  script.append_to(log);
  {
    ProjectorLoop loop(log, data.path(), context, quick());
    Running running(loop);
    listen({}).head_at(script.head());
    running.stop();
  }
  ProjectorOptions only_the_bell = quick();
  only_the_bell.recheck = std::chrono::hours(1);
  only_the_bell.head_every = milliseconds(0);
  events::Bell bell(
      context, (std::filesystem::create_directories(data / "run"), events::endpoint_in(data.path(), "bell-log.ipc")));
  ProjectorLoop loop(log, data.path(), context, only_the_bell);
  Running running(loop);
  Listener listener = listen({"json/"});
  Position first = script.head() + 1;
  add_ratings(7);
  rebuild();
  std::vector<std::string> frames;
  while (frames.empty()) {
    bell.ring();  // the first rings may come before the listener is connected
    frames = listener.next(milliseconds(20));
  }
  BOOST_TEST((*Parsed<ChangeHeader>(frames.at(1), Encoding::json)).getPosition() == first);
  check_equal(listener.positions_up_to(script.head()), from_to(first + 1, script.head()));
}

BOOST_AUTO_TEST_CASE(a_restart_goes_on_where_it_stopped) {
  script.append_to(log);
  for (int round = 0; round < 3; ++round) {
    ProjectorLoop loop(log, data.path(), context, quick());
    Running running(loop);
    Listener listener = listen({"json/"});
    listener.head_at(script.head());
    Position first = script.head() + 1;
    add_ratings(3);
    check_equal(listener.positions_up_to(script.head()), from_to(first, script.head()));
    running.stop();
    projector::Database reader(generations().link(), projector::Open::read);
    projector::Statement mode(reader, "PRAGMA journal_mode");
    mode.step();
    BOOST_TEST(mode.text(0) == "delete");
  }
}

BOOST_AUTO_TEST_CASE(a_command_longer_than_a_batch_is_finished) {
  ProjectorOptions small = quick();
  small.events_per_batch = 2;
  ProjectorLoop loop(log, data.path(), context, small);
  Running running(loop);
  Listener listener = listen({"json/"});
  script.append_to(log);
  check_equal(listener.positions_up_to(script.head()), from_to(1, script.head()));
  BOOST_TEST(checkpoint() == script.head());
}

BOOST_AUTO_TEST_CASE(a_second_projector_names_the_first) {
  ProjectorLoop loop(log, data.path(), context, quick());
  BOOST_CHECK_EXCEPTION(ProjectorLoop(log, data.path(), context, quick()), events::Failure, [](const auto& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    return failure.code() == events::Exit::held &&
           std::string(failure.what()).find(std::to_string(::getpid())) != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(an_event_that_cannot_be_applied_ends_the_loop_at_its_position) {
  ProjectorLoop loop(log, data.path(), context, quick());
  Running running(loop);
  script.append_to(log);
  script.command({movie_rated(99, 1, 1)});
  script.append_to(log);
  BOOST_CHECK_EXCEPTION(running.wait(), events::Failure,
                        [](const auto& failure) { return failure.code() == events::Exit::unapplied; });
  BOOST_TEST(checkpoint() == script.head() - 1);  // what is in front of it was in the same batch
  BOOST_TEST(projector::read_standstill(data / "run", log.id())->position == script.head());
}

namespace {

std::atomic<bool> disk_is_full{false};
std::atomic<int> writes_refused{0};

ssize_t write_or_not(int fd, const void* bytes, size_t size, off_t offset) {
  if (!disk_is_full) return ::pwrite(fd, bytes, size, offset);
  ++writes_refused;
  errno = ENOSPC;
  return -1;
}

// SQLite's own writes go through write_or_not while this lives.
struct FailingDisk {
  FailingDisk() { set(reinterpret_cast<sqlite3_syscall_ptr>(write_or_not)); }
  ~FailingDisk() {
    disk_is_full = false;
    set(nullptr);
  }
  static void set(sqlite3_syscall_ptr function) {
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    for (const char* name : {"pwrite", "pwrite64"}) vfs->xSetSystemCall(vfs, name, function);
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_full_disk_is_waited_out) {
  FailingDisk disk;
  ProjectorLoop loop(log, data.path(), context, quick());
  Running running(loop);
  Listener listener = listen({"json/"});
  disk_is_full = true;
  script.append_to(log);
  while (writes_refused < 3) std::this_thread::yield();
  BOOST_TEST(checkpoint() == 0u);
  disk_is_full = false;
  check_equal(listener.positions_up_to(script.head()), from_to(1, script.head()));
  running.stop();
  BOOST_TEST(checkpoint() == script.head());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
