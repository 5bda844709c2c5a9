#include <boost/test/unit_test.hpp>

#include <optional>

#include <fmt/format.h>

#include "events/bus/limits.h"
#include "events/text/uuid.h"
#include "tests/support/session_peer.h"

BOOST_AUTO_TEST_SUITE(sessions_test)

// Commands with a session frame are carried out in the order of their numbers, whatever daemon and connection they
// meet.
using namespace catlog;
using namespace catlog::tests;

namespace {

// The command of this number, with the same id each time.
std::string id_of(uint64_t number) { return fmt::format("01960000-0000-7000-8000-{:012x}", number); }
std::string named(uint64_t number, const std::string& name) {
  return fmt::format(R"({{"id":"{}","putGenre":{{"tmdbId":16,"name":"{}"}}}})", id_of(number), name);
}
std::string name_of(uint64_t number) { return fmt::format("G{}", number); }
std::string named(uint64_t number) { return named(number, name_of(number)); }
std::string refused(uint64_t number) {
  return fmt::format(R"({{"id":"{}","removeGenre":{{"genre":{{"tmdbId":777}}}}}})", id_of(number));
}

struct Sessions {
  DataDirectory data{CATLOG_BIN};
  std::optional<Daemon> daemon{std::in_place, CATLOG_BIN "/catlogd", data.path()};
  SessionPeer peer{data.path()};

