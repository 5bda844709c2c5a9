#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "events/bus/limits.h"
#include "events/codec/message.h"
#include "events/schema/vocabulary.h"
#include "events/text/uuid.h"
#include "tests/support/harmed_daemon.h"
#include "tests/support/packs.h"
#include "tests/support/random_commands.h"
#include "tests/support/session_peer.h"

BOOST_AUTO_TEST_SUITE(packs_test)

// Several commands in one message: what comes of them is what would come of each by itself.
using namespace catlog;
using namespace catlog::tests;

namespace {

using Texts = std::vector<std::string>;

constexpr size_t commands_of_a_run = 600;  // more than one batch of the handler holds
constexpr size_t packs_open = 4;

std::string genre(int number) {
  return fmt::format(R"({{"id":"{}","putGenre":{{"tmdbId":{},"name":"G{}"}}}})", events::to_string(events::new_uuid()),
                     number, number);
}

Texts genres(int first, int count) {
  Texts all;
  for (int i = 0; i < count; ++i) all.push_back(genre(first + i));
  return all;
}

Texts verdicts_of(const Texts& receipts) {
  Texts verdicts;
  for (const auto& receipt : receipts) verdicts.push_back(verdict_of(receipt));
  return verdicts;
}

std::string session_frame(char id, uint64_t number, uint64_t oldest, std::vector<events::Uuid> behind = {}) {
  events::SessionFrame frame{{}, number, oldest, 0, std::move(behind)};
  frame.id.fill(id);
  return events::write_session_frame(frame);
}

Texts ask(zmq::socket_t& socket, const Texts& commands, const std::string& session = "") {
  send(socket, pack_of(commands, "t", session));
  return receive_receipts(socket, commands.size());
}

// What a whole pack is answered when nothing in it was looked at.
std::string refusal_of(zmq::socket_t& socket, const Texts& frames) {
  send(socket, frames);
  const auto answer = receive(socket);
  return answer.size() == 3 && answer[0] == frames[0] ? verdict_of(answer[2]) : "none";
}

std::string as_json(const std::string& receipt) {
  auto read = events::read_message(receipt, events::Encoding::capnp, capnp::Schema::from<events::schema::Receipt>());
  BOOST_TEST_REQUIRE(read.has_value());
  return events::encode(read->root<events::schema::Receipt>(), events::Encoding::json);
}

// Of those that can be read.
Texts in_binary(const Texts& commands) {
  Texts all;
  for (const auto& command : commands)
    if (auto read = events::read_command(command, events::Encoding::json))
      all.push_back(
          events::encode(read->root<events::schema::Command>(), events::Encoding::capnp, events::Secrets::shown));
  return all;
}

struct Outcome {
  Texts receipts;
  Tables tables;
  uint64_t head = 0;
};

// `next_size`: of each pack; 1: a command by itself.
template <class NextSize>
Outcome send_all(const Texts& commands, const std::string& encoding, const NextSize& next_size) {
  const DataDirectory data(CATLOG_BIN);
  Daemon daemon = data.start();
  zmq::context_t context;
  auto socket =
      events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(data.path(), "commands.ipc"));
  Outcome outcome;
  const auto take = [&] {
    const auto frames = receive(socket);
    BOOST_TEST_REQUIRE(frames.size() >= 3u);
    const auto receipts = frames.size() == 3 ? Texts{frames[2]} : receipts_in(frames);
    BOOST_TEST_REQUIRE(!receipts.empty());
    for (const auto& receipt : receipts) outcome.receipts.push_back(encoding == "j" ? receipt : as_json(receipt));
  };
  size_t open = 0;
  for (size_t at = 0; at < commands.size(); ++open) {
    if (open == packs_open) {
      take();
      --open;
    }
    const size_t size = std::min(next_size(), commands.size() - at);
    const Texts pack(commands.begin() + static_cast<ptrdiff_t>(at),
                     commands.begin() + static_cast<ptrdiff_t>(at + size));
    if (size == 1)
      send(socket, {"t", encoding, pack.front()});
    else
      send(socket, pack_of(pack, "t", "", encoding));
    at += size;
  }
  for (; open > 0; --open) take();
  outcome.head = data.head();
  outcome.tables = data.tables(columns_of_one_run());
  BOOST_TEST(daemon.terminate() == 0);
  return outcome;
}

