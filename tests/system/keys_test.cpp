#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "bin/keys/key_file.h"
#include "events/bus/limits.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"
#include "tests/support/raw_peer.h"
#include "tests/support/relay.h"
#include "tests/support/session_peer.h"

BOOST_AUTO_TEST_SUITE(keys_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using std::chrono::milliseconds;
using zmq::socket_type;

namespace {

constexpr const char* any_port = "tcp://127.0.0.1:0";
const std::vector<std::string> with_keys{"--require-keys", "--commands-endpoint", any_port, "--changes-endpoint",
                                         any_port,         "--replay-endpoint",   any_port};

// What became of a connection, as ZeroMQ tells it: of one event after the other.
class Watched {
 public:
  Watched(zmq::context_t& context, zmq::socket_t& socket) : socket_(socket), events_(context, socket_type::pair) {
    static int count = 0;
    const std::string address = fmt::format("inproc://watched-{}", ++count);
    zmq_socket_monitor(socket.handle(), address.c_str(),
                       ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                           ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
    events_.connect(address);
  }
  // ZeroMQ's thread would wait for a reader that is gone.
  ~Watched() { zmq_socket_monitor(socket_.handle(), nullptr, 0); }
  Watched(const Watched&) = delete;
  // "up", "down", "failed", or "nothing" for a long time.
  std::string next() {
    const auto frames = receive(events_);
    uint16_t event = 0;
    if (frames.empty()) return "nothing";
    std::memcpy(&event, frames.front().data(), sizeof event);
    return event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? "up" : event == ZMQ_EVENT_DISCONNECTED ? "down" : "failed";
  }

 private:
  zmq::socket_t& socket_;
  zmq::socket_t events_;
};

struct Keyed {
  DataDirectory data{CATLOG_BIN};
  TemporaryDirectory files;
  zmq::context_t context;
  std::map<std::string, keys::KeyFile> key;
  std::optional<Daemon> daemon;
  int sent = 0;

  Keyed() {
    for (const char* role : {"producer", "subscriber", "auditor", "admin"}) make_key(role, role);
    make_key("other", "producer");
  }
  void make_key(const std::string& name, const std::string& role) {
    data.out_of({"bus-keys", "new", name, "--role", role, "--into", files / name});
    key[name] = keys::read_key_file(files / name);
  }
  void start(const std::vector<std::string>& arguments = with_keys) {
    daemon.emplace(CATLOG_BIN "/catlogd", data.path(), arguments);
  }
  // Where the daemon says that something happens: "commands arrive at".
  std::string place(const std::string& what) const {
    const std::string said = daemon->err();
    const size_t at = said.find(what + " ");
    BOOST_TEST_REQUIRE(at != std::string::npos, said);
    const size_t first = at + what.size() + 1;
    return said.substr(first, said.find_first_of(",\n", first) - first);
  }
  uint16_t port(const std::string& what) const {
    const std::string endpoint = place(what);
    return static_cast<uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
  }
  static void use(zmq::socket_t& socket, const keys::KeyFile& with) {
    socket.set(zmq::sockopt::curve_serverkey, with.server_key);
    socket.set(zmq::sockopt::curve_publickey, with.own.public_key);
    socket.set(zmq::sockopt::curve_secretkey, with.own.secret_key);
  }
  zmq::socket_t peer(const std::string& what, const std::string& name, socket_type type = socket_type::dealer) {
    zmq::socket_t socket(context, type);
    use(socket, key.at(name));
    events::connect(socket, place(what));
    return socket;
  }
  std::string genre() { return fmt::format(R"({{"putGenre":{{"tmdbId":{0},"name":"G{0}"}}}})", ++sent); }
  // With an id of its own.
  static std::string command(std::string body, int number) {
    return body.insert(1, fmt::format(R"("id":"01950000-0000-7000-8000-{:012}",)", number));
  }
  std::string ask(zmq::socket_t& socket, const std::string& body) {
    send(socket, {"t", "j", command(body, ++sent)});
    const auto frames = receive(socket);
    return frames.size() == 3 ? verdict_of(frames[2]) : "none";
  }
  // "status", "chunk", or what it is refused with.
  static std::string replay(zmq::socket_t& socket, const std::string& request) {
    send(socket, {"t", "j", request});
    const auto frames = receive(socket);
    return frames.size() < 3 ? "none" : read_row(frames[2]).begin()->first;
  }
  // What becomes of a peer that comes to a place with such options.
  template <class Options>
  std::string arrives(const std::string& what, socket_type type, const Options& options) {
    zmq::socket_t socket(context, type);
    Watched watched(context, socket);
    options(socket);
    if (type == socket_type::sub) socket.set(zmq::sockopt::subscribe, "");
    events::connect(socket, place(what));
    return watched.next();
  }
  std::string arrives(const std::string& what, const std::string& name, socket_type type = socket_type::dealer) {
    return arrives(what, type, [&](zmq::socket_t& socket) { use(socket, key.at(name)); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bus_keys, Keyed)

BOOST_AUTO_TEST_CASE(who_has_a_key_is_served_over_tcp_and_named_in_each_event) {
  start();
  auto subscriber = peer("changes are published at", "subscriber", socket_type::sub);
  subscriber.set(zmq::sockopt::subscribe, "json/");
  subscriber.set(zmq::sockopt::subscribe, "head/");
  BOOST_TEST_REQUIRE(receive(subscriber).size() == 2u);
  auto producer = peer("commands arrive at", "producer"), other = peer("commands arrive at", "other");
  BOOST_TEST(ask(producer, genre()) == "accepted 1");
  BOOST_TEST(ask(other, genre()) == "accepted 2");
  BOOST_TEST(has(data.out_of({"log", "--from", "1", "--to", "1"}), R"("sender":"producer")"));
  BOOST_TEST(has(data.out_of({"log", "--from", "2", "--to", "2"}), R"("sender":"other")"));
  for (const char* sender : {R"("sender":"producer")", R"("sender":"other")"}) {
    std::vector<std::string> frames;
    do frames = receive(subscriber);
    while (frames.size() == 2u);
    BOOST_TEST_REQUIRE(frames.size() == 3u);
    BOOST_TEST(has(frames[1], sender), frames[1]);
  }
  BOOST_TEST(data.out_of({"send"}, genre()).find("accepted") != std::string::npos);  // the owner, over run/commands.ipc
  BOOST_TEST(has(data.out_of({"log", "--from", "3"}), fmt::format(R"("sender":"uid:{}")", ::geteuid())));
  BOOST_TEST(data.out_of({"verify"}) == "ok\n");
  for (const auto& [name, file] : key) BOOST_TEST(!has(daemon->err(), file.own.secret_key), name);
}

BOOST_AUTO_TEST_CASE(the_command_line_sends_and_follows_with_a_key_file) {
  start();
  const std::string commands = place("commands arrive at"), changes = place("changes are published at"),
                    replay = place("replay is answered at");
  BOOST_TEST(has(data.out_of({"send", "--endpoint", commands, "--key-file", files / "producer"}, genre()), "accepted"));
  BOOST_TEST(has(data.out_of({"send", "--key-file", files / "producer"}, genre()), "accepted"), "no key is asked for");
  const auto tail = data.out_of({"tail", "--from", "1", "--count", "1", "--changes-endpoint", changes,
                                 "--replay-endpoint", replay, "--key-file", files / "subscriber"});
  BOOST_TEST(has(tail, R"("sender":"producer")"), tail);
  const Ran astray = data.catlog({"send", "--endpoint", commands, "--key-file", files / "producer", "--server-key",
                                  key.at("producer").own.public_key, "--wait-s", "1"},
                                 genre());
  BOOST_TEST(astray.exit_code == 6, astray.err);
  BOOST_TEST(data.catlog({"send", "--server-key", key.at("producer").server_key}, genre()).exit_code == 2);
}

BOOST_AUTO_TEST_CASE(who_has_no_key_or_one_that_is_not_known_is_not_let_in) {
  start();
  auto stranger = key.at("producer"), astray = key.at("producer");
  stranger.own = events::new_key_pair();
  astray.server_key = events::new_key_pair().public_key;
  for (const auto& [what, type] :
       {std::pair("commands arrive at", socket_type::dealer), std::pair("replay is answered at", socket_type::dealer),
        std::pair("changes are published at", socket_type::sub)}) {
    BOOST_TEST(arrives(what, type, [](auto&) {}) != "up", what);  // no key
    BOOST_TEST(arrives(what, type, [&](auto& socket) { use(socket, stranger); }) != "up", what);
    BOOST_TEST(arrives(what, type, [&](auto& socket) { use(socket, astray); }) != "up", what);
    BOOST_TEST(arrives(what, "admin", type) == "up", what);
  }
}

BOOST_AUTO_TEST_CASE(a_role_says_what_may_be_done) {
  start();
  const std::string send_at = "commands arrive at", ask_at = "replay is answered at";
  const auto may_send = [&](const char* name) {
    auto socket = peer(send_at, name);
    return ask(socket, genre()).starts_with("accepted");
  };
  const auto may_ask = [&](const char* name, const char* request) {
    auto socket = peer(ask_at, name);
    return replay(socket, request) != "refused";
  };
  const auto may_follow = [&](const char* name) {
    return arrives("changes are published at", name, socket_type::sub) == "up";
  };
  for (const char* name : {"producer", "subscriber", "auditor", "admin"}) {
    const std::string role = name;
    const bool reads = role != "producer";
    BOOST_TEST(may_send(name) == (role == "producer" || role == "admin"), name);
    BOOST_TEST(may_ask(name, R"({"read":{"from":1}})") == reads, name);
    BOOST_TEST(may_ask(name, R"({"status":null})") == reads, name);
    BOOST_TEST(may_follow(name) == reads, name);
  }
}

BOOST_AUTO_TEST_CASE(a_revoked_key_is_cut_off_and_the_others_go_on) {
  start();
  auto producer = peer("commands arrive at", "producer"), other = peer("commands arrive at", "other");
  auto subscriber = peer("changes are published at", "subscriber", socket_type::sub);
  auto auditor = peer("changes are published at", "auditor", socket_type::sub);
  for (auto* each : {&subscriber, &auditor}) {
    each->set(zmq::sockopt::subscribe, "head/");
    BOOST_TEST(receive(*each).size() == 2u);
  }
  BOOST_TEST(ask(producer, genre()).starts_with("accepted"));
  BOOST_TEST(ask(other, genre()).starts_with("accepted"));
  Watched sends(context, producer), follows(context, subscriber);
  data.out_of({"bus-keys", "revoke", "producer"});
  data.out_of({"bus-keys", "revoke", "subscriber"});
  for (Watched* each : {&sends, &follows}) {
    std::string was = each->next();
    BOOST_TEST(was == "down");
    while (was == "down" || was == "up") was = each->next();  // cut off for the other one, and let in again
    BOOST_TEST(was == "failed");
  }
  BOOST_TEST(arrives("commands arrive at", "producer") == "failed");
  auto again = peer("commands arrive at", "other");
  BOOST_TEST(ask(again, genre()).starts_with("accepted"));
  BOOST_TEST(receive(auditor).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_key_is_rotated_without_a_pause) {
  start();
  data.out_of({"bus-keys", "rotate", "producer", "--into", files / "newer"});
  key["newer"] = keys::read_key_file(files / "newer");
  while (arrives("commands arrive at", "newer") != "up") {
  }
  for (const char* name : {"newer", "producer"}) {
    auto socket = peer("commands arrive at", name);
    BOOST_TEST(ask(socket, genre()).starts_with("accepted"), name);
  }
  BOOST_TEST(has(data.out_of({"log"}), R"("sender":"producer")"));
  data.out_of({"bus-keys", "revoke", "producer", "--older"});
  while (arrives("commands arrive at", "producer") == "up") {
  }
  auto socket = peer("commands arrive at", "newer");
  BOOST_TEST(ask(socket, genre()).starts_with("accepted"));
}

BOOST_AUTO_TEST_CASE(what_a_peer_says_of_itself_does_not_count) {
  start();
  RawPeer liar(data / "run/commands.ipc");
  BOOST_TEST_REQUIRE(liar.greet("DEALER", {{"User-Id", "key/" + key.at("producer").own.public_key},
                                           {"Peer-Address", "localhost:4711:4711:4711"}}));
  for (const auto& frame : {std::string("t"), std::string("j")}) liar.send(frame, RawPeer::Frame::more);
  liar.send(command(genre(), ++sent), RawPeer::Frame::last);
  while (data.head() == 0) {
  }
  BOOST_TEST(has(data.out_of({"log"}), fmt::format(R"("sender":"uid:{}")", ::geteuid())));
}

BOOST_AUTO_TEST_CASE(keys_are_needed_beyond_this_machine_and_where_they_are_asked_for) {
  start({"--commands-endpoint", "tcp://0.0.0.0:0", "--changes-endpoint", any_port});
  BOOST_TEST(has(place("commands arrive at"), "tcp://0.0.0.0:"));
  BOOST_TEST(has(daemon->err(), "from peers with keys"));
  BOOST_TEST(arrives("changes are published at", socket_type::sub, [](auto&) {}) == "up");  // loopback, not asked for
  BOOST_TEST(data.out_of({"send"}, genre()).find("accepted") != std::string::npos);
  BOOST_TEST(!has(data.out_of({"log"}), "sender"));
}

BOOST_AUTO_TEST_CASE(a_thousand_handshakes_that_stop_half_way_hold_up_nobody) {
  start();
  auto producer = peer("commands arrive at", "producer");
  BOOST_TEST(ask(producer, genre()).starts_with("accepted"));
  const std::string greeting =
      std::string("\xff") + std::string(8, '\0') + "\x7f\x03" + '\0' + "CURVE" + std::string(47, '\0');
  BOOST_TEST_REQUIRE(greeting.size() == 64u);
  std::vector<RawPeer> stopped;
  const uint16_t where = port("commands arrive at");
  for (size_t i = 0; i < events::max_half_open + 100; ++i) {
    stopped.emplace_back(where);
    stopped.back().send_bytes(greeting);
  }
  for (int i = 0; i < 20; ++i) {
    auto another = peer("commands arrive at", "other");
    BOOST_TEST(ask(another, genre()).starts_with("accepted"));
  }
  BOOST_TEST(ask(producer, genre()).starts_with("accepted"));
  BOOST_TEST(stopped.front().is_closed(long_enough));  // for those that came after it
}

// Any account of this machine can connect to an abstract name, the daemon's own as well: it gives that one no rights
// either.
BOOST_AUTO_TEST_CASE(abstract_names_give_nobody_rights_without_a_key) {
  const auto named = [](const char* what) { return fmt::format("ipc://@catlog-keys-test-{}-{}", ::getpid(), what); };
  const std::string commands = named("commands"), changes = named("changes"), replays = named("replay"),
                    groups = named("groups");
  start({"--require-keys", "--commands-endpoint", commands, "--changes-endpoint", changes, "--replay-endpoint", replays,
         "--groups-endpoint", groups});
  BOOST_TEST(place("commands arrive at") == commands);
  BOOST_TEST(!has(daemon->err(), "any account"), daemon->err());
  for (const auto& [what, type] :
       {std::pair("commands arrive at", socket_type::dealer), std::pair("replay is answered at", socket_type::dealer),
        std::pair("changes are published at", socket_type::sub),
        std::pair("groups are served at", socket_type::dealer)}) {
    BOOST_TEST(arrives(what, type, [](auto&) {}) != "up", what);
    BOOST_TEST(arrives(what, "admin", type) == "up", what);
  }
  BOOST_TEST(data.head() == 0u);
  const std::string as_service = R"({"deactivateUser":{"user":{"username":"nobody"}}})";
  auto producer = peer("commands arrive at", "producer"), subscriber = peer("commands arrive at", "subscriber");
  BOOST_TEST(ask(subscriber, genre()) == "forbidden");
  BOOST_TEST(ask(producer, as_service) == "notFound");
  BOOST_TEST(ask(producer, genre()) == "accepted 1");
  BOOST_TEST(has(data.out_of({"log"}), R"("sender":"producer")"));
}

BOOST_AUTO_TEST_CASE(a_handshake_that_is_replayed_opens_nothing) {
  start();
  Relay relay(port("commands arrive at"));
  zmq::socket_t producer(context, socket_type::dealer);
  use(producer, key.at("producer"));
  events::connect(producer, fmt::format("tcp://127.0.0.1:{}", relay.port()));
  BOOST_TEST(ask(producer, genre()) == "accepted 1");
  const std::string said = relay.said_by_client();
  BOOST_TEST_REQUIRE(said.size() > 500u);
  RawPeer replayed(port("commands arrive at"));
  replayed.send_bytes(said);
  BOOST_TEST(replayed.is_closed(long_enough));
  BOOST_TEST(data.head() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
