#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

#include "events/text/datetime.h"
#include "projector/model/generations.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/read_models.h"
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

BOOST_AUTO_TEST_CASE(the_newest_stays_where_a_crash_left_no_link) {
  const TemporaryDirectory directory;
  const projector::Generations generations(directory / "readmodel");
  generations.prepare_live("a log");
  fs::remove(generations.link());
  BOOST_TEST(generations.remove_unused().empty());
  BOOST_TEST(generations.all().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
