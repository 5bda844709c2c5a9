#include "tests/support/group_member.h"

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>
#include <simdjson.h>

#include "events/bus/bus.h"
#include "tests/support/bus_peers.h"

namespace catlog::tests {

namespace {

constexpr const char* all_done = R"({"done":{}})";

}  // namespace

GroupMember::GroupMember(zmq::context_t& context, const DataDirectory& data, const std::string& group,
                         const std::string& name)
    : who_(fmt::format(R"("name":"{}","member":"{}")", group, name)),
      socket_(
          events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(data.path(), "groups.ipc"))) {}

std::vector<std::string> GroupMember::attempt(const std::string& what, const std::string& more,
                                              std::chrono::milliseconds in_time) {
  send(socket_, {"tag", "j", fmt::format(R"({{"{}":{{{}{}{}}}}})", what, who_, more.empty() ? "" : ",", more)});
  auto frames = receive(socket_, in_time);
  if (frames.size() < 3) return {};
  frames.erase(frames.begin(), frames.begin() + 2);
  return frames;
}

std::vector<std::string> GroupMember::ask(const std::string& what, const std::string& more) {
  auto frames = attempt(what, more, long_enough);
  BOOST_TEST_REQUIRE(!frames.empty());
  return frames;
}

void GroupMember::join(const std::string& more) { BOOST_TEST_REQUIRE(has(ask("join", more)[0], R"({"joined":)")); }

std::string GroupMember::refused(const std::string& what, const std::string& more) {
  const Row answer = read_row(ask(what, more)[0]);
  return answer.contains("refused") ? read_row(answer.at("refused")).at("code") : "not refused";
}

std::string GroupMember::pointed_at(const std::string& what, const std::string& more) {
  const std::string message = read_row(read_row(ask(what, more)[0]).at("refused")).at("message").substr(1);
  return message.starts_with('/') ? message.substr(0, message.find(':')) : std::string();
}

std::vector<HandedOut> GroupMember::fetch(const std::string& more) {
  const auto frames = ask("fetch", more);
  const auto got = read(frames);
  BOOST_TEST_REQUIRE(frames.size() == 1 + 3 * got.size());
  for (size_t at = 0; at < got.size(); ++at)
    BOOST_TEST(has(frames[3 * at + 2], fmt::format(R"("position":{})", got[at].position)));
  return got;
}

std::vector<HandedOut> GroupMember::read(const std::vector<std::string>& answer) {
  simdjson::dom::parser parser;
  std::vector<HandedOut> got;
  for (const auto delivery : parser.parse(answer[0])["work"]["deliveries"])
    got.push_back({uint64_t(delivery["position"]), uint64_t(delivery["try"]), answer.at(1 + 3 * got.size())});
  return got;
}

std::string GroupMember::list(const std::vector<HandedOut>& some) {
  std::string all;
  for (const HandedOut& each : some)
    all += fmt::format(R"({}{{"position":{},"try":{}}})", all.empty() ? "" : ",", each.position, each.number);
  return '[' + all + ']';
}

bool GroupMember::acknowledge(const std::vector<HandedOut>& some) {
  return ask("ack", R"("deliveries":)" + list(some))[0] == all_done;
}

bool GroupMember::give_up(const std::vector<HandedOut>& some, const std::string& why) {
  return ask("nack", fmt::format(R"("why":"{}","delayMs":0,"deliveries":{})", why, list(some)))[0] == all_done;
}

}  // namespace catlog::tests
