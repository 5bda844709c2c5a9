#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include "projector/rebuild/compare.h"
#include "projector/rebuild/rebuild.h"
#include "tests/support/random_commands.h"
#include "tests/support/random_events.h"
#include "tests/support/read_models.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/write_side.h"

BOOST_AUTO_TEST_SUITE(fold_test)

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Open;
using projector::Strategy;

namespace {

const OfSuite<FewCases> few_cases;

constexpr size_t max_commands = 300;

std::string schema_of(const Database& database) {
  return one_value(database, "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)");
}

// Without falling back on the other strategy.
void fold_into(const std::filesystem::path& file, const store::Log& log, events::Position up_to) {
  projector::ReadModel model(file, log.id(), log.head(), projector::Writing::bulk);
  model.load(projector::fold_log(log, up_to), log);
  model.finish_bulk();
  model.close();
}

void require_same_files(const store::Log& log, events::Position up_to) {
  TemporaryDirectory directory;
  fold_into(directory / "fold.sqlite", log, up_to);
  projector::build_file(log, {}, directory / "ordered.sqlite", up_to, {}, Strategy::ordered);
  Database fold(directory / "fold.sqlite", Open::read), ordered(directory / "ordered.sqlite", Open::read);
  if (auto difference = projector::first_difference(ordered, fold))
    RC_FAIL(projector::to_text(*difference, "in order", "folded"));
  RC_ASSERT(projector::read_checkpoint(fold).position == projector::read_checkpoint(ordered).position);
  RC_ASSERT(projector::read_stream_positions(fold) == projector::read_stream_positions(ordered));
  RC_ASSERT(schema_of(fold) == schema_of(ordered));
}

events::Position any_position(const store::Log& log) { return *rc::gen::inRange<events::Position>(0, log.head() + 2); }

}  // namespace

BOOST_AUTO_TEST_CASE(folding_random_events_gives_the_tables_of_applying_them_in_order) {
  BOOST_TEST(rc::check("random events", [](uint64_t seed) {
    TemporaryDirectory directory;
    store::Log log = store::Log::open(directory / "log", store::Access::write);
    random_script(seed, *rc::gen::inRange<size_t>(0, max_commands)).append_to(log);
    require_same_files(log, projector::whole_log);
    require_same_files(log, any_position(log));
  }));
}

BOOST_AUTO_TEST_CASE(folding_what_the_write_side_made_gives_the_tables_of_applying_it_in_order) {
  BOOST_TEST(rc::check("random commands", [](uint64_t seed) {
    WriteSide write_side;
    RandomCommands commands(seed);
    for (size_t i = *rc::gen::inRange<size_t>(0, max_commands); i > 0; --i) write_side.send(commands.next());
    require_same_files(write_side.log(), projector::whole_log);
    require_same_files(write_side.log(), any_position(write_side.log()));
  }));
}

BOOST_AUTO_TEST_SUITE_END()
