#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "events/text/datetime.h"
#include "projector/model/generations.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/read_models.h"
#include "tests/support/run.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(old_generations_test)

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(a_way_back_goes_when_it_is_old_and_not_before) {
  const TemporaryDirectory directory;
  const fs::path folder = directory / "readmodel";
  store::Log log = store::Log::open(directory / "log", store::Access::write);
  small_catalogue().append_to(log);
  const projector::Generations generations(folder);
  const auto rebuild = [&] { projector::rebuild(log, {}, folder, directory / "run", {.diff = projector::Diff::no}); };
  generations.prepare_live(log.id());
  rebuild();
  const int64_t now_us = events::now_us(), day_us = 24 * 3'600 * int64_t{1'000'000};
  const fs::path copy = folder / "gen-000002.sqlite.v5.backup", others = folder / "mine.sqlite.backup";
  for (const fs::path& file : {copy, others}) std::ofstream(file) << "a copy";
  BOOST_TEST(generations.forget_older_than(now_us - day_us) == 0u);
  BOOST_TEST(generations.kept().has_value());
  BOOST_TEST(fs::exists(copy));
  BOOST_TEST(generations.forget_older_than(now_us + day_us) == 2u);
  BOOST_TEST(!generations.kept().has_value());
  BOOST_TEST(!fs::exists(copy));
  BOOST_TEST(fs::exists(others));
  BOOST_TEST(generations.all().size() == 2u);  // until nobody has it open
  generations.remove_unused();
  BOOST_TEST(generations.all().size() == 1u);
  BOOST_TEST(generations.forget_older_than(now_us + day_us) == 0u);
  BOOST_TEST(fs::exists(*generations.current_path()));
  rebuild();  // and there is one again
  BOOST_TEST(generations.kept().has_value());
}

// Names that are taken by what is no file.
BOOST_AUTO_TEST_CASE(each_that_cannot_be_removed_is_told_once_and_the_others_go) {
  const TemporaryDirectory directory;
  const fs::path folder = directory / "readmodel";
  std::vector<std::string> told;
  const projector::Generations generations(folder, [&](const std::string& words) { told.push_back(words); });
  const fs::path first = generations.prepare_live("a log");
  const auto tells_of = [&](const fs::path& file) {
    return std::ranges::count_if(told, [&](const std::string& words) { return has(words, file.string() + ":"); });
  };
  const auto put_in_the_way = [&](const char* name) {
    fs::create_directory(folder / name);
    std::ofstream(folder / name / "in the way") << "something";
    return folder / name;
  };
  fs::copy(first, folder / "gen-000010.sqlite");
  const fs::path old = put_in_the_way("gen-000008.sqlite"), other = put_in_the_way("gen-000009.sqlite");
  generations.switch_to(folder / "gen-000010.sqlite");  // which looks at those that are too many
  for (const fs::path& each : {old, other}) BOOST_TEST(tells_of(each) == 1);
  for (int looks = 0; looks < 2; ++looks) {
    BOOST_TEST(generations.remove_unused().empty());
    for (const fs::path& each : {old, other}) BOOST_TEST(tells_of(each) == 1);
  }
  fs::copy(first, folder / "gen-000011.sqlite");
  generations.remove_unused();
  BOOST_TEST(!fs::exists(folder / "gen-000011.sqlite"));
  BOOST_TEST(told.size() == 2u);
  BOOST_CHECK_THROW(projector::Generations(folder).remove_unused(), events::Failure);
  for (const fs::path& each : {old, other}) fs::remove(each / "in the way");
  generations.remove_unused();
  BOOST_TEST(generations.all().size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_copy_that_cannot_be_removed_keeps_no_other_from_going) {
  const TemporaryDirectory directory;
  const fs::path folder = directory / "readmodel";
  std::vector<std::string> told;
  const projector::Generations generations(folder, [&](const std::string& words) { told.push_back(words); });
  const int64_t to_come_us = events::now_us() + int64_t{3'600} * 1'000'000;
  const auto copy = [&](int version) { return folder / fmt::format("gen-000001.sqlite.v{}.backup", version); };
  for (const int version : {1, 3}) std::ofstream(copy(version)) << "a copy";
  fs::create_directory(copy(2));
  std::ofstream(copy(2) / "in the way") << "something";
  BOOST_TEST(generations.forget_older_than(to_come_us) == 2u);
  for (const int version : {1, 3}) BOOST_TEST(!fs::exists(copy(version)));
  BOOST_TEST_REQUIRE(told.size() == 1u);
  BOOST_TEST(has(told[0], copy(2).string()), told[0]);
  BOOST_CHECK_THROW(projector::Generations(folder).forget_older_than(to_come_us), events::Failure);
}

BOOST_AUTO_TEST_CASE(the_newest_stays_where_a_crash_left_no_link) {
  const TemporaryDirectory directory;
  const projector::Generations generations(directory / "readmodel");
  generations.prepare_live("a log");
  fs::remove(generations.link());
  BOOST_TEST(generations.remove_unused().empty());
  BOOST_TEST(generations.all().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
