#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <memory>

#include "projector/rebuild/compare.h"
#include "tests/support/random_events.h"
#include "tests/support/read_models.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(projection_test)

using namespace catlog;
using namespace catlog::tests;
using projector::ReadModel;
using projector::Writing;

namespace {

const OfSuite<FewCases> few_cases;

constexpr size_t max_commands = 120;

// The whole script in one transaction.
std::unique_ptr<ReadModel> from_nothing(const std::filesystem::path& file, const RecordScript& script,
                                        Writing writing) {
  auto model = std::make_unique<ReadModel>(file, test_log_id, script.head(), writing);
  apply(*model, script);
  if (writing == Writing::bulk) model->finish_bulk();
  return model;
}

void require_equal(const projector::Database& left, const projector::Database& right) {
  auto difference = projector::first_difference(left, right);
  if (difference) RC_FAIL(projector::to_text(*difference, "left", "right"));
}

}  // namespace

BOOST_AUTO_TEST_CASE(any_split_into_batches_with_reopenings_gives_the_same_tables) {
  BOOST_TEST(rc::check("batches and reopenings", [](uint64_t seed) {
    RecordScript script = random_script(seed, *rc::gen::inRange<size_t>(0, max_commands));
    TemporaryDirectory directory;
    auto whole = from_nothing(directory / "whole.sqlite", script, Writing::live);

    std::filesystem::path file = directory / "split.sqlite";
    auto split = std::make_unique<ReadModel>(file, test_log_id, script.head(), Writing::live);
    const auto& ends = script.command_ends();
    for (size_t at = 0; at + 1 < ends.size();) {
      size_t next = std::min(at + *rc::gen::inRange<size_t>(1, 12), ends.size() - 1);
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          split->close();
          [[fallthrough]];
        case 1:  // as if the process had died between two batches
          split.reset();
          split = std::make_unique<ReadModel>(file, test_log_id, script.head(), Writing::live);
          break;
        case 2:  // in the middle of one
          split->begin();
          apply_one(*split, script, ends[at] + 1);
          split->rollback();
          break;
        default:
          break;
      }
      RC_ASSERT(split->position() == ends[at]);
      apply(*split, script, ends[at] + 1, ends[next]);
      at = next;
    }
    require_equal(whole->database(), split->database());
    RC_ASSERT(split->position() == whole->position());
    RC_ASSERT(split->stream_positions() == whole->stream_positions());
  }));
}

BOOST_AUTO_TEST_CASE(a_bulk_load_gives_the_same_tables_and_breaks_no_reference) {
  BOOST_TEST(rc::check("bulk", [](uint64_t seed) {
    RecordScript script = random_script(seed, *rc::gen::inRange<size_t>(0, max_commands));
    TemporaryDirectory directory;
    auto live = from_nothing(directory / "live.sqlite", script, Writing::live);
    auto bulk = from_nothing(directory / "bulk.sqlite", script, Writing::bulk);
    require_equal(live->database(), bulk->database());
    RC_ASSERT(
        one_value(live->database(), "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema ORDER BY name)") ==
        one_value(bulk->database(), "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema ORDER BY name)"));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
