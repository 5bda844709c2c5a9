#include <boost/test/unit_test.hpp>

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "events/client/group_member.h"
#include "events/error.h"
#include "tests/support/bus_peers.h"
#include "tests/support/data_directory.h"

BOOST_AUTO_TEST_SUITE(group_member_test)

// The C++ client of groups against a real daemon; tests/conformance plays others for it.

using namespace catlog;
using namespace catlog::tests;
using events::GroupMember;
using events::Position;
using Attempts = std::vector<std::pair<Position, uint64_t>>;
using std::chrono::milliseconds;

namespace {

struct WithDaemon {
  DataDirectory data{CATLOG_BIN};
  std::optional<Daemon> daemon;

  WithDaemon() { start(); }
  void start() { daemon.emplace(CATLOG_BIN "/catlogd", data.path()); }
  void restart() {
    daemon->kill();
    start();
  }
  // Genres 1 to `streams`, each described so many times anew, in turns.
  void send(int streams, int times) const {
    std::string lines;
    for (int time = 0; time < times; ++time)
      for (int genre = 1; genre <= streams; ++genre)
        lines += fmt::format(R"({{"putGenre":{{"tmdbId":{},"name":"Name {}"}}}}{})", genre, time, "\n");
    data.out_of({"send"}, lines);
  }
  events::GroupOptions options() const {
    return {.groups_endpoint = "ipc://" + (data / "run/groups.ipc").string(), .name = "index", .topics = {"genres/"}};
  }
  // So many, each dealt with when the next one is taken.
  static Attempts take(GroupMember& member, size_t count) {
    Attempts taken;
    while (taken.size() < count) {
      const auto change = member.next(long_enough);
      BOOST_TEST_REQUIRE(change.has_value(), "nothing behind " << taken.size());
      taken.emplace_back(change->position, change->attempt);
    }
    return taken;
  }
  std::string cursor() const {
    const std::string groups = read_row(data.out_of({"status", "--json"})).at("groups");
    return read_row(groups.substr(1, groups.size() - 2)).at("cursor");
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_member_goes_on_behind_what_was_dealt_with, WithDaemon) {
  send(3, 2);
  {
    GroupMember one(options());
    BOOST_TEST((take(one, 4) == Attempts{{1, 1}, {2, 1}, {3, 1}, {4, 1}}));
  }  // the fourth was not dealt with, and the others go back
  BOOST_TEST(cursor() == "3");
  restart();
  GroupMember two(options());
  const auto change = two.next(long_enough);
  BOOST_TEST_REQUIRE(change.has_value());
  BOOST_TEST(change->position == 4u);
  BOOST_TEST(change->topic == "json/genres/1/");
  BOOST_TEST(change->payload.find("Name 1") != std::string::npos);
  restart();  // it asks again, and goes on
  take(two, 2);
  BOOST_TEST(!two.next(milliseconds(0)).has_value());
  BOOST_TEST(cursor() == "6");
  // What comes later is handed out at once.
  send(4, 1);
  const auto later = two.next(long_enough);
  BOOST_TEST_REQUIRE(later.has_value());
  BOOST_TEST(later->position > 6u);
}

BOOST_FIXTURE_TEST_CASE(who_ends_while_it_waits_leaves_nothing_in_its_hands, WithDaemon) {
  {
    GroupMember one(options());
    BOOST_TEST(!one.next(milliseconds(20)).has_value());  // its question is still open
  }
  send(1, 1);
  GroupMember two(options());
  BOOST_TEST((take(two, 1) == Attempts{{1, 1}}));
}

BOOST_FIXTURE_TEST_CASE(what_fails_comes_again_and_its_stream_behind_it, WithDaemon) {
  send(2, 2);  // genre 1: 1, 3; genre 2: 2, 4
  GroupMember member(options());
  BOOST_TEST((take(member, 1) == Attempts{{1, 1}}));
  member.fail("no such index", milliseconds(0));
  BOOST_TEST((take(member, 4) == Attempts{{2, 1}, {4, 1}, {1, 2}, {3, 2}}));
}

BOOST_FIXTURE_TEST_CASE(members_share_and_one_that_ends_hands_over, WithDaemon) {
  send(4, 3);
  auto with_few = options();
  with_few.limit = 2;
  std::optional<GroupMember> one(std::in_place, with_few);
  take(*one, 1);  // it holds 1 and 2, whose streams are its own now
  GroupMember two(options());
  BOOST_TEST((take(two, 6) == Attempts{{3, 1}, {4, 1}, {7, 1}, {8, 1}, {11, 1}, {12, 1}}));
  one.reset();
  const auto rest = take(two, 6);
  BOOST_TEST((rest.front() == std::pair<Position, uint64_t>(1, 2)));
  BOOST_TEST(!two.next(milliseconds(0)).has_value());
  BOOST_TEST(cursor() == "12");
}

BOOST_FIXTURE_TEST_CASE(a_refusal_is_told_with_its_code_and_words, WithDaemon) {
  auto wrong = options();
  wrong.name = "Index";
  BOOST_CHECK_EXCEPTION(GroupMember{wrong}, events::Failure, [](const events::Failure& failure) {
    return failure.code() == events::Exit::usage && std::string(failure.what()).find("invalid: ") != std::string::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()
