#include "events/schema/vocabulary.h"

#include "commandhandler/rules/unique.h"
#include "commandhandler/state/event_values.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

#include <capnp/any.h>

BOOST_AUTO_TEST_SUITE(unique_test)

// A unique key is judged wherever an event can set one of its columns. Today only events that create rows carry such
// columns; those here are made up of them.

using namespace catlog;
using namespace catlog::commandhandler;
namespace schema = events::schema;

namespace {

// The event as one that updates rows, with these columns only.
events::EventType updating(std::string_view event, const std::vector<std::string>& columns) {
  events::EventType type = *events::model().event(event);
  type.op = events::Op::UPDATE;
  std::erase_if(type.columns, [&](const auto& column) { return !std::ranges::count(columns, column.name); });
  type.judged_indexes = events::judged_indexes(events::model().entity(type.entity), type);
  return type;
}

struct Rows {
  Layer layer;
  State state{{&layer}, nullptr};

  void add(Entity entity, int64_t id, const std::map<std::string, Value>& values) {
    const auto& model = events::model().entity(entity);
    Row row;
    row.alive = true;
    for (const auto& name : model.kept) row.kept.push_back(values.contains(name) ? values.at(name) : Value{});
    state.put_row(entity, id, row);
    for (size_t i = 0; i < model.indexes.size(); ++i) {
      std::vector<Value> key;
      for (const auto& name : model.indexes[i].columns) key.push_back(values.at(name));
      if (model.indexes[i].unique) state.put(unique_key(entity, i, key), encode_id(id));
      if (!model.indexes[i].by_identity) continue;
      key.front() = identity_of(key.front());
      state.put(index_entry(index_prefix(entity, i, key), id), "");
    }
  }
  template <class Group>
  std::string check(const events::EventType& type, int64_t stream, auto fill) {
    capnp::MallocMessageBuilder message;
    auto group = message.initRoot<Group>();
    fill(group);
    const auto checked = check_unique(state, type, stream, capnp::AnyStruct::Reader(group.asReader()));
    return checked ? "" : checked.error().field;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(every_event_that_sets_a_column_of_a_unique_key_is_judged) {
  size_t judged = 0;
  for (const auto& event : events::model().events()) {
    const auto& entity = events::model().entity(event.entity);
    if (event.op != events::Op::CREATE && event.op != events::Op::UPDATE) continue;
    for (size_t i = 0; i < entity.indexes.size(); ++i)
      for (const auto& name : entity.indexes[i].columns)
        for (const auto& column : event.columns)
          if (column.name == name && (entity.indexes[i].unique || entity.indexes[i].by_identity)) {
            BOOST_TEST(std::ranges::count(event.judged_indexes, i) == 1, event.name << " sets " << name);
            ++judged;
          }
  }
  BOOST_TEST(judged > 10u);
}

BOOST_FIXTURE_TEST_CASE(an_update_that_takes_anothers_key_is_a_duplicate, Rows) {
  add(Entity::GENRE, 1, {{"tmdbId", int64_t{16}}});
  add(Entity::GENRE, 2, {{"tmdbId", int64_t{35}}});
  const auto type = updating("genreDescribed", {"tmdbId"});
  const auto to = [](int64_t id) { return [id](auto& group) { group.setTmdbId(id); }; };
  BOOST_TEST(check<schema::GenreFacts>(type, 2, to(16)) == "tmdbId");
  BOOST_TEST(check<schema::GenreFacts>(type, 1, to(16)) == "");
  BOOST_TEST(check<schema::GenreFacts>(type, 2, to(17)) == "");
  BOOST_TEST(updating("genreDescribed", {"name"}).judged_indexes.empty());
}

BOOST_FIXTURE_TEST_CASE(what_an_update_does_not_carry_the_row_has, Rows) {
  add(Entity::SEASON, 5, {{"tvShowId", int64_t{1}}, {"seasonNumber", int64_t{2}}});
  add(Entity::SEASON, 6, {{"tvShowId", int64_t{1}}, {"seasonNumber", int64_t{3}}});
  add(Entity::SEASON, 7, {{"tvShowId", int64_t{4}}, {"seasonNumber", int64_t{3}}});
  const auto type = updating("seasonDescribed", {"seasonNumber"});
  const auto second = [](auto& group) { group.setSeasonNumber(2); };
  BOOST_TEST(check<schema::SeasonFacts>(type, 6, second) == "seasonNumber");
  BOOST_TEST(check<schema::SeasonFacts>(type, 5, second) == "");
  BOOST_TEST(check<schema::SeasonFacts>(type, 7, second) == "");
}

BOOST_FIXTURE_TEST_CASE(a_name_that_is_compared_is_judged_in_every_spelling, Rows) {
  add(Entity::USER, 1, {{"username", std::string("zo\u00EB")}});
  add(Entity::USER, 2, {{"username", std::string("ada")}});
  const auto type = updating("userRegistered", {"username"});
  const auto to = [](const char* name) { return [name](auto& group) { group.setUsername(name); }; };
  BOOST_TEST(check<schema::UserFacts>(type, 2, to("zoe\u0308")) == "username");
  BOOST_TEST(check<schema::UserFacts>(type, 1, to("zoe\u0308")) == "");
  BOOST_TEST(check<schema::UserFacts>(type, 2, to("zoe")) == "");
}

BOOST_AUTO_TEST_SUITE_END()
