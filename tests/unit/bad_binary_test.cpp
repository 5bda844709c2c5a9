#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <optional>
#include <string>

#include <capnp/any.h>

#include "events/codec/json.h"
#include "events/codec/message.h"
#include "tests/support/pointers.h"

BOOST_AUTO_TEST_SUITE(bad_binary_test)

using namespace catlog;
using catlog::tests::dotted;
using events::Encoding;
using events::schema::Command;

namespace {

constexpr const char* some_id = "01936b2e-8c00-7000-8000-000000000001";

// The field that is complained of, "" for the whole body; "read" when nothing is.
std::string fault(std::string_view body, Encoding encoding) {
  auto read = events::read_command(body, encoding);
  if (read) return "read";
  BOOST_TEST(read.error().message.size() > 5);
  return dotted(read.error().field);
}

template <class Fill>
std::string binary(Fill&& fill) {
  capnp::MallocMessageBuilder message;
  auto command = message.initRoot<Command>();
  command.setId(some_id);
  fill(command);
  return events::encode(command.asReader(), Encoding::capnp, events::Secrets::shown);
}

std::string binary_genre() {
  return binary([](Command::Builder command) {
    auto facts = command.initPutGenre().initFacts();
    facts.setTmdbId(16);
    facts.setName("Animation");
  });
}

std::string to_bytes(capnp::MessageBuilder& message) {
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asChars();
  return {bytes.begin(), bytes.end()};
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_frame_that_is_cut_or_too_long_is_malformed) {
  auto whole = binary_genre();
  BOOST_TEST(fault(whole, Encoding::capnp) == "read");
  for (size_t size = 0; size < whole.size(); ++size)
    BOOST_TEST(fault(whole.substr(0, size), Encoding::capnp) != "read", "cut at " << size);
  for (size_t more : {1, 7, 8, 800}) BOOST_TEST(fault(whole + std::string(more, '\0'), Encoding::capnp) == "");
}

BOOST_AUTO_TEST_CASE(the_wrong_encoding_is_malformed) {
  BOOST_TEST(fault(binary_genre(), Encoding::json) == "");
  BOOST_TEST(fault("{\"putGenre\":{\"tmdbId\":16}}", Encoding::capnp) == "");
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_refused_or_read) {
  auto whole = binary_genre();
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    auto flipped = whole;
    flipped[bit / 8] ^= static_cast<char>(1 << bit % 8);
    fault(flipped, Encoding::capnp);
  }
}

// A later version's field may lie in the padding of a word that this version knows.
BOOST_AUTO_TEST_CASE(a_bit_that_no_field_has_is_refused) {
  using Section = kj::ArrayPtr<const kj::byte> (*)(Command::Reader);
  const Section of_command = [](auto command) { return capnp::AnyStruct::Reader(command).getDataSection(); };
  const Section of_role = [](auto command) {
    return capnp::AnyStruct::Reader(command.getAssignRole()).getDataSection();
  };
  const auto json_of = [](const std::string& body) -> std::optional<std::string> {
    const auto read = events::read_command(body, Encoding::capnp);
    if (!read) return {};
    return events::write_json(read->root<Command>(), events::Secrets::shown);
  };
  for (const Section section : {of_command, of_role}) {
    size_t refused = 0, bits = 1;
    for (size_t bit = 0; bit < bits; ++bit) {
      capnp::MallocMessageBuilder message;
      auto command = message.initRoot<Command>();
      command.setId(some_id);
      command.initAssignRole().initUser().setUsername("ada");
      command.getAssignRole().setRole(events::schema::Role::ADMIN);
      const auto unchanged = json_of(to_bytes(message));
      BOOST_TEST_REQUIRE(unchanged.has_value());
      const auto data = section(command.asReader());
      bits = data.size() * 8;
      const_cast<kj::byte*>(data.begin())[bit / 8] ^= static_cast<kj::byte>(1 << bit % 8);
      const auto changed = json_of(to_bytes(message));
      if (!changed) ++refused;
      BOOST_TEST((changed != unchanged), "bit " << bit << " is read as nothing");
    }
    BOOST_TEST(refused >= 48u);  // there is a word with 16 bits of ours
  }
}

BOOST_AUTO_TEST_CASE(frames_that_promise_much_cost_nothing) {
  for (uint32_t segments : {0u, 1u, 511u, 1u << 20, UINT32_MAX}) {
    std::string body(64, '\0');
    std::memcpy(body.data(), &segments, sizeof segments);
    fault(body, Encoding::capnp);
    uint32_t words = UINT32_MAX;
    std::memcpy(body.data() + 4, &words, sizeof words);
    BOOST_TEST(fault(body, Encoding::capnp) != "read");
  }
}

