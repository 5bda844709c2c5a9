#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <utility>

#include <capnp/message.h>
#include <fmt/format.h>

#include "commandhandler/state/known_keys.h"
#include "events/codec/json.h"
#include "events/export/description.h"
#include "projector/names/names.h"
#include "store/records.h"
#include "tests/support/data_directory.h"
#include "tests/support/random_commands.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(names_test)

using namespace catlog;
using namespace catlog::tests;
using events::Position;
using projector::Names;

namespace {

std::string told(Names& names, const events::RecordReader& record) {
  capnp::MallocMessageBuilder message;
  const auto into = message.initRoot<events::schema::Names>();
  const bool any = names.fill(record, into);
  const std::string text = events::write_json(into.asReader(), events::Secrets::hidden);
  BOOST_TEST(any == (text != "{}"));
  return text;
}

using Told = std::map<Position, std::string>;

Told told_from(Names& names, const store::Log& log, Position from) {
  Told all;
  store::for_each_record(log, from, UINT64_MAX, [&](const events::RecordReader& record) {
    all[record.getPosition()] = told(names, record);
    return true;
  });
  return all;
}

Told told_one_by_one(const events::KnownKeys& known, const store::Log& log) {
  Told all;
  store::for_each_record(log, 1, UINT64_MAX, [&](const events::RecordReader& record) {
    Names names(log, known);  // which has seen nothing
    all[record.getPosition()] = told(names, record);
    return true;
  });
  return all;
}

const events::EventType& type_of(const events::RecordReader& record) {
  return *events::model().event(static_cast<uint16_t>(record.getEvent().which()));
}

std::string movie(int tmdb_id) {
  return fmt::format(
      R"({{"putMovie":{{"tmdbId":{},"title":"M","overview":"","releaseDate":"","poster":"","backdrop":""}}}})",
      tmdb_id);
}

}  // namespace

// Whoever follows, whoever reads from anywhere, with the stored state behind the log or without any.
BOOST_AUTO_TEST_CASE(what_is_told_of_an_event_does_not_depend_on_who_asks_when) {
  size_t removed = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    WriteSide side;
    RandomCommands commands(seed);
    const auto known = commandhandler::known_keys(side.states());
    Names following(side.log(), known);
    Told live;
    for (int i = 0; i < 250; ++i) {
      const Position before = side.log().head();
      side.send(commands.next());
      live.merge(told_from(following, side.log(), before + 1));
      if (commands.below(40) == 0) side.flush_state();
    }
    Names without_state(side.log());
    BOOST_TEST((told_from(without_state, side.log(), 1) == live), "seed " << seed);
    BOOST_TEST((told_one_by_one(known, side.log()) == live), "seed " << seed);
    side.flush_state();
    BOOST_TEST((told_one_by_one(known, side.log()) == live), "seed " << seed);
    for (const auto& [position, names] : live)
      if (has(names, "id") && !has(names, "tmdbId") && !has(names, "infoHash") && !has(names, "username"))
        BOOST_ERROR("seed " << seed << ": a key is missing at " << position << ": " << names);
    store::for_each_record(side.log(), 1, UINT64_MAX, [&](const events::RecordReader& record) {
      removed += type_of(record).op == events::Op::REMOVE;
      return true;
    });
  }
  BOOST_TEST(removed > 20u);
}

BOOST_AUTO_TEST_CASE(a_row_keeps_its_natural_key_and_no_other_row_has_its_id) {
  std::map<std::pair<events::Entity, int64_t>, events::NaturalKey> keys;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    WriteSide side;
    RandomCommands commands(seed);
    keys.clear();
    for (int i = 0; i < 400; ++i) side.send(commands.next());
    store::for_each_record(side.log(), 1, UINT64_MAX, [&](const events::RecordReader& record) {
      if (const auto key = events::natural_key_in(type_of(record), record)) {
        const auto [first, is_new] = keys.try_emplace({record.getStream(), record.getStreamId()}, *key);
        BOOST_TEST((first->second == *key), "position " << record.getPosition());
        BOOST_TEST(is_new == (record.getStreamVersion() == 1), "position " << record.getPosition());
      }
      return true;
    });
    BOOST_TEST(keys.size() > 5u);
  }
}

BOOST_AUTO_TEST_CASE(the_catalogue_says_which_names_an_event_has) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    WriteSide side;
    RandomCommands commands(seed);
    for (int i = 0; i < 250; ++i) side.send(commands.next());
    Names names(side.log());
    store::for_each_record(side.log(), 1, UINT64_MAX, [&](const events::RecordReader& record) {
      const auto& said = events::description().event(type_of(record).name)->names;
      for (const auto& [member, value] : read_row(told(names, record)))
        BOOST_TEST((member == "actor" || std::ranges::find(said, member) != said.end()),
                   type_of(record).name << " has " << member);
      return true;
    });
  }
}

BOOST_AUTO_TEST_CASE(beyond_what_may_be_kept_of_what_is_not_known_a_thing_has_its_id_alone) {
  WriteSide side;
  for (int i = 1; i <= 5; ++i) side.accept(movie(i));
  for (int i = 1; i <= 5; ++i) side.accept(fmt::format(R"({{"rateMovie":{{"movie":{{"tmdbId":{}}},"rating":5}}}})", i));
  Names few(side.log(), commandhandler::known_keys(side.states()), 3);
  Told all = told_from(few, side.log(), 6);
  BOOST_TEST(all.at(8) == R"({"movie":{"id":3,"tmdbId":3}})");
  BOOST_TEST(all.at(9) == R"({"movie":{"id":4}})");
  side.flush_state();
  all = told_from(few, side.log(), 6);
  BOOST_TEST(all.at(8) == R"({"movie":{"id":3,"tmdbId":3}})");
  BOOST_TEST(all.at(9) == R"({"movie":{"id":4,"tmdbId":4}})");
}

BOOST_AUTO_TEST_SUITE_END()
