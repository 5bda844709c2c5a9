#include "events/schema/record.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "events/bus/bus.h"
#include "events/codec/message.h"
#include "tests/support/commands.h"
#include "tests/support/refusals.h"

BOOST_AUTO_TEST_SUITE(command_size_test)

using namespace catlog;
using namespace catlog::tests;

namespace {

constexpr const char* id_a = "01936b2e-8c00-7000-8000-00000000000a";
constexpr const char* id_b = "01936b2e-8c00-7000-8000-00000000000b";
constexpr const char* id_c = "01936b2e-8c00-7000-8000-00000000000c";

// A movie whose four texts are one and the same in the message: `bytes` are sent, four times as many are meant.
std::string overlapping(const char* id, size_t bytes) {
  capnp::MallocMessageBuilder message;
  auto command = message.initRoot<events::schema::Command>();
  command.setId(id);
  auto facts = command.initPutMovie().initFacts();
  facts.setTmdbId(77);
  facts.setReleaseDate("2001-01-01");
  facts.setTitle(('A' + std::string(bytes - 1, '\1')).c_str());
  for (auto set : {&events::schema::MovieFacts::Builder::setOverview, &events::schema::MovieFacts::Builder::setPoster,
                   &events::schema::MovieFacts::Builder::setBackdrop})
    (facts.*set)("o");
  std::string sent = events::encode(command.asReader(), events::Encoding::capnp);
  std::vector<uint64_t> words(sent.size() / sizeof(uint64_t));
  std::memcpy(words.data(), sent.data(), sent.size());
  // The title's pointer: a list of bytes of this length.
  const uint64_t size_and_kind = ((uint64_t{bytes} + 1) << 35) | (uint64_t{2} << 32) | 1;
  const auto title =
      std::ranges::find_if(words, [&](uint64_t word) { return (word & ~uint64_t{0xfffffffc}) == size_and_kind; });
  BOOST_REQUIRE((title != words.end()));
  for (const int next : {1, 3, 4}) title[next] = *title - static_cast<uint64_t>(next) * 4;  // offsets count from behind
  std::memcpy(sent.data(), words.data(), sent.size());
  return sent;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(command_size, WriteSide)

BOOST_AUTO_TEST_CASE(the_size_that_counts_is_that_of_the_command_written_out) {
  const auto sent = overlapping(id_a, 700'000);
  BOOST_TEST(sent.size() < events::max_command_bytes);
  const auto large = events::read_command(sent, events::Encoding::capnp);
  BOOST_REQUIRE(large);
  BOOST_TEST(outcome(send(*large)) == "tooLarge");
  const auto small = events::read_command(overlapping(id_b, 400'000), events::Encoding::capnp);
  BOOST_REQUIRE(small);
  BOOST_TEST(outcome(send(*small)) == "accepted");
  // In a batch each one counts by itself.
  std::string numbers = "[1";
  for (int i = 0; i < 300'000; ++i) numbers += ",1";
  const std::string show =
      R"({"putTvShow":{"tmdbId":77,"name":"N","overview":"","firstAirDate":"","poster":"",)"
      R"("backdrop":"","status":"","tagline":"","type":"","inProduction":false,"episodeRunTime":)" +
      numbers + "]}}";
  const auto with_id = [](const char* id, std::string_view command) {
    return in_envelope(fmt::format("\"id\":\"{}\"", id), command);
  };
  const std::string genre = R"({"putGenre":{"tmdbId":7,"name":"G"}})";
  BOOST_TEST(outcome(send(fmt::format(R"({{"batch":{{"commands":[{},{}]}}}})", with_id(id_c, genre),
                                      with_id(id_a, show)))) == "tooLarge batch.commands[1]");
}

// Whatever is taken, either encoding of the event is within a frame.
BOOST_AUTO_TEST_CASE(an_event_of_the_longest_command_fits_a_frame) {
  const auto longest =
      events::read_command(overlapping(id_a, events::max_canonical_bytes / 4 - 200), events::Encoding::capnp);
  BOOST_REQUIRE(longest);
  BOOST_TEST_REQUIRE(outcome(send(*longest)) == "accepted");
  const auto snapshot = log().snapshot();
  for (events::Position position = 1; position <= snapshot.head(); ++position) {
    const events::RecordView record(snapshot.read(position));
    for (const auto encoding : {events::Encoding::json, events::Encoding::capnp})
      BOOST_TEST(events::encode(record.root(), encoding).size() < events::max_frame_bytes);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
