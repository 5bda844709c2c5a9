#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <vector>

#include <fmt/format.h>

#include "bin/http/message.h"
#include "events/error.h"
#include "tests/support/http_peer.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(http_test)

using namespace catlog;
using namespace catlog::tests;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds soon{10'000};

unsigned status_of(const std::string& request) {
  const auto read = http::read_request(request);
  BOOST_REQUIRE(read);
  return read->request ? 200 : read->refused.status;
}

std::string get(const std::string& fields) { return "GET / HTTP/1.1\r\n" + fields + "\r\n"; }

}  // namespace

BOOST_AUTO_TEST_CASE(a_request_is_read_when_its_header_has_come) {
  const std::string text = "GET /a/b?c=d HTTP/1.1\r\nHost: localhost:80\r\n\r\nGET";
  for (size_t length = 0; length + 3 < text.size(); ++length) BOOST_TEST(!http::read_request(text.substr(0, length)));
  const auto read = http::read_request(text, 20);
  BOOST_REQUIRE(read);
  BOOST_REQUIRE(read->request);
  BOOST_TEST(read->request->path == "/a/b");
  BOOST_TEST(read->request->query == "c=d");
  BOOST_TEST(read->bytes == text.size() - 3);
  BOOST_CHECK(read->after == http::After::keep);
}

BOOST_AUTO_TEST_CASE(only_names_of_the_loopback_interface_are_answered) {
  for (const char* host :
       {"localhost", "LocalHost:9", "127.0.0.1", "127.0.0.1:65535", "127.1.2.3", "[::1]", "[::1]:80"})
    BOOST_TEST(status_of(get(fmt::format("Host: {}\r\n", host))) == 200u, host);
  for (const char* host :
       {"example.com", "localhost.example.com", "127.0.0.1.example.com", "128.0.0.1", "127.0.0", "127.0.0.0.1", "[::2]",
        "[::1", "localhost:", "localhost:80x", "localhost:1234567", "10.0.0.1", "", "::1", "127..0.1", "127.0.0.1234"})
    BOOST_TEST(status_of(get(fmt::format("Host: {}\r\n", host))) == 421u, host);
  BOOST_TEST(status_of(get("")) == 400u);
  BOOST_TEST(status_of(get("Host: localhost\r\nHost: localhost\r\n")) == 400u);
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused) {
  const std::string host = "Host: localhost\r\n";
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"})
    BOOST_TEST(status_of(fmt::format("{} / HTTP/1.1\r\n{}\r\n", method, host)) == 405u, method);
  BOOST_TEST(status_of(get(host + "Content-Length: 5\r\n")) == 413u);
  BOOST_TEST(status_of(get(host + "Transfer-Encoding: chunked\r\n")) == 413u);
  const auto posted = http::read_request("POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\n");
  BOOST_TEST((posted && posted->refused.status == 405u && posted->after == http::After::close));
  BOOST_TEST(status_of(get(host + "Content-Length: 0\r\n")) == 200u);
  BOOST_TEST(status_of(get(host + "Content-Length: 0\r\nContent-Length: 5\r\n")) == 400u);
  BOOST_TEST(status_of(get(host + "a b: c\r\n")) == 400u);
  BOOST_TEST(status_of(get(host + std::string("a: \0\r\n", 6))) == 400u);
  BOOST_TEST(status_of("GET http://localhost/ HTTP/1.1\r\n" + host + "\r\n") == 400u);
  BOOST_TEST(status_of("GET / HTTP/3.0\r\n" + host + "\r\n") == 505u);
  BOOST_TEST(status_of("\x16\x03\x01\r\n\r\n") == 400u);
  BOOST_TEST(status_of("\r\n\r\n") == 400u);
  BOOST_TEST(status_of(get(host + "a: " + std::string(http::max_header_bytes, 'x') + "\r\n")) == 431u);
  BOOST_TEST(status_of(std::string(http::max_header_bytes + 1, 'x')) == 431u);
}

