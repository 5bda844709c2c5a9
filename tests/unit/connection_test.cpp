#include <signal.h>
#include <sys/time.h>
#include <boost/test/unit_test.hpp>

#include <functional>
#include <future>
#include <stdexcept>
#include <string>

#include "events/bus/connection.h"
#include "events/error.h"
#include "tests/support/bus_peers.h"
#include "tests/support/raw_peer.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(connection_test)

using namespace catlog;
using namespace catlog::tests;
using events::Connection;

namespace {

constexpr size_t answers = 60;

// A client's connection, and the daemon's end of it, byte by byte.
struct Connected {
  TemporaryDirectory folder;
  RawListener listener{folder / "asked.ipc"};
  zmq::context_t context;
  Connection connection{context, "ipc://" + (folder / "asked.ipc").string(), answers};
  RawPeer daemon = next();

  // The connection that it makes.
  RawPeer next() {
    auto greeted = std::async(std::launch::async, [this] {
      RawPeer peer = listener.accept();
      if (!peer.greet("ROUTER")) throw std::runtime_error("it was cut off");
      return peer;
    });
    BOOST_TEST((connection.wait(long_enough) == Connection::Came::connection));
    return greeted.get();
  }
  void answer(size_t frames) {
    for (size_t i = 1; i <= frames; ++i)
      BOOST_TEST_REQUIRE(daemon.send("frame", i < frames ? RawPeer::Frame::more : RawPeer::Frame::last));
  }
  size_t frames_of_next() {
    BOOST_TEST_REQUIRE((connection.wait(long_enough) == Connection::Came::answer));
    return connection.receive().size();
  }
  // At every hundredth frame that is received ZeroMQ looks at what became of connections: it is the second frame of the
  // message that wait() told of last, and by then the connection is gone.
  void read_while_it_ends(const std::function<void()>& end) {
    answer(2);
    BOOST_TEST(frames_of_next() == 2u);
    for (int i = 0; i < 32; ++i) answer(3);
    for (int i = 0; i < 32; ++i) BOOST_TEST(frames_of_next() == 3u);
    for (size_t i = 0; i < answers; ++i) answer(3);
    BOOST_TEST_REQUIRE((connection.wait(long_enough) == Connection::Came::answer));
    end();
    BOOST_TEST_REQUIRE(daemon.is_closed(long_enough));
    BOOST_TEST(connection.receive().size() == 3u);
    for (size_t i = 1; i < answers; ++i) BOOST_TEST(frames_of_next() == 3u);
  }
};

// Ten thousand signals a second, each of which cuts short what it meets.
class Signals {
 public:
  Signals() {
    struct sigaction act {};
    act.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &act, &before_);
    arm(100);
  }
  Signals(const Signals&) = delete;
  ~Signals() {
    arm(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  static void arm(suseconds_t interval_us) {
    const itimerval each{.it_interval = {0, interval_us}, .it_value = {0, interval_us}};
    ::setitimer(ITIMER_REAL, &each, nullptr);
  }
  struct sigaction before_ {};
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_had_arrived_before_the_daemon_ended_is_read_whole, Connected) {
  read_while_it_ends([&] { daemon.finish(); });
  const RawPeer again = next();
  BOOST_TEST(connection.is_up());
}

BOOST_FIXTURE_TEST_CASE(what_had_arrived_before_a_frame_that_may_not_be_is_read_whole, Connected) {
  read_while_it_ends([&] { BOOST_TEST(daemon.send_bytes(std::string("\x02\x00\x00\x00\x00\x7f\x00\x00\x00", 9))); });
  const RawPeer again = next();
  BOOST_TEST(connection.is_up());
}

BOOST_FIXTURE_TEST_CASE(what_is_sent_over_a_connection_that_is_gone_is_not_sent_over_the_next, Connected) {
  daemon.finish();
  BOOST_TEST_REQUIRE(daemon.is_closed(long_enough));
  connection.send({"lost"});
  daemon = next();
  connection.send({"sent"});
  BOOST_TEST(daemon.next_frame() == "sent");
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_is_given_up_gives_way_to_another, Connected) {
  connection.drop();
  BOOST_TEST(!connection.is_up());
  daemon = next();
  answer(3);
  BOOST_TEST(frames_of_next() == 3u);
}

// ZeroMQ gives up what it is asked, also what never waits, when a signal comes while it looks at what its thread tells.
BOOST_FIXTURE_TEST_CASE(signals_end_none_of_its_calls, Connected) {
  const Signals signals;
  for (int round = 0; round < 10'000; ++round) {
    answer(3);
    Connection::Came came{};
    while ((came = connection.wait(long_enough)) == Connection::Came::nothing) {
    }
    BOOST_TEST_REQUIRE((came == Connection::Came::answer));
    BOOST_TEST_REQUIRE(connection.receive().size() == 3u);
    if (round % 100 == 0) connection.send({"asked", "more"});
  }
  BOOST_TEST(connection.is_up());
}

BOOST_AUTO_TEST_CASE(no_answer_makes_a_client_believe_a_key_that_its_owner_did_not_give_it) {
  const std::string ours(40, 'o'), theirs(40, 't'), file = "ipc:///run/commands.ipc", name = "ipc://@commands",
                                                    here = "tcp://127.0.0.1:7601", beyond = "tcp://10.0.0.2:7601";
  const std::optional<events::ClientKeys> none,
      keys = events::ClientKeys{ours, std::string(40, 'p'), std::string(40, 's')};
  const auto may = &events::ClientKeys::may_follow;
  // With keys: where its owner's key is, or may be, for nobody else can answer there.
  for (const auto& to : {beyond, here, name}) {
    BOOST_TEST(may(beyond, to, ours, keys));
    BOOST_TEST(may(beyond, to, "", keys));
    BOOST_TEST(!may(beyond, to, theirs, keys));
    BOOST_TEST(!may(beyond, to + ",ipc:///run/commands.ipc", ours, keys));
    BOOST_TEST(!may(beyond, to + ";192.0.2.2:7601", ours, keys));
    BOOST_TEST(may(file, to, ours, keys));
    BOOST_TEST(!may(file, to, theirs, keys));
  }
  // Not out of what is encrypted; from one socket's file to another's, as it is without.
  BOOST_TEST(!may(beyond, file, ours, keys));
  BOOST_TEST(!may(here, file, "", keys));
  BOOST_TEST(may(file, file, "", keys));
  // Without keys: on this machine, whatever key is named.
  for (const std::string& key : {ours, std::string()}) {
    BOOST_TEST(may(file, here, key, none));
    BOOST_TEST(may(here, file, key, none));
    BOOST_TEST(may(here, "tcp://[::1]:7601", key, none));
    BOOST_TEST(!may(file, beyond, key, none));
    BOOST_TEST(!may(file, "tcp://127.0.0.1.example.org:7601", key, none));
    BOOST_TEST(!may(file, "tcp://0.0.0.0:7601", key, none));
    for (const char* strange :
         {"inproc://commands", "tcp://127.0.0.1:0;192.0.2.2:7601", "tcp://localhost:7601,tcp://192.0.2.2:7601",
          "tcp://127.0.0.1:", "tcp://127.0.0.1:*", "tcp://127.0.0.1:7601\n", "ipc://commands.ipc", "ipc://@name",
          "ipc:///run/commands.ipc,tcp://192.0.2.2:7601"})
      BOOST_TEST(!may(file, strange, key, none), strange);
  }
}

BOOST_AUTO_TEST_CASE(who_is_refused_for_a_while_is_told_and_who_was_refused_once_is_not) {
  using std::chrono::seconds;
  events::Admission admission;
  const auto begun = events::Admission::Clock::now();
  const auto refuse = [&](int at, size_t turns = 1) {
    admission.told(ZMQ_EVENT_HANDSHAKE_FAILED_AUTH, 400, begun + seconds(at), turns);
  };
  refuse(0);
  for (int at = 60; at < 63; ++at) {  // after a minute without the daemon
    refuse(at);
    BOOST_CHECK_NO_THROW(admission.check("tcp://a"));
  }
  refuse(63);
  BOOST_CHECK_THROW(admission.check("tcp://a"), events::Failure);
  admission.told(ZMQ_EVENT_HANDSHAKE_SUCCEEDED, 0, begun + seconds(64));
  BOOST_CHECK_NO_THROW(admission.check("tcp://a"));
  // One of three that are tried in turn.
  refuse(65, 3);
  refuse(68, 3);
  BOOST_CHECK_THROW(admission.check("tcp://a"), events::Failure);
}

BOOST_AUTO_TEST_SUITE_END()
