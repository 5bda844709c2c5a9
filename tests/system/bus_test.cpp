#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <random>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "events/codec/message.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(bus_test)

using namespace catlog;
using namespace catlog::tests;
using events::Encoding;
using events::schema::Receipt;
using std::chrono::milliseconds;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t max_resident_kb = 2'000'000;  // the sanitizers keep what was freed
#else
constexpr uint64_t max_resident_kb = 400'000;
#endif
constexpr size_t frame_cap = events::max_frame_bytes;

const std::string genre = R"({"id":"01950000-0000-7000-8000-000000000001","putGenre":{"tmdbId":16,"name":"Trick"}})";

std::string genre_with(int64_t tmdb_id) {
  return fmt::format(R"({{"id":"01950000-0000-7000-8000-{:012}","putGenre":{{"tmdbId":{},"name":"G"}}}})", tmdb_id,
                     tmdb_id);
}

// A catlogd that has accepted something, and peers that know no more than frames. At the end the daemon must have
// lived through everything and still hold what it accepted.
struct Bus {
  DataDirectory data{CATLOG_BIN};
  Daemon daemon = data.start();
  zmq::context_t context;
  zmq::socket_t dealer = connect(zmq::socket_type::dealer);

  Bus() { check_accepted({"", "first", "j", genre}); }
  void teardown() {
    BOOST_TEST(ask({"still there?", "j", genre}).at(2).find("\"firstPosition\":1,") != std::string::npos);
    BOOST_TEST(data.rows("SELECT name FROM genres WHERE tmdbId = 16").at(0).at("name") == "\"Trick\"");
    BOOST_TEST(memory_kb() < max_resident_kb);
    BOOST_TEST(data.out_of({"verify"}) == "ok\n");
    BOOST_TEST(daemon.terminate() == 0, daemon.err());
  }

  zmq::socket_t connect(zmq::socket_type type) {
    zmq::socket_t socket(context, type);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::sndhwm, 4);  // what waits here is this process's memory
    socket.connect(events::endpoint_in(data.path(), "commands.ipc"));
    return socket;
  }
  std::vector<std::string> ask(const std::vector<std::string>& frames) {
    send(dealer, frames);
    auto reply = receive(dealer);
    BOOST_TEST_REQUIRE(!reply.empty(), "no reply");
    return reply;
  }
  void check_accepted(const std::vector<std::string>& frames) {
    BOOST_TEST(ask(frames).back().find("\"accepted\"") != std::string::npos);
  }
  // The reply to a request without an empty frame, which must be a refusal with this code.
  std::vector<std::string> check_refused(const std::vector<std::string>& frames, const char* code) {
    auto reply = ask(frames);
    check_refusal(reply, code);
    return reply;
  }
  static void check_refusal(const std::vector<std::string>& reply, const char* code) {
    BOOST_TEST_REQUIRE(reply.size() >= 3u);
    const Row receipt = read_row(reply.back());
    BOOST_TEST_REQUIRE(receipt.contains("refused"), reply.back());
    const Row refused = read_row(receipt.at("refused"));
    BOOST_TEST(refused.at("code") == fmt::format("\"{}\"", code), reply.back());
    BOOST_TEST(refused.at("message").size() > 10u);
  }
  // VmRSS: what it has in memory now; VmHWM: at most so far.
  uint64_t memory_kb(const std::string& name = "VmRSS:") const {
    std::ifstream status(fmt::format("/proc/{}/status", daemon.pid()));
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(name)) return std::stoull(line.substr(name.size()));
    return UINT64_MAX;
  }
};

std::string deep(const std::string& opening, size_t depth) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += opening;
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bus, Bus)

