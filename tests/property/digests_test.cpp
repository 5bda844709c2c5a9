#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <memory>

#include "projector/fold/fold_digests.h"
#include "projector/rebuild/rebuild.h"
#include "projector/sqlite/stored_digests.h"
#include "tests/support/random_events.h"
#include "tests/support/read_models.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(digests_test)

using namespace catlog;
using namespace catlog::tests;
using projector::ReadModel;
using projector::Writing;

namespace {

const OfSuite<FewCases> few_cases;

constexpr size_t max_commands = 120;

void require_stored_is_scanned(const projector::Database& database) {
  auto stored = projector::read_digests(database), scanned = projector::scan_digests(database);
  for (const auto& [table, digest] : scanned) {
    if (stored[table] == digest) continue;
    RC_FAIL(table + ": stored " + std::to_string(stored[table].rows) + " rows " + hex(stored[table]) + ", but it has " +
            std::to_string(digest.rows) + " rows " + hex(digest));
  }
  RC_ASSERT(stored == scanned);
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_kept_is_what_a_scan_finds) {
  BOOST_TEST(rc::check("kept digests", [](uint64_t seed) {
    RecordScript script = random_script(seed, *rc::gen::inRange<size_t>(0, max_commands));
    TemporaryDirectory directory;
    std::filesystem::path file = directory / "model.sqlite";
    auto model = std::make_unique<ReadModel>(file, test_log_id, script.head(), Writing::live);
    const auto& ends = script.command_ends();
    for (size_t at = 0; at + 1 < ends.size();) {
      size_t next = std::min(at + *rc::gen::inRange<size_t>(1, 20), ends.size() - 1);
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          model.reset();
          model = std::make_unique<ReadModel>(file, test_log_id, script.head(), Writing::live);
          break;
        case 1:  // what is rolled back is not counted
          model->begin();
          apply_one(*model, script, ends[at] + 1);
          model->rollback();
          break;
        default:
          break;
      }
      apply(*model, script, ends[at] + 1, ends[next]);
      require_stored_is_scanned(model->database());
      at = next;
    }
  }));
}

BOOST_AUTO_TEST_CASE(live_bulk_and_a_bulk_load_that_goes_on_agree) {
  BOOST_TEST(rc::check("bulk digests", [](uint64_t seed) {
    RecordScript script = random_script(seed, *rc::gen::inRange<size_t>(1, max_commands));
    TemporaryDirectory directory;
    ReadModel live(directory / "live.sqlite", test_log_id, script.head(), Writing::live);
    apply(live, script);
    ReadModel bulk(directory / "bulk.sqlite", test_log_id, script.head(), Writing::bulk);
    const auto& ends = script.command_ends();
    apply(bulk, script, 1, ends[*rc::gen::inRange<size_t>(1, ends.size())]);
    RC_ASSERT(projector::read_digests(bulk.database()).empty());
    bulk.finish_bulk();
    if (bulk.position() != script.head()) apply(bulk, script);
    require_stored_is_scanned(bulk.database());
    RC_ASSERT(projector::read_digests(live.database()) == projector::read_digests(bulk.database()));
  }));
}

BOOST_AUTO_TEST_CASE(a_folded_log_has_the_digests_of_its_read_model) {
  BOOST_TEST(rc::check("folded digests", [](uint64_t seed) {
    RecordScript script = random_script(seed, *rc::gen::inRange<size_t>(0, max_commands));
    TemporaryDirectory directory;
    store::Log log = store::Log::open(directory / "log", store::Access::write);
    script.append_to(log);
    ReadModel live(directory / "live.sqlite", log.id(), log.head(), Writing::live);
    if (log.head() != 0) projector::catch_up(live, log, projector::whole_log);
    auto of_log = projector::digests_of(projector::fold_log(log, projector::whole_log), log);
    RC_ASSERT(of_log == projector::read_digests(live.database()));
  }));
}

// The actions of the schema itself: a person deletes rows on a connection that keeps digests.
BOOST_AUTO_TEST_CASE(what_foreign_keys_take_is_counted) {
  BOOST_TEST(rc::check("cascades", [](uint64_t seed) {
    RecordScript script = random_script(seed, *rc::gen::inRange<size_t>(20, max_commands));
    TemporaryDirectory directory;
    ReadModel model(directory / "model.sqlite", test_log_id, script.head(), Writing::live);
    apply(model, script);
    projector::Database database(directory / "model.sqlite", projector::Open::write);
    database.run("PRAGMA foreign_keys = ON");
    projector::DigestKeeper keeper(database);
    for (const char* sql : {"DELETE FROM users", "DELETE FROM seasons", "DELETE FROM media_lists",
                            "DELETE FROM movies WHERE id NOT IN (SELECT movieId FROM movie_sources)",
                            "UPDATE movies SET rating = -0.0, popularity = 3, runtime = NULL",
                            "UPDATE movie_sources SET score = 9.5, seeds = seeds + 1"}) {
      projector::Transaction transaction(database, projector::Transaction::Kind::write);
      database.run(projector::Sql::generated(sql));
      keeper.write();
      transaction.commit();
      keeper.committed();
      require_stored_is_scanned(database);
    }
  }));
}

BOOST_AUTO_TEST_SUITE_END()