BOOST_AUTO_TEST_CASE(answers_have_their_length_and_head_has_no_body) {
  const http::Response response{.body = "seven ch"};
  const auto whole = http::to_bytes(response, http::Method::get, http::After::keep);
  const auto head = http::to_bytes(response, http::Method::head, http::After::keep);
  BOOST_TEST(whole == head + "seven ch");
  BOOST_TEST(head.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(head.find("Content-Length: 8\r\n") != head.npos);
  BOOST_TEST(head.find("Connection: close") == head.npos);
  BOOST_TEST(http::to_bytes(response, http::Method::get, http::After::close).find("Connection: close\r\n") !=
             head.npos);
}

BOOST_AUTO_TEST_CASE(requests_that_come_together_are_answered_in_their_order) {
  HttpServer server;
  HttpPeer peer(server.address());
  std::string all;
  for (int number = 0; number < 50; ++number) all += fmt::format("GET /{} HTTP/1.1\r\nHost: localhost\r\n\r\n", number);
  BOOST_TEST(peer.send(all + "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  for (int number = 0; number < 50; ++number) BOOST_TEST(peer.hear().body == fmt::format("/{}", number));
  BOOST_TEST(peer.hear().body == "/last");
  BOOST_TEST(peer.is_closed(soon));
}

BOOST_AUTO_TEST_CASE(a_refusal_arrives_although_the_peer_still_sends) {
  HttpServer server;
  HttpPeer peer(server.address());
  BOOST_TEST(
      peer.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x')));
  BOOST_TEST(peer.hear().status == 405);
  BOOST_TEST(peer.is_closed(soon));
  BOOST_TEST(HttpPeer(server.address()).get("/fails").status == 500);
  HttpPeer other(server.address());
  BOOST_TEST(other.send("HEAD /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  BOOST_TEST(other.hear_header().status == 200);
  BOOST_TEST(other.get("/then").body == "/then");
}

BOOST_AUTO_TEST_CASE(a_large_answer_to_a_peer_that_does_not_read_holds_up_nobody) {
  HttpServer server("tcp://127.0.0.1:0", {.time = {.request = soon}});
  HttpPeer slow(server.address());
  BOOST_TEST(slow.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  BOOST_TEST(HttpPeer(server.address()).get("/other").body == "/other");
  BOOST_TEST(slow.hear().body.size() == HttpServer::large);
  BOOST_TEST(slow.get("/next").body == "/next");
}

BOOST_AUTO_TEST_CASE(who_is_slow_or_idle_is_closed_when_its_time_is_over) {
  HttpServer server("tcp://127.0.0.1:0", {.time = {.request = milliseconds(1'000), .idle = milliseconds(1'500)}});
  HttpPeer loris(server.address()), idle(server.address());
  BOOST_TEST(loris.send("GET / HT"));
  BOOST_TEST(idle.get("/").status == 200);
  BOOST_TEST(loris.is_closed(soon));
  BOOST_TEST(idle.is_closed(soon));
  BOOST_TEST(server.counters().timed_out.read() == 2u);
}

BOOST_AUTO_TEST_CASE(however_many_connections_idle_the_next_one_is_served) {
  HttpServer server;
  std::vector<HttpPeer> idle;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const size_t many = std::min<size_t>(2'000, limit.rlim_cur - 200);
  for (size_t count = 0; count < many; ++count) {
    idle.emplace_back(server.address());
    if (count % 2) idle.back().send("GET / HTTP/1.1\r\nHost: ");
  }
  BOOST_TEST(HttpPeer(server.address()).get("/still").body == "/still");
  BOOST_TEST(server.counters().open.read() <= http::Limits{}.connections);
  BOOST_TEST(server.counters().closed_for_others.read() >= many - http::Limits{}.connections);
  BOOST_TEST(idle.front().is_closed(soon));
}

BOOST_AUTO_TEST_CASE(a_socket_that_is_a_file_takes_the_place_of_a_dead_one_only) {
  const TemporaryDirectory folder;
  const auto file = folder / "http.sock";
  const std::string endpoint = "unix:" + file.string();
  {
    HttpServer server(endpoint);
    BOOST_TEST(server.address() == endpoint);
    BOOST_TEST(HttpPeer(endpoint).get("/a?b").body == "/a|b");
    BOOST_CHECK_EXCEPTION(http::Listener(http::parse_endpoint("ipc://" + file.string())), events::Failure,
                          [](const auto& failure) { return failure.code() == events::Exit::held; });
    std::filesystem::create_hard_link(file, folder / "kept");
  }
  BOOST_TEST(!std::filesystem::exists(file));
  std::filesystem::rename(folder / "kept", file);
  HttpServer again(endpoint);
  BOOST_TEST(HttpPeer(endpoint).get("/c").body == "/c");
}

BOOST_AUTO_TEST_CASE(an_endpoint_is_of_this_machine) {
  BOOST_TEST(http::parse_endpoint("tcp://127.0.0.1:80").port == 80);
  BOOST_CHECK(http::parse_endpoint("tcp://[::1]:0").family == http::Endpoint::Family::v6);
  for (const char* text :
       {"", "tcp://0.0.0.0:80", "tcp://*:80", "tcp://127.0.0.1:", "tcp://127.0.0.1:x", "tcp://127.0.0.1:65536",
        "tcp://example.com:80", "http://127.0.0.1:80", "ipc://", "ipc://@a", "unix:", "/a"})
    BOOST_CHECK_EXCEPTION(http::parse_endpoint(text), events::Failure,
                          [](const auto& failure) { return failure.code() == events::Exit::usage; });
  BOOST_CHECK_THROW(http::parse_endpoint("unix:/" + std::string(200, 'x')), events::Failure);
}

BOOST_AUTO_TEST_SUITE_END()
