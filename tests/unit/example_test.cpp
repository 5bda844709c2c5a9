#include "events/schema/vocabulary.h"

#include <boost/test/unit_test.hpp>

#include <set>

#include "tests/support/commands.h"

BOOST_AUTO_TEST_SUITE(example_test)

using namespace catlog;
using namespace catlog::tests;

BOOST_AUTO_TEST_CASE(every_example_is_a_command_of_its_kind) {
  BOOST_TEST(!events::model().commands().empty());
  for (const auto& type : events::model().commands()) {
    auto read = events::read_command(type.example, events::Encoding::json);
    BOOST_REQUIRE_MESSAGE(read, type.name << ": " << (read ? "" : read.error().field + ": " + read.error().message));
    BOOST_TEST(static_cast<uint16_t>(read->root<events::schema::Command>().which()) == type.which, type.name);
    BOOST_TEST(type.says.size() > 20, type.name);
    BOOST_TEST(type.says.back() == '.', type.name);
  }
}

// An example is what somebody tries first: on a catalogue that has what it names it is accepted.
BOOST_AUTO_TEST_CASE(the_examples_work_one_after_the_other) {
  WriteSide side;
  fill_catalogue(side);
  for (auto name : {"removeTvShow", "removeUser", "removeMediaList"}) BOOST_TEST(events::model().command(name));
  for (int64_t genre : {16, 35, 10751}) side.accept(genre_fields(genre).with("name", "\"G\"").as("putGenre"));
  side.accept("{\"removeUser\":{\"user\":{\"username\":\"ada\"}}}");
  // In the order of the declaration, but removals from the last one up.
  std::vector<const events::CommandType*> removals;
  for (const auto& type : events::model().commands()) {
    bool removes = type.name.rfind("remove", 0) == 0 || type.name == "unlinkTrakt" || type.name == "revokeRefreshToken";
    if (removes) {
      removals.push_back(&type);
      continue;
    }
    if (type.name == "issueRefreshToken") side.accept("{\"activateUser\":{\"user\":{\"username\":\"ada\"}}}");
    auto receipt = side.send(type.example);
    BOOST_TEST((receipt.verdict != events::Receipt::Verdict::refused),
               type.name << ": " << outcome(receipt) << " " << receipt.refusal.message);
  }
  std::set<std::string> gone;
  for (int round = 0; round < 4; ++round)
    for (const auto* type : removals)
      if (!gone.contains(type->name) && side.send(type->example).verdict == events::Receipt::Verdict::accepted)
        gone.insert(type->name);
  // A show goes with its seasons and episodes, a title with its translations, a user with token and link.
  const std::set<std::string> with_their_owner = {
      "removeSeason",           "removeEpisode",           "removeGenreTranslation",
      "removeMovieTranslation", "removeTvShowTranslation", "unlinkTrakt",
      "revokeRefreshToken"};
  for (const auto* type : removals)
    BOOST_TEST((gone.contains(type->name) || with_their_owner.contains(type->name)), type->name);
}

BOOST_AUTO_TEST_SUITE_END()
