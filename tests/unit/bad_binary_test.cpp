#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <capnp/any.h>
#include <capnp/dynamic.h>

#include "events/codec/json.h"
#include "events/codec/message.h"
#include "events/position.h"
#include "events/schema/model.h"
#include "events/text/datetime.h"
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

using Path = std::vector<capnp::StructSchema::Field>;

// The times that a struct holds, and structs in it.
void add_times(capnp::StructSchema schema, Path& path, std::vector<Path>& times) {
  for (auto field : schema.getFields()) {
    path.push_back(field);
    if (events::column_of(field).kind == events::Kind::datetime) times.push_back(path);
    if (field.getType().isStruct()) add_times(field.getType().asStruct(), path, times);
    path.pop_back();
  }
}

std::string with_time(const Path& path, int64_t us) {
  return binary([&](Command::Builder command) {
    auto into = capnp::toDynamic(command);
    for (size_t step = 0; step + 1 < path.size(); ++step) into = into.init(path[step]).as<capnp::DynamicStruct>();
    into.set(path.back(), us);
  });
}

std::string dotted(const Path& path) {
  std::string text;
  for (auto field : path) text += (text.empty() ? "" : ".") + std::string(field.getProto().getName().cStr());
  return text;
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

// JSON has no words for them: there the command would be another one.
BOOST_AUTO_TEST_CASE(times_beyond_the_years_of_json_are_malformed) {
  std::vector<Path> times;
  Path path;
  add_times(capnp::Schema::from<Command>(), path, times);
  BOOST_TEST(times.size() >= 7u);
  for (const Path& time : times) {
    for (int64_t us : {events::first_datetime_us, int64_t{0}, events::last_datetime_us, events::absent_int})
      BOOST_TEST(fault(with_time(time, us), Encoding::capnp) == "read", dotted(time) << " " << us);
    for (int64_t us : {INT64_MIN + 1, events::first_datetime_us - 1, events::last_datetime_us + 1, INT64_MAX})
      BOOST_TEST(fault(with_time(time, us), Encoding::capnp) == dotted(time), us);
  }
  const auto in_batch = binary([](Command::Builder command) {
    auto commands = command.initBatch().initCommands(2);
    for (auto each : commands) each.initExpireRefreshTokens();
    commands[1].getExpireRefreshTokens().setBefore(events::last_datetime_us + 1);
  });
  BOOST_TEST(fault(in_batch, Encoding::capnp) == "batch.commands[1].expireRefreshTokens.before");
}

// Any NaN says that there is no number, and 0 divided by 0 is not the one that Cap'n Proto begins with.
BOOST_AUTO_TEST_CASE(every_nan_is_one_command) {
  const auto digest_with = [](double popularity, int64_t runtime) {
    const auto read = events::read_command(binary([&](Command::Builder command) {
                                             auto put = command.initPutMovie();
                                             put.initRatings().setRating(1);
                                             put.getRatings().setPopularity(popularity);
                                             put.initFacts().setRuntime(runtime);
                                           }),
                                           Encoding::capnp);
    BOOST_REQUIRE(read);
    const auto json = events::write_json(read->root<Command>(), events::Secrets::shown);
    BOOST_TEST((events::read_command(json, Encoding::json)->digest() == read->digest()));
    return read->digest();
  };
  const auto absent = digest_with(std::nan(""), events::absent_int);
  for (const double nan : {-std::nan(""), std::nan("7"), -std::nan("7")})
    BOOST_TEST((digest_with(nan, events::absent_int) == absent));
  BOOST_TEST((digest_with(0, events::absent_int) != absent));
  BOOST_TEST((digest_with(-std::nan("7"), 90) != absent));
  BOOST_TEST(fault(binary([](Command::Builder c) { c.initAddMovieSource().initSwarm().setScore(-std::nan("7")); }),
                   Encoding::capnp) == "read");
}

// JSON has the columns beside the command's own fields: there a group without any is none.
BOOST_AUTO_TEST_CASE(a_group_without_columns_is_no_group) {
  const auto read_with = [](auto&& fill) {
    auto read = events::read_command(binary([&](Command::Builder command) {
                                       auto put = command.initPutMovie();
                                       put.initFacts().setTitle("Metropolis");
                                       fill(put);
                                     }),
                                     Encoding::capnp);
    BOOST_REQUIRE(read);
    return std::move(*read);
  };
  const auto without = read_with([](auto) {});
  const events::Message empty[] = {read_with([](auto put) { put.initRatings(); }),
                                   read_with([](auto put) { put.initRatings().setRating(-std::nan("7")); })};
  for (const auto& read : empty) {
    BOOST_TEST(!read.root<Command>().getPutMovie().hasRatings());
    BOOST_TEST((read.digest() == without.digest()));
  }
  const auto with = read_with([](auto put) { put.initRatings().setRating(0); });
  BOOST_TEST(with.root<Command>().getPutMovie().hasRatings());
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
