#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "events/schema/entity.h"
#include "projector/groups/group_keeper.h"
#include "tests/support/records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(groups_test)

using namespace catlog;
using namespace catlog::tests;
using projector::Delivery;
using projector::GroupKeeper;
using projector::Position;
using Time = GroupKeeper::Time;

namespace {

// A log of so many genres, and the groups of its data directory.
struct WithGenres {
  static constexpr Position genres = GroupKeeper::records_per_look + 1'000;
  TemporaryDirectory data;
  store::Log log = store::Log::open(data / "log", store::Access::write);
  GroupKeeper keeper{log, data / "groups", Time(0)};

  WithGenres() {
    std::vector<EventDraft> drafts;
    for (Position genre = 1; genre <= genres; ++genre)
      drafts.push_back({events::Entity::GENRE, static_cast<int64_t>(genre),
                        fmt::format(R"({{"genreDescribed":{{"tmdbId":{},"name":"Genre"}}}})", genre)});
    RecordScript script;
    script.command(drafts);
    script.append_to(log);
  }
  projector::Group& join(const std::string& name, std::vector<std::string> topics) {
    const auto group = keeper.join({name, "one", std::move(topics), 1, {}}, Time(0));
    BOOST_TEST_REQUIRE(group.has_value());
    return **group;
  }
};

}  // namespace

// So whoever looks for one event in a long log holds nobody up.
BOOST_FIXTURE_TEST_CASE(a_long_log_is_looked_at_piece_by_piece, WithGenres) {
  auto& rare = join("rare", {fmt::format("genres/{}/", genres)});
  BOOST_TEST(keeper.hand_out(rare, "one", Time(0), 10).empty());
  BOOST_TEST(rare.work.state().seen == GroupKeeper::records_per_look);
  BOOST_TEST(keeper.is_behind(rare));
  BOOST_TEST(keeper.save(Time(0)).empty());
  auto& all = join("all", {});
  BOOST_TEST(keeper.hand_out(all, "one", Time(0), 10).size() == 10u);
  BOOST_TEST(all.work.state().seen == 10u);  // no further than it takes
  BOOST_TEST((keeper.hand_out(rare, "one", Time(0), 10) == std::vector<Delivery>{{genres, 1}}));
  BOOST_TEST(!keeper.is_behind(rare));
}

BOOST_FIXTURE_TEST_CASE(another_keeper_finds_what_was_written, WithGenres) {
  auto& group = join("index", {"genres/"});
  const auto given = keeper.hand_out(group, "one", Time(0), 3);
  BOOST_TEST_REQUIRE(given.size() == 3u);
  BOOST_TEST(group.work.acknowledge("one", given[1]));
  BOOST_TEST(keeper.save(Time(0)).empty());
  BOOST_TEST(group.work.acknowledge("one", given[0]));  // which is not written

  GroupKeeper next(log, data / "groups", Time(77'000));
  const auto found = next.find_for("index", "one", Time(77'000));
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST((*found)->work.state().cursor == 0u);
  BOOST_TEST((*found)->work.state().seen == 3u);
  BOOST_TEST((*found)->work.held() == 2u);
  BOOST_TEST((*found)->work.acknowledge("one", given[0]));
  BOOST_TEST(!(*found)->work.acknowledge("one", given[1]));
  BOOST_TEST((*found)->work.state().cursor == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
