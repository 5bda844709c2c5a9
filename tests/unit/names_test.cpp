#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <capnp/dynamic.h>
#include <fmt/ranges.h>

#include "commandhandler/state/known_keys.h"
#include "commandhandler/state/row.h"
#include "events/bus/topics.h"
#include "events/codec/json.h"
#include "events/export/description.h"
#include "events/schema/reference_form.h"
#include "projector/feed/replay.h"
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

// Whether a thing is told by its row id and one of the keys by which commands name it.
bool has_key(capnp::DynamicStruct::Reader thing) {
  const auto& form = events::reference_form(thing.getSchema());
  const auto is_told = [&](const events::NamingKey::Part& part) {
    if (events::is_absent_in(part.field, thing.as<capnp::AnyStruct>())) return false;
    return !part.row || has_key(thing.get(part.field.field).as<capnp::DynamicStruct>());
  };
  return std::ranges::any_of(form.keys, [&](const auto& key) { return std::ranges::all_of(key.parts, is_told); }) &&
         !events::is_absent_in(form.id, thing.as<capnp::AnyStruct>());
}

// The members that are told, each of which must have its key.
std::vector<std::string> whole_members(capnp::DynamicStruct::Reader names) {
  std::vector<std::string> members;
  for (const auto field : names.getSchema().getFields()) {
    if (!names.has(field)) continue;
    members.emplace_back(field.getProto().getName().cStr());
    if (field.getType().isStruct())
      BOOST_TEST(has_key(names.get(field).as<capnp::DynamicStruct>()), members.back());
    else if (field.getType().isList())
      for (const auto each : names.get(field).as<capnp::DynamicList>())
        BOOST_TEST(has_key(each.as<capnp::DynamicStruct>()), members.back());
  }
  return members;
}

