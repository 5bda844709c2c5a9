#include <boost/test/unit_test.hpp>

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "bin/http/message.h"
#include "tests/support/http_peer.h"
#include "tests/support/http_server.h"
#include "tests/support/soak.h"

BOOST_AUTO_TEST_SUITE(http_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

const std::string valid = "GET /a?b HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test/1\r\n\r\n";

// A request with some of its bytes exchanged, cut or doubled, or bytes of chance.
std::string hostile() {
  std::string bytes = valid;
  const int changes = *rc::gen::inRange(0, 6);
  for (int change = 0; change < changes && !bytes.empty(); ++change) {
    const auto at = *rc::gen::inRange<size_t>(0, bytes.size());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        bytes[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes.insert(at, *rc::gen::arbitrary<std::string>());
        break;
      default:
        bytes.insert(at, bytes.substr(*rc::gen::inRange<size_t>(0, bytes.size())));
        break;
    }
  }
  return *rc::gen::oneOf(rc::gen::just(bytes), rc::gen::arbitrary<std::string>());
}

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_bytes_come_reading_them_takes_some_or_waits) {
  const bool holds = rc::check("whatever bytes come, reading them takes some, or waits for more", [] {
    const std::string bytes = hostile();
    const auto read = http::read_request(bytes);
    if (!read) RC_ASSERT(bytes.size() <= http::max_header_bytes);
    if (!read) return;
    RC_ASSERT(read->bytes <= bytes.size());
    RC_ASSERT(read->request || read->refused.status >= 400);
    if (read->after == http::After::keep) RC_ASSERT(read->bytes > 0u);
    if (read->request) RC_ASSERT(read->request->path.starts_with('/'));
    const auto from = *rc::gen::inRange<size_t>(0, bytes.find("\r\n\r\n") + 4);
    const auto again = http::read_request(bytes, from);
    RC_ASSERT(again && again->bytes == read->bytes);
  });
  BOOST_TEST(holds);
}

BOOST_AUTO_TEST_CASE(whatever_peers_send_the_next_one_is_served) {
  HttpServer server;
  const bool holds = rc::check("whatever peers send, in whichever pieces, the next one is served", [&] {
    HttpPeer peer(server.address());
    const std::string bytes = hostile() + hostile();
    for (size_t at = 0; at < bytes.size();) {
      const auto length = *rc::gen::inRange<size_t>(1, bytes.size() - at + 1);
      if (!peer.send(bytes.substr(at, length))) break;
      at += length;
    }
    RC_ASSERT(HttpPeer(server.address()).get("/next").body == "/next");
  });
  BOOST_TEST(holds);
}

BOOST_AUTO_TEST_SUITE_END()