BOOST_AUTO_TEST_CASE(req_and_dealer_get_their_tag_and_encoding_back) {
  auto req = connect(zmq::socket_type::req);
  send(req, {"a tag", "j", genre_with(17)});
  const auto to_req = receive(req);
  BOOST_TEST_REQUIRE(to_req.size() == 3u);
  BOOST_TEST(to_req[0] == "a tag");
  BOOST_TEST(to_req[1] == "j");
  BOOST_TEST(read_row(to_req[2]).contains("accepted"));

  const auto bare = ask({"", "j", genre_with(18)});  // the tag may be empty
  BOOST_TEST_REQUIRE(bare.size() == 3u);
  BOOST_TEST(bare[0] == "");
  const auto enveloped = ask({"", "t", "j", genre_with(19)});
  BOOST_TEST_REQUIRE(enveloped.size() == 4u);
  BOOST_TEST(enveloped[0] == "");
  BOOST_TEST(enveloped[1] == "t");

  auto command = events::read_command(genre_with(20), Encoding::json);
  const auto binary = events::encode(command->root<events::schema::Command>(), Encoding::capnp);
  const auto reply = ask({"t", "c", binary});
  BOOST_TEST_REQUIRE(reply.size() == 3u);
  BOOST_TEST(reply[1] == "c");
  BOOST_TEST((*Parsed<Receipt>(reply[2], Encoding::capnp)).isAccepted());
  // JSON and binary are the same command.
  BOOST_TEST(ask({"t", "j", genre_with(20)})[2].find("\"accepted\"") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(odd_frames_are_malformed_and_find_their_receipt) {
  BOOST_TEST(check_refused({"lone"}, "malformed")[0] == "lone");
  BOOST_TEST(check_refused({"t", "j"}, "malformed")[0] == "t");
  check_refused({"t", "j", "{}", "four"}, "malformed");
  check_refused({"t", "j", "{}", "four", "five"}, "malformed");
  for (size_t count : {8, 9, 20, 200}) {
    std::vector<std::string> frames(count, "x");
    BOOST_TEST(check_refused(frames, "malformed")[0] == "x");
  }
  for (size_t count : {1, 2, 5, 8}) check_refused(std::vector<std::string>(count, ""), "malformed");
  for (const char* encoding : {"", "x", "J", "json", "jj", "\x01"}) {
    const auto reply = check_refused({"t", encoding, genre_with(99)}, "malformed");
    BOOST_TEST(reply[1] == "j");
  }
  const auto long_tag = check_refused({std::string(events::max_tag_bytes + 1, 't'), "j", genre_with(99)}, "malformed");
  BOOST_TEST(long_tag[0] == std::string(events::max_tag_bytes, 't'));
  check_accepted({std::string(events::max_tag_bytes, 't'), "j", genre_with(21)});
  BOOST_TEST(data.rows("SELECT id FROM genres WHERE tmdbId = 99").empty());
}

BOOST_AUTO_TEST_CASE(bodies_that_are_no_command_are_malformed) {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("nonsense"), std::string("[]"), std::string("null"),
        std::string("{}"), std::string(R"({"putGenre":{"tmdbId":1e999}})"), std::string("{\"putGenre\":\xff}"),
        std::string(R"({"putGenre":{"tmdbId":1,"name":"\ud800"}})"), std::string("{\"a\0\":1}", 8), deep("[", 10'000),
        deep(R"({"putGenre":)", 10'000), deep(R"({"batch":{"commands":[)", 10'000), std::string(1000, '\0')})
    check_refused({"t", "j", body}, "malformed");
  for (const std::string& body : {std::string(), std::string("x"), std::string(8, '\0'), std::string(4096, '\xff')}) {
    const auto reply = ask({"t", "c", body});
    Parsed<Receipt> receipt(reply.at(2), Encoding::capnp);
    BOOST_TEST_REQUIRE((*receipt).isRefused());
    BOOST_TEST(((*receipt).getRefused().getCode() == events::schema::RefusalCode::MALFORMED));
  }
}

BOOST_AUTO_TEST_CASE(what_is_too_large_is_refused_or_cut_off_and_the_daemon_stays_small) {
  std::string largest = genre_with(22);
  largest.resize(events::max_command_bytes, ' ');
  check_accepted({"t", "j", largest});
  check_refused({"t", "j", largest + " "}, "tooLarge");
  check_refused({"t", "j", std::string(2 * events::max_command_bytes, '{')}, "tooLarge");
  for (int i = 0; i < 40; ++i) send(dealer, {"t", "j", std::string(frame_cap, 'x')});
  for (int i = 0; i < 40; ++i) check_refusal(receive(dealer), "tooLarge");

  for (const size_t size : {frame_cap + 1, size_t{100} << 20}) {
    auto reckless = connect(zmq::socket_type::dealer);
    send(reckless, {"t", "j", std::string(size, 'x')});
    BOOST_TEST(receive(reckless, milliseconds(500)).empty());  // the connection was cut, and is made again
    std::vector<std::string> reply;
    for (int tries = 0; reply.empty() && tries < 10; ++tries) {
      send(reckless, {"t", "j", genre_with(23)});
      reply = receive(reckless, milliseconds(2'000));
    }
    BOOST_TEST_REQUIRE(reply.size() == 3u);
    BOOST_TEST(read_row(reply[2]).contains("accepted"));
  }
  BOOST_TEST_MESSAGE("the daemon has " << memory_kb() << " kB, and had at most " << memory_kb("VmHWM:") << " kB");
}

BOOST_AUTO_TEST_CASE(a_batch_is_all_or_nothing) {
  const auto batch = [](int64_t number, const std::string& second) {
    return fmt::format(R"({{"id":"01950000-0000-7000-8001-{:012}","batch":{{"commands":[{},{}]}}}})", number,
                       genre_with(number), second);
  };
  check_accepted({"t", "j", batch(30, genre_with(31))});
  const auto reply = ask({"t", "j",
                          batch(32, R"({"id":"01950000-0000-7000-8002-000000000001","removeGenre":)"
                                    R"({"genre":{"tmdbId":777}}})")});
  check_refusal(reply, "notFound");
  BOOST_TEST(data.rows("SELECT id FROM genres WHERE tmdbId IN (30, 31)").size() == 2u);
  BOOST_TEST(data.rows("SELECT id FROM genres WHERE tmdbId = 32").empty());
}

BOOST_AUTO_TEST_CASE(thousands_of_garbage_messages_each_get_a_refusal) {
  const unsigned seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  std::mt19937 random(seed);
  constexpr size_t messages = 5'000, in_flight = 200;
  const std::string pieces[] = {"", "j", "c", "t", genre_with(98), "{\"putGenre\":{", std::string(300, '\xfe')};
  size_t answered = 0, sent = 0;
  while (answered < messages) {
    for (; sent < messages && sent < answered + in_flight; ++sent) {
      // Never three frames in the end, or a body that is a command: "t", "j", command is none of garbage.
      std::vector<std::string> frames(1 + random() % 8);
      for (auto& frame : frames) {
        frame = pieces[random() % std::size(pieces)];
        if (random() % 2) frame += std::string(1 + random() % 100, static_cast<char>(random()));
      }
      if (frames.size() == 3 || frames.size() == 4) frames.back() += "?";
      send(dealer, frames);
    }
    const auto reply = receive(dealer);
    BOOST_TEST_REQUIRE(reply.size() >= 3u);
    if (reply[reply.size() - 2] == "j") {
      BOOST_TEST_REQUIRE(read_row(reply.back()).contains("refused"), reply.back());
    } else {
      BOOST_TEST_REQUIRE((*Parsed<Receipt>(reply.back(), Encoding::capnp)).isRefused());
    }
    ++answered;
  }
  BOOST_TEST(data.rows("SELECT id FROM genres").size() == 1u);
}

BOOST_AUTO_TEST_CASE(who_reads_its_receipts_gets_every_one) {
  BOOST_TEST(all_are_answered(context, events::endpoint_in(data.path(), "commands.ipc"), events::commands_unanswered));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_zeromq_disturb_nobody) {
  std::mt19937 random(7);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = data / "run/commands.ipc";
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  for (int round = 0; round < 50; ++round) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    BOOST_TEST_REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    std::string bytes(random() % 4096, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    if (round % 2) bytes = "\xff" + std::string(8, '\0') + "\x7f\x03" + bytes;  // the beginning of a greeting
    static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    ::close(fd);
  }
  check_accepted({"t", "j", genre_with(40)});
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
