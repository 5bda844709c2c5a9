#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <random>

#include "events/codec/message.h"
#include "tests/support/commands.h"
#include "tests/support/random_commands.h"
#include "tests/support/random_values.h"

BOOST_AUTO_TEST_SUITE(command_test)

using namespace catlog;
using namespace catlog::tests;
using events::Encoding;

namespace {

constexpr auto time_budget = std::chrono::seconds(15);
constexpr size_t most_mutants = 200'000;

// Bytes that mean something to one of the two readers.
const std::string_view pieces[] = {"{",
                                   "}",
                                   "[",
                                   "]",
                                   "\"",
                                   ":",
                                   ",",
                                   "null",
                                   "true",
                                   "-1",
                                   "1e999",
                                   "\\u0000",
                                   "\\ud83d",
                                   "\xFF",
                                   "9007199254740993",
                                   "{\"id\":1}",
                                   "\"batch\":",
                                   "\"putMovie\":",
                                   std::string_view("\0\0\0\0\0\0\0\0", 8),
                                   "\xFF\xFF\xFF\xFF"};

std::string mutated(std::string body, const std::string& other, RandomValues& random) {
  for (auto changes = 1 + random.below(4); changes > 0; --changes) {
    auto at = random.below(body.size() + 1);
    switch (random.below(6)) {
      case 0:
        if (at < body.size()) body[at] = static_cast<char>(random.below(256));
        break;
      case 1:
        if (at < body.size()) body[at] ^= static_cast<char>(1 << random.below(8));
        break;
      case 2:
        body.erase(at, random.below(16));
        break;
      case 3:
        body.insert(at, pieces[random.below(std::size(pieces))]);
        break;
      case 4:
        body.insert(at, other.substr(random.below(other.size() + 1), random.below(64)));
        break;
      default:
        body.resize(at);
    }
  }
  return body;
}

struct Counts {
  size_t malformed = 0, refused = 0, accepted = 0;
};

void judge(WriteSide& side, std::string_view body, Encoding encoding, Counts& counts) {
  auto read = events::read_command(body, encoding);
  if (!read) {
    BOOST_REQUIRE(!read.error().message.empty());
    ++counts.malformed;
    return;
  }
  auto receipt = side.send(*read);
  bool refused = receipt.verdict == events::Receipt::Verdict::refused;
  if (refused) BOOST_REQUIRE(!receipt.refusal.message.empty());
  ++(refused ? counts.refused : counts.accepted);
  for (auto form : {Encoding::json, Encoding::capnp}) BOOST_REQUIRE(!events::encode(receipt, form).empty());
}

}  // namespace

BOOST_AUTO_TEST_CASE(mutated_commands_get_a_receipt) {
  auto seed = std::random_device()();
  BOOST_TEST_MESSAGE("seed " << seed);
  RandomValues random(seed);
  RandomCommands commands(seed);
  WriteSide side;
  Counts counts;
  std::string other = "{}";
  auto end = std::chrono::steady_clock::now() + time_budget;
  for (size_t i = 0; i < most_mutants && std::chrono::steady_clock::now() < end; ++i) {
    auto json = commands.next();
    auto read = events::read_command(json, Encoding::json);
    BOOST_REQUIRE(read);
    if (random.below(4) == 0) judge(side, json, Encoding::json, counts);
    auto binary = events::encode(read->root<events::schema::Command>(), Encoding::capnp, events::Secrets::shown);
    for (const auto& [body, encoding] : {std::pair(json, Encoding::json), std::pair(binary, Encoding::capnp)})
      judge(side, mutated(body, other, random), encoding, counts);
    other = random.below(2) == 0 ? json : binary;
  }
  BOOST_TEST_MESSAGE(counts.malformed << " malformed, " << counts.refused << " refused, " << counts.accepted
                                      << " accepted");
  BOOST_TEST(counts.malformed > 0u);
  BOOST_TEST(counts.refused > 0u);
  BOOST_TEST(counts.accepted > 0u);
  // The log that came of it can be folded from nothing.
  side.restart(WriteSide::StateFolder::deleted);
  side.flush_state();
}

BOOST_AUTO_TEST_SUITE_END()
