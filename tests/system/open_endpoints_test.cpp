#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "events/text/uuid.h"
#include "tests/support/bus_peers.h"
#include "tests/support/chance.h"
#include "tests/support/commands.h"
#include "tests/support/data_directory.h"
#include "tests/support/packs.h"
#include "tests/support/session_peer.h"

// Endpoints that any account of the machine reaches, where no keys are asked for: tcp on the loopback interface, and
// abstract names, at which the kernel would say that these tests are the daemon's own user.
BOOST_AUTO_TEST_SUITE(open_endpoints_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr const char* any_port = "tcp://127.0.0.1:0";
constexpr const char* commands = "commands arrive at";
constexpr const char* changes = "changes are published at";
constexpr const char* replay = "replay is answered at";
constexpr const char* groups = "groups are served at";
constexpr const char* failed_download =
    R"("failDownload":{"storage":{"infoHash":"dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"},"reason":"gone"})";

struct Open {
  DataDirectory data{CATLOG_BIN};
  std::optional<Daemon> daemon;
  zmq::context_t context;
  int named = 0;

  void start(const std::vector<std::string>& arguments) {
    daemon.emplace(CATLOG_BIN "/catlogd", data.path(), arguments);
    data.out_of({"send"}, user_fields().with("role", "\"admin\"").as("registerUser"));
  }
  // With all four beside the sockets in run/; `at` makes an endpoint of a name.
  template <class At>
  void start_at(const At& at) {
    start({"--commands-endpoint", at("commands"), "--changes-endpoint", at("changes"), "--replay-endpoint",
           at("replay"), "--groups-endpoint", at("groups")});
  }
  void start_with_tcp() {
    start_at([](const char*) { return std::string(any_port); });
  }
  void start_with_names() {
    start_at([](const char* what) { return fmt::format("ipc://@catlog-open-test-{}-{}", ::getpid(), what); });
  }
  // Where the daemon says that something happens.
  std::string place(const std::string& what) const {
    const std::string said = daemon->err();
    const size_t at = said.find(what + " ");
    BOOST_TEST_REQUIRE(at != std::string::npos, said);
    const size_t first = at + what.size() + 1;
    return said.substr(first, said.find_first_of(",\n", first) - first);
  }
  std::string genre() { return fmt::format(R"("putGenre":{{"tmdbId":{0},"name":"G{0}"}})", ++named); }
  static std::string with_id(const std::string& members) {
    return fmt::format(R"({{"id":"{}",{}}})", events::to_string(events::new_uuid()), members);
  }
  // "accepted", "unchanged", or a refusal's code and field, of what stands between a command's id and its end.
  static std::string ask(zmq::socket_t& socket, const std::string& members) {
    send(socket, {"t", "j", with_id(members)});
    const auto frames = receive(socket);
    BOOST_TEST_REQUIRE(frames.size() == 3u);
    const std::string verdict = verdict_of(frames[2]);
    if (verdict.starts_with("accepted")) return "accepted";
    return verdict == "unchanged" ? verdict : verdict + ' ' + read_row(read_row(frames[2]).at("refused")).at("field");
  }

  void serves_users_only() {
    auto socket = events::connect_socket(context, zmq::socket_type::dealer, place(commands));
    const std::string ada = R"("actor":{"userId":1},)", nobody = R"(forbidden "/actor")";
    const auto head = data.head();
    BOOST_TEST(ask(socket, genre()) == nobody);
    BOOST_TEST(ask(socket, R"("actor":{"userAgent":"a service"},)" + genre()) == nobody);
    BOOST_TEST(ask(socket, failed_download) == nobody);
    BOOST_TEST(ask(socket, ada + failed_download) == R"(forbidden "/actor/userId")");
    BOOST_TEST(ask(socket, R"("actor":{"userId":9},)" + genre()) == R"(forbidden "/actor/userId")");
    BOOST_TEST(data.head() == head);
    BOOST_TEST(ask(socket, ada + genre()) == "accepted");
    BOOST_TEST(data.head() == head + 1);
  }
  void tells_what_is_told_to_all() {
    auto follower = events::connect_socket(context, zmq::socket_type::sub, place(changes));
    follower.set(zmq::sockopt::subscribe, std::string(events::head_topic));
    BOOST_TEST(receive(follower).size() == 2u);
    for (const auto& [what, request, answer] :
         {std::tuple(replay, R"({"status":null})", "status"),
          std::tuple(replay, R"({"waitFor":{"latest":true,"withinMs":30000}})", "waited"),
          std::tuple(groups, R"({"join":{"name":"all","member":"a"}})", "joined")}) {
      auto asking = events::connect_socket(context, zmq::socket_type::dealer, place(what));
      send(asking, {"t", "j", request});
      const auto frames = receive(asking);
      BOOST_TEST_REQUIRE(frames.size() >= 3u, request);
      BOOST_TEST(has(frames[2], answer), frames[2]);
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(without_keys, Open)

BOOST_AUTO_TEST_CASE(over_tcp_of_this_machine_a_command_names_its_user) {
  start_with_tcp();
  serves_users_only();
}

BOOST_AUTO_TEST_CASE(over_an_abstract_name_a_command_names_its_user_whoever_sends_it) {
  start_with_names();
  serves_users_only();
}

BOOST_AUTO_TEST_CASE(over_tcp_of_this_machine_anyone_reads) {
  start_with_tcp();
  tells_what_is_told_to_all();
}

BOOST_AUTO_TEST_CASE(over_an_abstract_name_anyone_reads) {
  start_with_names();
  tells_what_is_told_to_all();
}

BOOST_AUTO_TEST_CASE(of_a_pack_each_command_names_its_user) {
  start({"--commands-endpoint", any_port});
  auto socket = events::connect_socket(context, zmq::socket_type::dealer, place(commands));
  const std::string ada = R"("actor":{"userId":1},)";
  const auto head = data.head();
  send(socket,
       pack_of({with_id(ada + genre()), with_id(genre()), with_id(ada + failed_download), with_id(ada + genre())}));
  std::vector<std::string> verdicts;
  for (const auto& receipt : receipts_in(receive(socket))) verdicts.push_back(verdict_of(receipt));
  const std::vector<std::string> expected{fmt::format("accepted {}", head + 1), "forbidden", "forbidden",
                                          fmt::format("accepted {}", head + 2)};
  BOOST_TEST(verdicts == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_a_batch_its_own_actor_counts) {
  start({"--commands-endpoint", any_port});
  auto socket = events::connect_socket(context, zmq::socket_type::dealer, place(commands));
  const std::string ada = R"("actor":{"userId":1},)";
  const auto batch = [](const std::string& one, const std::string& other) {
    return fmt::format(R"("batch":{{"commands":[{},{}]}})", with_id(one), with_id(other));
  };
  const auto head = data.head();
  BOOST_TEST(ask(socket, batch(genre(), genre())) == R"(forbidden "/actor")");
  BOOST_TEST(ask(socket, batch(ada + genre(), genre())) == R"(forbidden "/actor")");
  BOOST_TEST(ask(socket, batch(ada + genre(), ada + genre())) == R"(forbidden "/actor")");
  BOOST_TEST(ask(socket, ada + batch(genre(), failed_download)) == R"(forbidden "/actor/userId")");
  BOOST_TEST(data.head() == head);
  BOOST_TEST(ask(socket, ada + batch(genre(), genre())) == "accepted");
}

BOOST_AUTO_TEST_CASE(what_is_refused_says_what_to_do) {
  start({"--commands-endpoint", any_port});
  const Ran ran = data.catlog({"send", "--endpoint", place(commands)}, R"({"putGenre":{"tmdbId":1,"name":"G"}})");
  BOOST_TEST(ran.exit_code != 0);
  const std::string said = ran.out + ran.err;
  for (const char* way : {"actor.userId", "run/commands.ipc", "--require-keys"}) BOOST_TEST(has(said, way), said);
}

BOOST_AUTO_TEST_CASE(a_service_sends_over_its_own_socket_beside_a_further_endpoint) {
  start({"--commands-endpoint", any_port, "--expire-tokens", "1s"});
  data.out_of({"send", "-"}, token_fields().with("expiresAt", "\"2026-01-01T00:00:00Z\"").as("issueRefreshToken"));
  const auto begun = std::chrono::steady_clock::now();
  while (data.out_of({"log", "--correlation", "housekeeping/expire-tokens"}).empty())
    BOOST_TEST_REQUIRE((std::chrono::steady_clock::now() - begun < std::chrono::minutes(1)));
}

BOOST_AUTO_TEST_CASE(what_any_account_may_there_is_told_at_the_start) {
  start_with_names();
  const std::string said = daemon->err();
  BOOST_TEST(has(said, fmt::format("at {} any account of this machine may send commands on behalf of any user, but "
                                   "none of a service's",
                                   place(commands))),
             said);
  for (const char* what : {changes, replay, groups})
    BOOST_TEST(has(said, fmt::format("at {} any account of this machine may read", place(what))), said);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