  void kill_and_start() {
    daemon->kill();
    daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  }
  std::string name() const { return data.rows("SELECT name FROM genres WHERE tmdbId = 16").at(0).at("name"); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sessions, Sessions)

BOOST_AUTO_TEST_CASE(what_overtakes_is_refused_and_carried_out_behind_what_was_lost) {
  BOOST_TEST(verdict_of(peer.ask(named(1), 1, 1)) == "accepted 1");
  for (const uint64_t number : {3, 4}) BOOST_TEST(verdict_of(peer.ask(named(number), number, 2)) == "outOfOrder");
  BOOST_TEST(data.head() == 1u);
  for (const uint64_t number : {2, 3, 4}) peer.send(named(number), number, 2);
  for (const uint64_t number : {2, 3, 4}) BOOST_TEST(verdict_of(peer.receipt()) == fmt::format("accepted {}", number));
  BOOST_TEST(name() == "\"G4\"");
}

// As ZeroMQ does when it connects again: what it had queued comes first, and says which is the oldest without a
// receipt.
BOOST_AUTO_TEST_CASE(a_daemon_that_was_started_again_takes_nothing_before_what_its_predecessor_lost) {
  for (uint64_t number = 1; number <= 3; ++number) peer.ask(named(number), number, number);
  kill_and_start();
  SessionPeer again(data.path());
  BOOST_TEST(verdict_of(again.ask(named(6), 6, 4)) == "outOfOrder");
  for (const uint64_t number : {4, 5, 6}) again.send(named(number), number, 4);
  for (const uint64_t number : {4, 5, 6}) BOOST_TEST(verdict_of(again.receipt()) == fmt::format("accepted {}", number));
  BOOST_TEST(name() == "\"G6\"");
}

BOOST_AUTO_TEST_CASE(a_repetition_gets_its_first_receipt_and_changes_nothing) {
  const std::string first[] = {peer.ask(named(1), 1, 1), peer.ask(named(2, name_of(1)), 2, 1),
                               peer.ask(refused(3), 3, 1), peer.ask("no command", 4, 1), peer.ask(named(5), 5, 1)};
  BOOST_TEST(verdict_of(first[1]) == "unchanged");
  BOOST_TEST(verdict_of(first[2]) == "notFound");
  BOOST_TEST(verdict_of(first[3]) == "malformed");
  SessionPeer again(data.path());
  BOOST_TEST(again.ask(named(2, name_of(1)), 2, 1) == first[1]);  // judged anew, it would be a change
  BOOST_TEST(again.ask(refused(3), 3, 1) == first[2]);
  BOOST_TEST(again.ask("no command", 4, 1) == first[3]);
  BOOST_TEST(again.ask(named(5), 5, 1) == first[4]);
  BOOST_TEST(again.ask(named(1), 1, 1) == first[0]);
  BOOST_TEST(data.head() == 2u);
  // Once the producer has said that it has them.
  BOOST_TEST(verdict_of(again.ask(refused(6), 6, 6)) == "notFound");
  BOOST_TEST(verdict_of(again.ask(refused(3), 3, 3)) == "tooLate");
  BOOST_TEST(verdict_of(again.ask(named(5), 5, 5)) == "accepted 2");
  const std::string late = again.ask(R"({"nonsense":1,"id":")" + id_of(4) + "\"}", 4, 4);
  BOOST_TEST(verdict_of(late) == "tooLate");
  BOOST_TEST(read_row(late)["id"] == '"' + id_of(4) + '"');
}

// The second was unchanged, and only the daemon that was killed knew that.
BOOST_AUTO_TEST_CASE(what_a_lost_daemon_found_unchanged_is_not_judged_behind_what_it_accepted) {
  for (const auto& [number, name] : {std::pair{1, 1}, {2, 1}, {3, 3}})
    peer.ask(named(number, name_of(name)), number, 1);
  kill_and_start();
  const auto id = [](uint64_t number) { return *events::parse_uuid(id_of(number)); };
  SessionPeer again(data.path());
  BOOST_TEST(verdict_of(again.ask(named(1), 1, 1, {id(2), id(3), id(4)})) == "accepted 1");
  BOOST_TEST(verdict_of(again.ask(named(2, name_of(1)), 2, 1)) == "tooLate");
  BOOST_TEST(verdict_of(again.ask(named(3), 3, 1)) == "accepted 2");
  BOOST_TEST(verdict_of(again.ask(named(4), 4, 1)) == "accepted 3");
  BOOST_TEST(name() == "\"G4\"");
}

// The same commands again, of which some were refused the first time, as a session of its own.
BOOST_AUTO_TEST_CASE(what_another_session_had_accepted_says_nothing_of_what_stands_before_it) {
  for (const uint64_t number : {1, 3}) peer.ask(named(number), number, number);
  SessionPeer other(data.path(), 'o');
  BOOST_TEST(verdict_of(other.ask(named(5), 1, 1)) == "accepted 3");
  kill_and_start();
  SessionPeer again(data.path(), 'o');
  BOOST_TEST(verdict_of(again.ask(named(2), 2, 2, {*events::parse_uuid(id_of(3))}, 3)) == "accepted 4");
  BOOST_TEST(verdict_of(again.ask(named(3), 3, 2)) == "accepted 2");
}

BOOST_AUTO_TEST_CASE(a_batch_keeps_its_place_and_its_receipt) {
  const auto batch = [](const std::string& member) {
    return fmt::format(R"({{"id":"{}","batch":{{"commands":[{}]}}}})", id_of(100), member);
  };
  BOOST_TEST(verdict_of(peer.ask(batch(refused(101)), 2, 1)) == "outOfOrder");
  BOOST_TEST(verdict_of(peer.ask(named(1), 1, 1)) == "accepted 1");
  const std::string first = peer.ask(batch(refused(101)), 2, 1);
  BOOST_TEST(has(first, "\"receipts\""), first);
  BOOST_TEST(peer.ask(batch(refused(101)), 2, 1) == first);
}

// They draw sixteen random bytes, so this is a mistake; nothing is carried out twice or by another's number.
BOOST_AUTO_TEST_CASE(two_producers_with_one_session_lose_nothing_silently) {
  SessionPeer other(data.path());
  BOOST_TEST(verdict_of(peer.ask(named(1), 1, 1)) == "accepted 1");
  BOOST_TEST(verdict_of(other.ask(named(51), 1, 1)) == "tooLate");
  BOOST_TEST(verdict_of(other.ask(named(52), 2, 2)) == "accepted 2");
  BOOST_TEST(verdict_of(peer.ask(named(2), 2, 2)) == "tooLate");
  BOOST_TEST(name() == "\"G52\"");
}

BOOST_AUTO_TEST_CASE(what_is_no_session_frame_is_malformed_and_all_forms_of_a_request_stay) {
  auto& dealer = peer.socket();
  const auto ask = [&](const std::vector<std::string>& frames) {
    send(dealer, frames);
    return receive(dealer);
  };
  for (const size_t size : {0, 1, 31, 33, 40, 48, 55}) {
    const auto reply = ask({"t", "j", named(1), std::string(size, 'x')});
    BOOST_TEST(reply.at(0) == "t");
    BOOST_TEST(verdict_of(reply.at(2)) == "malformed");
    BOOST_TEST(has(reply.at(2), "16 bytes of id"), reply.at(2));
  }
  BOOST_TEST(verdict_of(ask({"t", "j", named(1), std::string(40'000, '\0')}).at(2)) == "malformed");
  const std::string frame = events::write_session_frame({{'a'}, 1, 1, 0, {}});
  const auto reply = ask({"", "t", "j", named(1), frame});  // as a REQ socket sends it
  BOOST_TEST_REQUIRE(reply.size() == 4u);
  BOOST_TEST(verdict_of(reply.at(3)) == "accepted 1");
  BOOST_TEST(verdict_of(ask({"", "j", named(2)}).at(2)) == "accepted 2");
  // A command that is refused for its tag or encoding had its turn all the same.
  BOOST_TEST(verdict_of(ask({"t", "x", named(3), events::write_session_frame({{'a'}, 2, 2, 0, {}})}).at(2)) ==
             "malformed");
  BOOST_TEST(verdict_of(ask({"t", "j", named(4), events::write_session_frame({{'a'}, 3, 3, 0, {}})}).at(2)) ==
             "accepted 3");
}

BOOST_AUTO_TEST_CASE(twenty_thousand_sessions_leave_another_one_in_order) {
  constexpr size_t at_once = 500;
  BOOST_TEST(verdict_of(peer.ask(named(1), 1, 1)) == "accepted 1");
  zmq::context_t context;
  auto flood =
      events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(data.path(), "commands.ipc"));
  for (size_t sent = 0; sent < 20'000; sent += at_once) {
    for (size_t i = 0; i < at_once; ++i) {
      events::SessionFrame frame{{}, 2, 1, 0, {}};
      const std::string id = std::to_string(sent + i);
      std::copy(id.begin(), id.end(), frame.id.begin());
      send(flood, {"t", "j", "{}", events::write_session_frame(frame)});
    }
    for (size_t i = 0; i < at_once; ++i) BOOST_TEST_REQUIRE(receive(flood).size() == 3u);
  }
  // Forgotten by now, and taken up at the oldest number without a receipt.
  BOOST_TEST(verdict_of(peer.ask(named(3), 3, 2)) == "outOfOrder");
  BOOST_TEST(verdict_of(peer.ask(named(2), 2, 2)) == "accepted 2");
  BOOST_TEST(verdict_of(peer.ask(named(3), 3, 2)) == "accepted 3");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
