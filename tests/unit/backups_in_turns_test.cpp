#include "bin/housekeeping/backups.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "events/text/datetime.h"
#include "tests/support/backups.h"
#include "tests/support/commands.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(backups_in_turns_test)

namespace {

using namespace catlog;
using namespace catlog::housekeeping;
using namespace catlog::tests;

constexpr int64_t hour = 3'600'000'000, day = 24 * hour;
constexpr int64_t begin_us = 1'790'000'000'000'000;

// Backups of a log, with the programs run in this process.
template <class Side>
struct BackedUp : Side, Programs {
  TemporaryDirectory backups;
  std::vector<std::string> runs;
  std::string failing;  // arguments of a run that fails

  Outcome run(const std::vector<std::string>& arguments) override {
    const std::filesystem::path folder = arguments.at(1);
    runs.push_back(arguments.size() > 2 ? "check " + folder.filename().string() : folder.filename().string());
    if (runs.back() == failing) return {End::failed, "as it was told"};
    if (arguments.size() == 2)
      store::back_up(this->log(), folder, {});
    else if (store::verify_backup(folder).to == 0)
      return {End::failed, "it ended with 1: it holds no event"};
    return {End::done, "made"};
  }
  Outcome back_up(int64_t now_us) { return BackUp(*this, this->log(), {backups.path(), 2, {}}).run(now_us); }
  void more() { this->accept(Fields{{"action", "\"LOGIN\""}, {"severity", "\"INFO\""}}.as("recordAudit")); }
};

using InTurns = BackedUp<Catalogue>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(backups_in_turns, InTurns)

BOOST_AUTO_TEST_CASE(as_many_folders_as_are_asked_for_are_used_in_turns) {
  const int64_t first = events::parse_rfc3339("2026-11-28T02:30:00Z").value();
  for (int number = 0; number < 5; ++number) {
    more();
    BOOST_TEST((back_up(first + number * day).end == End::done));
  }
  const std::vector<std::string> expected{"catlog-20261128T023000Z", "check catlog-20261128T023000Z",
                                          "catlog-20261129T023000Z", "check catlog-20261129T023000Z",
                                          "catlog-20261128T023000Z", "check catlog-20261128T023000Z",
                                          "catlog-20261129T023000Z", "check catlog-20261129T023000Z",
                                          "catlog-20261128T023000Z", "check catlog-20261128T023000Z"};
  BOOST_TEST(runs == expected, boost::test_tools::per_element());
  const auto found = look_at_backups(backups.path(), log());
  BOOST_TEST(store::read_manifest(found.usable.back()).last() == log().head());
  BOOST_TEST(store::read_manifest(found.usable.front()).last() == log().head() - 1);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_cut_is_taken_up_in_the_same_folder) {
  more();
  failing = "catlog-20261128T023000Z";
  const int64_t first = events::parse_rfc3339("2026-11-28T02:30:00Z").value();
  std::filesystem::create_directory(backups / failing);  // as far as it came
  BOOST_TEST((back_up(first).end == End::failed));
  BOOST_TEST(runs.size() == 1u);
  failing.clear();
  std::filesystem::create_directory(backups / "catlog-20261128T023100Z");
  for (int number = 0; number < 2; ++number) back_up(first + hour);
  BOOST_TEST(look_at_backups(backups.path(), log()).usable.size() == 2u);
  for (const auto& folder : look_at_backups(backups.path(), log()).usable)
    BOOST_TEST(store::read_manifest(folder).last() == log().head());
}

// It is left as it is: it may be all that is left of what was lost.
BOOST_AUTO_TEST_CASE(a_backup_of_another_history_is_left_alone_and_a_new_one_begun) {
  Catalogue other;
  store::back_up(other.log(), backups / "catlog-20200101T000000Z", {});
  const std::string before = read_bytes(backups / "catlog-20200101T000000Z" / "manifest.json");
  for (int number = 0; number < 3; ++number) {
    more();
    const Outcome outcome = back_up(begin_us + number * day);
    BOOST_TEST((outcome.end == End::done));
    BOOST_TEST(outcome.words == "made; 1 of another history are beside it");
  }
  BOOST_TEST(read_bytes(backups / "catlog-20200101T000000Z" / "manifest.json") == before);
  BOOST_TEST(look_at_backups(backups.path(), log()).usable.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_damaged_backup_is_told_and_holds_up_none) {
  more();
  back_up(begin_us);
  more();
  back_up(begin_us + day);
  const auto damaged = look_at_backups(backups.path(), log()).usable.front();
  flip_bit(damaged / "manifest.json", 20);
  more();
  const Outcome outcome = back_up(begin_us + 2 * day);
  BOOST_TEST((outcome.end == End::failed));
  BOOST_TEST(outcome.words.find(damaged.string()) != std::string::npos, outcome.words);
  const auto found = look_at_backups(backups.path(), log());
  BOOST_TEST_REQUIRE(found.usable.size() == 2u);
  BOOST_TEST(store::read_manifest(found.usable.back()).last() == log().head());
}

// Its manifest is whole, so that it goes on being one of them.
BOOST_AUTO_TEST_CASE(a_copy_that_is_not_whole_is_told_until_it_is_and_the_next_one_is_made_instead) {
  BackUp both(*this, log(), {backups.path(), 2, {}});
  std::filesystem::create_directory(backups / "catlog-keys");  // of somebody else
  more();
  BOOST_TEST((both.run(begin_us).end == End::done));
  more();
  BOOST_TEST((both.run(begin_us + day).end == End::done));
  const auto damaged = look_at_backups(backups.path(), log()).usable.front();
  failing = "check " + damaged.filename().string();
  for (int number = 0; number < 3; ++number) {
    more();
    const Outcome outcome = both.run(begin_us + (2 + number) * day);
    BOOST_TEST((outcome.end == End::failed));
    BOOST_TEST(outcome.words.find(damaged.string() + " failed: as it was told") != std::string::npos, outcome.words);
    BOOST_TEST(store::read_manifest(look_at_backups(backups.path(), log()).usable.back()).last() == log().head());
  }
  failing.clear();
  for (int number = 0; number < 2; ++number) {
    more();
    both.run(begin_us + (6 + number) * day);
  }
  more();
  BOOST_TEST((both.run(begin_us + 9 * day).end == End::done));
  BOOST_TEST(look_at_backups(backups.path(), log()).usable.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_place_that_is_not_there_is_not_made_for_it_may_be_a_mount_point) {
  const Outcome outcome = BackUp(*this, log(), {backups / "unmounted", 2, {}}).run(begin_us);
  BOOST_TEST((outcome.end == End::failed));
  BOOST_TEST(!std::filesystem::exists(backups / "unmounted"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_CASE(of_an_empty_log_there_is_a_backup_and_nothing_to_read_back, BackedUp<WriteSide>) {
  BOOST_TEST((back_up(begin_us).end == End::done));
  BOOST_TEST(runs.size() == 1u);
  more();
  BOOST_TEST((back_up(begin_us + day).end == End::done));
  BOOST_TEST(runs.back().starts_with("check "));
}

BOOST_AUTO_TEST_SUITE_END()