BOOST_AUTO_TEST_CASE(a_list_of_nothing_that_claims_millions_is_refused) {
  // A list of a billion empty structs takes one word: pointers of size 0 must not be walked for free.
  capnp::MallocMessageBuilder command_message;
  auto command = command_message.initRoot<Command>();
  command.initBatch();
  auto bytes = to_bytes(command_message);
  // The last word is the pointer to the list of commands: a composite list of 2^29-1 elements without any words.
  uint64_t pointer = 1 | (uint64_t{7} << 32);
  uint64_t tag = (uint64_t{0x1FFFFFFF} << 2);
  std::memcpy(bytes.data() + bytes.size() - 8, &pointer, 8);
  bytes.append(reinterpret_cast<const char*>(&tag), 8);
  uint32_t words = 0;
  std::memcpy(&words, bytes.data() + 4, 4);
  ++words;
  std::memcpy(bytes.data() + 4, &words, 4);
  BOOST_TEST(fault(bytes, Encoding::capnp) != "read");
}

BOOST_AUTO_TEST_CASE(no_alternative_or_an_unknown_one_is_malformed) {
  BOOST_TEST(fault(binary([](auto) {}), Encoding::capnp) == "");
  capnp::MallocMessageBuilder message;
  auto command = message.initRoot<Command>();
  command.setId(some_id);
  command.initPutGenre();
  auto any = capnp::AnyStruct::Reader(command.asReader()).getDataSection();
  // The discriminant is the only two bytes that differ from those of another command.
  auto* data = const_cast<kj::byte*>(any.begin());
  uint16_t which = static_cast<uint16_t>(command.which());
  for (size_t at = 0; at + 2 <= any.size(); at += 2) {
    uint16_t value = 0;
    std::memcpy(&value, data + at, 2);
    if (value != which) continue;
    uint16_t unknown = 999;
    std::memcpy(data + at, &unknown, 2);
    BOOST_TEST(fault(to_bytes(message), Encoding::capnp) == "");
    return;
  }
  BOOST_ERROR("the discriminant was not found");
}

BOOST_AUTO_TEST_CASE(fields_of_a_later_schema_are_malformed) {
  // A command with one pointer more than this schema has.
  auto node = capnp::Schema::from<Command>().getProto().getStruct();
  BOOST_TEST(node.getPointerCount() > 0);
  auto whole = binary_genre();
  uint64_t pointer = 0;
  std::memcpy(&pointer, whole.data() + 8, 8);
  uint64_t pointers = pointer >> 48;
  pointer += uint64_t{1} << 48;
  std::memcpy(whole.data() + 8, &pointer, 8);
  // That pointer lies where the id's text begins; whatever it says, it is there.
  auto result = fault(whole, Encoding::capnp);
  BOOST_TEST(pointers == node.getPointerCount());
  BOOST_TEST(result != "read");
}

BOOST_AUTO_TEST_CASE(texts_are_checked_in_binary_too) {
  auto with_name = [](std::string_view name) {
    return binary([&](Command::Builder command) {
      command.initPutGenre().initFacts().setName(capnp::Text::Reader(name.data(), name.size()));
    });
  };
  BOOST_TEST(fault(with_name("café 😀"), Encoding::capnp) == "read");
  for (auto bad : {std::string("a\0b", 3), std::string("\xFF"), std::string("\xC0\xAF"), std::string("\xED\xA0\x80"),
                   std::string("\xF0\x9F\x98")})
    BOOST_TEST(fault(with_name(bad), Encoding::capnp) == "putGenre.facts.name");
}

BOOST_AUTO_TEST_CASE(columns_that_catlog_sets_are_malformed) {
  auto bad = [](auto&& fill) { return fault(binary(fill), Encoding::capnp); };
  BOOST_TEST(bad([](Command::Builder c) { c.initPutSeason().initFacts().setTvShowId(1); }) ==
             "putSeason.facts.tvShowId");
  BOOST_TEST(bad([](Command::Builder c) { c.initAddMovieSource().initSwarm().setScore(10); }) ==
             "addMovieSource.swarm.score");
  BOOST_TEST(bad([](Command::Builder c) { c.initPutMovieTranslation().initText().setId(1); }) ==
             "putMovieTranslation.text.id");
  BOOST_TEST(bad([](Command::Builder c) { c.initRecordAudit().initFacts().setUserId(1); }) ==
             "recordAudit.facts.userId");
}

BOOST_AUTO_TEST_SUITE_END()
