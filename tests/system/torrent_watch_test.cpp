#include <boost/test/unit_test.hpp>

#include <regex>

#include <fmt/format.h>

#include "tests/support/http_peer.h"
#include "tests/support/torrents/house.h"

BOOST_AUTO_TEST_SUITE(torrent_watch_test)

// How the bridge is watched, and by which keys it comes to a catlogd that asks for them.
using namespace catlog;
using namespace catlog::tests;

namespace {

struct Watched : House {
  Watched() : House(CATLOG_BIN) {}

  Torrent torrent = make_torrent({}, seeds.path());

  std::string ask(const std::string& path) const {
    const std::string said = bridge->err();
    std::smatch found;
    BOOST_TEST_REQUIRE(std::regex_search(said, found, std::regex("answered at ([^ \n\"]+)")), said);
    const auto answer = HttpPeer(found[1]).get(path);
    BOOST_TEST(answer.status == 200);
    return answer.body;
  }
  // The value of a line of /metrics, which begins with this; below 0: there is none.
  double metric(const std::string& name) const {
    const std::string text = "\n" + ask("/metrics"), start = "\ncatlog_torrent_" + name + " ";
    const size_t at = text.find(start);
    return at == text.npos ? -1 : std::stod(text.substr(at + start.size()));
  }
  // Where the daemon says that something happens.
  std::string place(const std::string& what) const {
    const std::string said = daemon->err();
    const size_t at = said.find(what + " ");
    BOOST_TEST_REQUIRE(at != std::string::npos, said);
    const size_t first = at + what.size() + 1;
    return said.substr(first, said.find_first_of(",\n", first) - first);
  }
  // The file of a new key.
  std::string key(const std::string& role) const {
    const std::string file = own / role;
    data.out_of({"bus-keys", "new", role, "--role", role, "--into", file});
    return file;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_it_does_is_shown_to_prometheus_and_that_it_goes_round, Watched) {
  Torrent bad = make_torrent({.seed = 2, .name = "bad"}, seeds / "bad");
  bad.bytes = "no torrent";
  give(bad);
  Peer seeder(torrent, seeds.path());
  want({torrent, bad});
  start({"--http-endpoint", "tcp://127.0.0.1:0"});
  BOOST_TEST_REQUIRE(becomes(torrent, "seeding", {&seeder}));
  BOOST_TEST_REQUIRE(becomes(bad, "error"));
  Peer loader(torrent, own / "loaded");
  BOOST_TEST(comes_true([&] {
    loader.meet(port());
    return loader.is_whole();
  }));
  BOOST_TEST(comes_true([&] {
    return metric("transfers{phase=\"whole\"}") == 1 && metric("waiting_commands") == 0 &&
           metric("sent_bytes_total") >= static_cast<double>(torrent.size);
  }));
  BOOST_TEST(metric("received_bytes_total") >= static_cast<double>(torrent.size));
  BOOST_TEST(metric("failures_total{reason=\"badTorrent\"}") == 1);
  BOOST_TEST(metric("failures_total{reason=\"diskFull\"}") == 0);
  BOOST_TEST(metric("commands_total{outcome=\"taken\"}") >= 3);
  BOOST_TEST(metric("commands_total{outcome=\"refused\"}") == 0);
  BOOST_TEST(metric("sources") == 2);
  BOOST_TEST(metric("waiting_downloads") == 0);
  BOOST_TEST(metric("log_position") > 4);
  BOOST_TEST(metric("looks_at_swarms_total{outcome=\"answered\"}") == 0);
  BOOST_TEST(metric("disk_free_bytes") > 0);
  BOOST_TEST(has(ask("/metrics"), "process_resident_memory_bytes"));
  BOOST_TEST(has(ask("/health"), R"("bridge":{"state":"goesRound")"));
  BOOST_TEST(bridge->terminate() == 0);
}

BOOST_FIXTURE_TEST_CASE(over_tcp_it_comes_with_a_producer_s_key_and_a_subscriber_s_and_without_them_to_nothing,
                        Watched) {
  want(torrent);
  Peer seeder(torrent, seeds.path());
  const std::string producer = key("producer"), subscriber = key("subscriber"), any_port = "tcp://127.0.0.1:0";
  BOOST_TEST(daemon->terminate() == 0);
  daemon.emplace(CATLOG_BIN "/catlogd", data.path(),
                 std::vector<std::string>{"--require-keys", "--commands-endpoint", any_port, "--changes-endpoint",
                                          any_port, "--replay-endpoint", any_port});
  const std::vector<std::string> endpoints{"--seed-percent",      "0",
                                           "--commands-endpoint", place("commands arrive at"),
                                           "--changes-endpoint",  place("changes are published at"),
                                           "--replay-endpoint",   place("replay is answered at")};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), endpoints.begin(), endpoints.end());
    start(more);
  };
  with({});
  BOOST_TEST(comes_true([&] { return has(bridge->err(), "does not answer"); }));
  BOOST_TEST(status(torrent) == "downloading");
  BOOST_TEST(bridge->terminate() == 0);
  with({"--key-file", producer, "--reading-key-file", subscriber});
  BOOST_TEST_REQUIRE(becomes(torrent, "completed", {&seeder}));
  BOOST_TEST(has(data.out_of({"log", "--type", "downloadStatusReported"}), R"("sender":"producer")"));
  BOOST_TEST(bridge->terminate() == 0);
  const Ran wrong = run({"--key-file", (own / "none").string(), "--commands-endpoint", any_port});
  BOOST_TEST(wrong.exit_code == 2);
  BOOST_TEST(has(wrong.err, "none"), wrong.err);
}

BOOST_AUTO_TEST_SUITE_END()