void check_same_however_it_is_split(const Texts& commands, const std::string& encoding, RandomCommands& chance) {
  const auto expected = send_all(commands, encoding, [] { return size_t{1}; });
  BOOST_TEST_REQUIRE(expected.receipts.size() == commands.size());
  const auto small = [&chance] { return 1 + chance.below(8); };
  const auto large = [&chance] { return 1 + chance.below(events::max_pack_commands); };
  for (const auto& outcome : {send_all(commands, encoding, small), send_all(commands, encoding, large)}) {
    BOOST_TEST(outcome.receipts == expected.receipts, boost::test_tools::per_element());
    BOOST_TEST(outcome.head == expected.head);
    BOOST_TEST((outcome.tables == expected.tables));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(any_split_into_packs_gives_the_same_log_receipts_and_tables) {
  RandomCommands commands(1), chance(2);
  Texts all;
  while (all.size() < commands_of_a_run) all.push_back(commands.next());
  check_same_however_it_is_split(all, "j", chance);
}

BOOST_AUTO_TEST_CASE(any_split_into_packs_gives_the_same_in_binary) {
  RandomCommands commands(3), chance(4);
  Texts all;
  while (all.size() < commands_of_a_run) all.push_back(commands.next());
  check_same_however_it_is_split(in_binary(all), "c", chance);
}

BOOST_FIXTURE_TEST_SUITE(packs, HarmedDaemon)

BOOST_AUTO_TEST_CASE(each_command_is_judged_by_itself_and_in_order) {
  auto peer = dealer();
  const std::string twice = genre(4);
  const std::string nested = R"({"id":"01936b2e-8c00-7000-8000-000000000010","pack":{"commands":[]}})";
  const Texts expected{"accepted 1", "malformed",  "accepted 2",      "malformed",
                       "accepted 3", "accepted 3", "commandIdReused", "malformed"};
  const std::string reused = twice.substr(0, twice.find("putGenre")) + R"(putGenre":{"tmdbId":5,"name":"G5"}})";
  BOOST_TEST(verdicts_of(ask(peer, {genre(1), "{", genre(2), "", twice, twice, reused, nested})) == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_pack_of_one_is_answered_as_a_pack) {
  auto peer = dealer();
  BOOST_TEST(verdicts_of(ask(peer, {genre(1)})) == Texts{"accepted 1"});
}

BOOST_AUTO_TEST_CASE(frames_that_are_no_pack_are_refused_whole_and_once) {
  auto peer = dealer();
  const auto good = pack_of({genre(1), genre(2)});
  const auto with = [&good](size_t frame, const std::string& bytes) {
    auto frames = good;
    frames[frame] = bytes;
    return frames;
  };
  const auto of_zeros = [](size_t count) { return std::string(4 * count, '\0'); };
  const std::string lengths = good[4];
  for (const auto& frames :
       {with(4, ""), with(4, lengths.substr(0, 7)), with(4, lengths + '\0'), with(4, lengths.substr(0, 4)),
        with(4, lengths + lengths), with(4, std::string(8, '\xff')), with(2, good[2] + " "), with(2, ""),
        with(3, "no session"), with(1, "x"), with(4, of_zeros(2)), pack_of(Texts(events::max_pack_commands + 1)),
        pack_of(genres(1, static_cast<int>(events::max_pack_commands) + 1)),
        pack_of({genre(1), std::string(events::max_pack_bytes, ' ')}), with(4, of_zeros(1'000'000))})
    BOOST_TEST(refusal_of(peer, frames) == "malformed");
  BOOST_TEST(data.head() == 0u);
  auto six = good;
  six.emplace_back("more");
  BOOST_TEST(refusal_of(peer, six) == "malformed");
  BOOST_TEST(data.head() == 0u);
  BOOST_TEST(verdicts_of(ask(peer, genres(1, 256))).back() == "accepted 256");
}

// Of a broken pack nobody knows how many numbers it would have taken.
BOOST_AUTO_TEST_CASE(a_pack_that_is_refused_whole_passes_no_number_of_its_session) {
  auto peer = dealer();
  auto broken = pack_of({genre(1), genre(2)}, "t", session_frame('s', 1, 1));
  broken[4] = broken[4].substr(4);
  BOOST_TEST(refusal_of(peer, broken) == "malformed");
  BOOST_TEST(
      verdicts_of(ask(peer, {genre(1), genre(2)}, session_frame('s', 1, 1))) == (Texts{"accepted 1", "accepted 2"}),
      boost::test_tools::per_element());
  const auto last = session_frame('l', events::max_session_number, events::max_session_number);
  BOOST_TEST(refusal_of(peer, pack_of({genre(3), genre(4)}, "t", last)) == "malformed");
}

BOOST_AUTO_TEST_CASE(packs_of_a_session_are_carried_out_in_order_and_each_once) {
  auto peer = dealer();
  const Texts first{genre(1), "{", genre(1), genre(2)}, second = genres(3, 3);
  const Texts ahead(3, "outOfOrder");
  BOOST_TEST(verdicts_of(ask(peer, second, session_frame('s', 5, 1))) == ahead, boost::test_tools::per_element());
  const auto receipts = ask(peer, first, session_frame('s', 1, 1));
  BOOST_TEST(verdicts_of(receipts) == (Texts{"accepted 1", "malformed", "unchanged", "accepted 2"}),
             boost::test_tools::per_element());
  // Again in other packs, and one of them by itself.
  BOOST_TEST(ask(peer, {first[0], first[1]}, session_frame('s', 1, 1)) == (Texts{receipts[0], receipts[1]}),
             boost::test_tools::per_element());
  BOOST_TEST(ask(peer, {first[2], first[3], second[0]}, session_frame('s', 3, 1)).front() == receipts[2]);
  BOOST_TEST(
      verdicts_of(ask(peer, {second[1], second[2]}, session_frame('s', 6, 1))) == (Texts{"accepted 4", "accepted 5"}),
      boost::test_tools::per_element());
  BOOST_TEST(
      verdicts_of(ask(peer, {genre(9), genre(10)}, session_frame('s', 7, 1))) == (Texts{"tooLate", "accepted 6"}),
      boost::test_tools::per_element());
  BOOST_TEST(data.head() == 6u);
}

BOOST_AUTO_TEST_CASE(what_is_looked_up_comes_in_as_many_messages_as_it_needs) {
  auto peer = dealer();
  const std::string name(300'000, 'a');
  send(peer,
       {"t", "j",
        fmt::format(R"({{"id":"{}","registerUser":{{"username":"{}","passwordHash":"$2b$10$abcdefghijklmnopqrstuu4T)"
                    R"(826PRnz0Hu6YlprUuxkZxOOj5Fw5S","role":"user","isActive":true}}}})",
                    events::to_string(events::new_uuid()), name)});
  BOOST_TEST_REQUIRE(verdict_of(receive(peer).at(2)) == "accepted 1");
  Texts questions;
  for (int i = 0; i < 64; ++i)
    questions.push_back(
        fmt::format(R"({{"id":"{}","lookUp":{{"user":{{"id":1}}}}}})", events::to_string(events::new_uuid())));
  send(peer, pack_of(questions));
  size_t next = 0;
  while (next < questions.size()) {
    const auto frames = receive(peer);
    BOOST_TEST_REQUIRE(frames.size() == 4u);
    BOOST_TEST(frames[2].size() <= events::max_pack_receipt_bytes);
    const auto receipts = receipts_in(frames);
    BOOST_TEST_REQUIRE(receipts.size() == questions.size());
    for (size_t i = 0; i < receipts.size(); ++i) {
      if (receipts[i].empty()) continue;
      BOOST_TEST(i == next++);
      BOOST_TEST(verdict_of(receipts[i]) == "unchanged");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
