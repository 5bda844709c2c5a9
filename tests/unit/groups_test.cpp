#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "events/error.h"
#include "events/schema/entity.h"
#include "projector/groups/group_clock.h"
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

// Nobody can do anything about it but an operator: the loop need not wake up for it.
BOOST_FIXTURE_TEST_CASE(what_is_held_of_another_history_has_no_deadline, WithGenres) {
  auto& group = join("index", {});
  BOOST_TEST(keeper.hand_out(group, "one", Time(0), 1).size() == 1u);
  BOOST_TEST(keeper.save(Time(0)).empty());
  BOOST_TEST(keeper.next_deadline().has_value());
  const store::Log other = store::Log::open(data / "other", store::Access::write);
  GroupKeeper of_other(other, data / "groups", Time(0));
  BOOST_TEST_REQUIRE((of_other.find("index").error().code == projector::GroupFault::history_changed));
  of_other.expire(Time(1'000'000));
  BOOST_TEST(!of_other.next_deadline().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_directory_that_cannot_be_read_does_not_count_as_no_groups, WithGenres) {
  BOOST_TEST(projector::group_names(data / "groups").empty());  // it is not there
  std::ofstream(data / "groups") << "no directory";
  BOOST_CHECK_EXCEPTION(GroupKeeper(log, data / "groups", Time(0)), events::Failure, [](const auto& failure) {
    return std::string(failure.what()).find("Let the user that catlog runs as read") != std::string::npos;
  });
}

BOOST_FIXTURE_TEST_CASE(a_file_that_was_brought_back_is_not_written_over, WithGenres) {
  auto& group = join("index", {});
  const auto given = keeper.hand_out(group, "one", Time(0), 2);
  BOOST_TEST(group.work.acknowledge("one", given[0]));
  BOOST_TEST(keeper.save(Time(0)).empty());
  const auto file = data / "groups/index.json", copy = data / "copy.json";
  std::filesystem::copy_file(file, copy);
  BOOST_TEST(keeper.carry_out({projector::GroupOrder::Kind::remove, "index", {}, 1}, Time(0)).has_value());
  std::filesystem::copy_file(copy, file);
  BOOST_TEST(join("index", {}).work.state().cursor == 1u);
  std::ofstream(data / "groups/broken.json") << "{";
  const auto broken = keeper.join({"broken", "one", {}, 1, {}}, Time(0));
  BOOST_TEST_REQUIRE(!broken.has_value());
  BOOST_TEST((broken.error().code == projector::GroupFault::damaged));
}

BOOST_FIXTURE_TEST_CASE(a_group_that_cannot_be_written_serves_nobody_and_the_others_go_on, WithGenres) {
  auto& one = join("one", {});
  BOOST_TEST(keeper.save(Time(0)).empty());
  std::filesystem::create_directories(data / "groups/one.json.new/in-the-way");
  std::filesystem::create_directories(data / "groups/third.json.new/in-the-way");
  keeper.hand_out(one, "one", Time(0), 1);
  join("two", {});
  join("third", {});
  const auto unsaved = keeper.save(Time(0));
  BOOST_TEST_REQUIRE(unsaved.size() == 2u);
  BOOST_TEST((unsaved.at("one").code == projector::GroupFault::damaged));
  BOOST_TEST(unsaved.at("one").message.find("cannot be written") != std::string::npos, unsaved.at("one").message);
  BOOST_TEST((keeper.find("one").error().code == projector::GroupFault::damaged));
  BOOST_TEST(one.work.held() == 0u);
  BOOST_TEST((keeper.find("third").error().code == projector::GroupFault::not_found));  // it never was
  BOOST_TEST(keeper.find("two").has_value());
  BOOST_TEST(keeper.save(Time(0)).empty());
  std::filesystem::create_directories(data / "groups/two.json.new/in-the-way");
  const auto done = keeper.carry_out({projector::GroupOrder::Kind::reset, "two", {}, 1}, Time(0));
  BOOST_TEST_REQUIRE(!done.has_value());
  BOOST_TEST(keeper.find("two").has_value());  // it is as it was
}

BOOST_AUTO_TEST_CASE(a_write_that_was_held_up_ends_no_lease) {
  const auto start = projector::GroupClock::Clock::now();
  projector::GroupClock clock(start);
  BOOST_TEST(clock.look(start + std::chrono::milliseconds(300)).count() == 300);
  BOOST_TEST(clock.look(start + std::chrono::seconds(40)).count() == 1'300);
  BOOST_TEST(clock.look(start + std::chrono::seconds(41)).count() == 2'300);
}

BOOST_AUTO_TEST_CASE(answers_that_were_lost_set_nothing_aside) {
  projector::GroupWork work({}, {Time(1'000), 3}, Time(0));
  work.see(1, "1");
  work.see(2, "1");
  BOOST_TEST(work.hear("one", Time(0)));
  for (int lost = 0; lost < 10; ++lost) {
    BOOST_TEST_REQUIRE(!work.hand_out("one", Time(0), 2).empty());
    BOOST_TEST(work.keep_only("one", {}, Time(0)));
  }
  BOOST_TEST(work.held() == 0u);
  BOOST_TEST(work.state().set_aside.empty());
  const auto given = work.hand_out("one", Time(0), 2);
  BOOST_TEST_REQUIRE(given.size() == 1u);
  BOOST_TEST(given[0].position == 1u);
  BOOST_TEST(work.give_up("one", given[0], "no", Time(0), Time(0)));
  BOOST_TEST(work.state().set_aside.contains(1));
}

BOOST_AUTO_TEST_SUITE_END()
