#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(batches_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

std::string with_id(int number, const std::string& command) {
  return fmt::format(R"({{"id":"01950000-0000-7000-8000-{:012}",{}}})", number, command);
}

std::string movie(int tmdb_id, const std::string& title) {
  return fmt::format(
      R"("putMovie":{{"tmdbId":{},"title":"{}","overview":"","releaseDate":"","poster":"","backdrop":""}})", tmdb_id,
      title);
}

const std::string genre = R"("putGenre":{"tmdbId":16,"name":"Animation"})";
// Two of its commands change something; of the others one names what is there, and one what the batch itself made.
const std::string batch =
    with_id(10, R"("batch":{"commands":[)" + with_id(11, genre) + ',' + with_id(12, movie(1, "Sintel")) + ',' +
                    with_id(13, movie(2, "Spring")) + ',' + with_id(14, movie(1, "Sintel")) + ',' +
                    with_id(15, R"("rateMovie":{"movie":{"tmdbId":2},"rating":5})") + "]}");

}  // namespace

BOOST_AUTO_TEST_CASE(a_repeated_batchs_receipt_is_the_first_one) {
  const DataDirectory data(CATLOG_BIN);
  std::optional<Daemon> daemon;
  zmq::context_t context;
  const auto ask = [&](const std::string& command) {
    auto peer =
        events::connect_socket(context, zmq::socket_type::dealer, events::endpoint_in(data.path(), "commands.ipc"));
    send(peer, {"t", "j", command});
    const auto frames = receive(peer);
    return frames.size() == 3 ? frames[2] : "nothing";
  };
  daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  BOOST_TEST(has(ask(with_id(1, genre)), "accepted"));
  BOOST_TEST(has(ask(with_id(2, movie(2, "Spring"))), "accepted"));
  const std::string first = ask(batch);
  BOOST_TEST(
      first ==
      R"({"id":"01950000-0000-7000-8000-000000000010","accepted":{"firstPosition":3,"lastPosition":4,"version":0},"receipts":[)"
      R"({"id":"01950000-0000-7000-8000-000000000011","unchanged":{"entityId":1,"version":1}},)"
      R"({"id":"01950000-0000-7000-8000-000000000012","accepted":{"firstPosition":3,"lastPosition":3,"entityId":2,"version":1}},)"
      R"({"id":"01950000-0000-7000-8000-000000000013","unchanged":{"entityId":1,"version":1}},)"
      R"({"id":"01950000-0000-7000-8000-000000000014","unchanged":{"entityId":2,"version":1}},)"
      R"({"id":"01950000-0000-7000-8000-000000000015","accepted":{"firstPosition":4,"lastPosition":4,"entityId":1,"version":2}}]})");
  BOOST_TEST(ask(batch) == first);

  // What it was about goes on.
  BOOST_TEST(has(ask(with_id(20, R"("putGenre":{"tmdbId":16,"name":"Cartoon"})")), "accepted"));
  BOOST_TEST(has(ask(with_id(21, movie(1, "Another title"))), "accepted"));
  BOOST_TEST(has(ask(with_id(22, R"("removeMovie":{"movie":{"tmdbId":2}})")), "accepted"));
  BOOST_TEST(ask(batch) == first);
  daemon->kill();
  daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  BOOST_TEST(ask(batch) == first);
  BOOST_TEST(daemon->terminate() == 0, daemon->err());
  std::filesystem::remove_all(data / "state");  // built again from the log
  daemon.emplace(CATLOG_BIN "/catlogd", data.path());
  BOOST_TEST(ask(batch) == first);
  // A command of it by itself: what was accepted gets its own receipt.
  BOOST_TEST(
      ask(with_id(12, movie(1, "Sintel"))) ==
      R"({"id":"01950000-0000-7000-8000-000000000012","accepted":{"firstPosition":3,"lastPosition":3,"entityId":2,"version":1}})");
  BOOST_TEST(data.head() == 7u);
  BOOST_TEST(daemon->terminate() == 0, daemon->err());
}

BOOST_AUTO_TEST_SUITE_END()