std::string told(Names& names, const events::RecordReader& record) {
  const auto told = names.told(record);
  const std::string text = told ? events::write_json(*told, events::Secrets::hidden) : "{}";
  BOOST_TEST(told.has_value() == (text != "{}"));
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
    Names again(side.log(), known);
    store::for_each_record(side.log(), 1, UINT64_MAX, [&](const events::RecordReader& record) {
      BOOST_TEST_CONTEXT("seed " << seed << ", position " << record.getPosition())
      if (const auto told = again.told(record)) whole_members(*told);
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
  std::map<std::string, std::set<std::string>> seen;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    WriteSide side;
    RandomCommands commands(seed);
    for (int i = 0; i < 250; ++i) side.send(commands.next());
    Names names(side.log());
    store::for_each_record(side.log(), 1, UINT64_MAX, [&](const events::RecordReader& record) {
      auto& of_type = seen[type_of(record).name];
      if (const auto told = names.told(record))
        for (std::string& member : whole_members(*told))
          if (member != "actor") of_type.insert(std::move(member));
      return true;
    });
  }
  BOOST_TEST(seen.size() > 20u);
  for (const auto& [event, members] : seen) {
    const auto& said = events::description().event(event)->names;
    BOOST_TEST(
        (members == std::set<std::string>(said.begin(), said.end())),
        event << " is told by " << fmt::format("{}, said are {}", fmt::join(members, " "), fmt::join(said, " ")));
  }
}

BOOST_AUTO_TEST_CASE(beyond_what_may_be_kept_of_what_is_not_known_a_thing_has_its_id_alone) {
  WriteSide side;
  for (int i = 1; i <= 5; ++i) side.accept(movie(i));
  for (int i = 1; i <= 5; ++i) side.accept(fmt::format(R"({{"rateMovie":{{"movie":{{"tmdbId":{}}},"rating":5}}}})", i));
  Names few(side.log(), commandhandler::known_keys(side.states()), {.rows = 3});
  Told all = told_from(few, side.log(), 6);
  BOOST_TEST(all.at(8) == R"({"movie":{"id":3,"tmdbId":3}})");
  BOOST_TEST(all.at(9) == R"({"movie":{"id":4}})");
  side.flush_state();
  all = told_from(few, side.log(), 6);
  BOOST_TEST(all.at(8) == R"({"movie":{"id":3,"tmdbId":3}})");
  BOOST_TEST(all.at(9) == R"({"movie":{"id":4,"tmdbId":4}})");
}

BOOST_AUTO_TEST_CASE(what_is_too_far_behind_is_not_looked_for) {
  WriteSide side;
  for (int i = 1; i <= 5; ++i) side.accept(movie(i));
  side.flush_state();
  for (int i = 6; i <= 9; ++i) side.accept(movie(i));
  side.accept(R"({"rateMovie":{"movie":{"tmdbId":2},"rating":5}})");
  side.accept(R"({"rateMovie":{"movie":{"tmdbId":6},"rating":5}})");
  const auto known = commandhandler::known_keys(side.states());
  for (const auto& [behind, due] :
       {std::pair(Position{6}, R"({"movie":{"id":6,"tmdbId":6}})"), std::pair(Position{5}, R"({"movie":{"id":6}})")}) {
    Names names(side.log(), known, {.behind = behind});
    const Told all = told_from(names, side.log(), 10);
    BOOST_TEST(all.at(10) == R"({"movie":{"id":2,"tmdbId":2}})");
    BOOST_TEST(all.at(11) == due);
  }
  Names without_state(side.log(), {}, {.behind = 1});
  BOOST_TEST(told_from(without_state, side.log(), 1).at(11) == R"({"movie":{"id":6,"tmdbId":6}})");  // as it followed
}

BOOST_AUTO_TEST_CASE(a_name_that_is_too_long_is_told_by_its_id_alone_by_whoever_tells_it) {
  const auto user = [](size_t bytes) {
    return fmt::format(
        R"({{"registerUser":{{"username":"{}","passwordHash":"$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S","role":"user"}}}})",
        std::string(bytes, 'a'));
  };
  constexpr size_t nearly_1_mib = (size_t{1} << 20) - 1'024;
  WriteSide side;
  for (const size_t bytes :
       {events::NaturalKey::most_text_bytes, events::NaturalKey::most_text_bytes + 1, nearly_1_mib})
    side.accept(user(bytes));
  for (int id = 1; id <= 3; ++id)
    side.accept(fmt::format(
        R"({{"actor":{{"userId":{}}},"createMediaList":{{"name":"L{}","description":"","isPublic":false}}}})", id, id));
  const auto known = commandhandler::known_keys(side.states());
  for (const bool is_flushed : {false, true}) {
    if (is_flushed) side.flush_state();
    for (const auto& all : {told_one_by_one(known, side.log()), told_one_by_one({}, side.log())}) {
      for (Position at : {1, 7})  // a user's first event, and the second is in the audit trail
        BOOST_TEST(has(all.at(at), R"("username":")" + std::string(events::NaturalKey::most_text_bytes, 'a') + "\""));
      BOOST_TEST(all.at(3) == R"({"user":{"id":2}})");
      BOOST_TEST(all.at(4) == R"({"user":{"id":2}})");
      BOOST_TEST(all.at(5) == R"({"user":{"id":3}})");
      BOOST_TEST(all.at(8) == R"({"actor":{"id":2}})");
      BOOST_TEST(all.at(9) == R"({"actor":{"id":3}})");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_row_of_the_state_is_told_by_its_id_alone) {
  WriteSide side;
  for (int i = 1; i <= 4; ++i) side.accept(movie(i));
  for (int i = 1; i <= 4; ++i) side.accept(fmt::format(R"({{"rateMovie":{{"movie":{{"tmdbId":{}}},"rating":5}}}})", i));
  side.flush_state();
  commandhandler::Row of_texts;
  of_texts.kept.assign(events::model().entity(events::Entity::MOVIE).kept.size(), std::string("no number"));
  const std::string cut = "cut", texts = commandhandler::encode_row(of_texts), empty = commandhandler::encode_row({});
  const auto movie_key = [](int64_t id) { return commandhandler::row_key(events::Entity::MOVIE, id); };
  const std::string first(movie_key(1)), second(movie_key(2)), third(movie_key(3));
  side.states().flush({{first, cut}, {second, texts}, {third, empty}}, side.log().head());

  Names names(side.log(), commandhandler::known_keys(side.states()));
  const auto chunk = projector::read_chunk(side.log(), 5, 10, events::TopicFilter({}), events::Encoding::json,
                                           std::chrono::steady_clock::time_point::max(), &names);
  BOOST_TEST_REQUIRE(chunk.events.size() == 4u);
  for (size_t at = 0; at < 3; ++at)
    BOOST_TEST(read_row(chunk.events[at].header).at("names") == fmt::format(R"({{"movie":{{"id":{}}}}})", at + 1));
  BOOST_TEST(read_row(chunk.events[3].header).at("names") == R"({"movie":{"id":4,"tmdbId":4}})");
}

BOOST_AUTO_TEST_CASE(a_translations_language_is_looked_for_among_a_bounded_number_of_events) {
  for (const int between : {Names::most_looked_back - 1, Names::most_looked_back}) {
    WriteSide side;
    side.accept(movie(1));
    side.accept(R"({"putMovieTranslation":{"movie":{"tmdbId":1},"language":"de","title":"M","overview":""}})");
    for (int i = 1; i <= between; ++i)
      side.accept(fmt::format(R"({{"rateMovie":{{"movie":{{"tmdbId":1}},"popularity":{}}}}})", i));
    side.accept(R"({"removeMovieTranslation":{"movie":{"tmdbId":1},"language":"de"}})");
    Names names(side.log());
    BOOST_TEST(told_from(names, side.log(), 1).at(side.log().head()) ==
               (between < Names::most_looked_back ? R"({"movie":{"id":1,"tmdbId":1},"language":"de"})"
                                                  : R"({"movie":{"id":1,"tmdbId":1}})"));
  }
}

// For the others no stream is read back: a user's tokens are removed by the thousand.
BOOST_AUTO_TEST_CASE(only_translations_have_a_language_that_is_looked_for) {
  std::set<std::string> found;
  for (const auto& type : events::model().events())
    if (events::removes_translation(type)) found.insert(type.name);
  BOOST_TEST((found ==
              std::set<std::string>{"movieTranslationRemoved", "tvShowTranslationRemoved", "genreTranslationRemoved"}),
             fmt::format("{}", fmt::join(found, " ")));
}

BOOST_AUTO_TEST_SUITE_END()
