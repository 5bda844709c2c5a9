#include <boost/test/unit_test.hpp>

#include <map>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/model/read_model.h"
#include "store/log.h"
#include "tests/support/catalogue_scenario.h"
#include "tests/support/disk/sqlite_calls.h"
#include "tests/support/in_memory.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(sqlite_calls_test)

// The n-th system call of SQLite fails, for every n that a scenario reaches (CATLOG_SOAK=1): beside what fault.points
// does with writes and syncs also opening, reading, locking, mapping and looking.

using namespace catlog;
using namespace catlog::tests;
using disk::SqliteCalls;
using Extent = disk::SqliteCalls::Extent;

namespace {

const OfSuite<InMemory> in_memory;

constexpr size_t short_stride = 211;

// The threads of a rebuild share a file's locks, so that how many calls there are differs from run to run: points are
// taken until none is reached any more, at most so many times the number of the first run.
constexpr size_t most_by_count = 2;

struct Outcome {
  size_t calls = 0;
  bool has_struck = false;
  std::string what;
};

Outcome run_with_fault(size_t n, int error, Extent extent) {
  const TemporaryDirectory directory;
  Scenario scenario(directory.path());
  Outcome outcome;
  {
    SqliteCalls calls(n, error, extent);
    scenario.run([&] { calls.mend(); });
    outcome.calls = calls.calls();
    calls.mend();
    scenario.finish();
    outcome.has_struck = !calls.struck().empty();
    outcome.what = fmt::format("{}: {}", calls.struck(),
                               scenario.failures()       ? "ended the process"
                               : scenario.storage_full() ? "refused for lack of room"
                                                         : "lived through");
  }
  if (n == 0) BOOST_TEST_REQUIRE(scenario.failures() == 0u, scenario.last_failure());
  for (const auto& found : faults_in(directory.path(), scenario.acknowledged())) BOOST_ERROR(found);
  return outcome;
}

void fail_everywhere(int error, Extent extent, const char* name) {
  const Sampling sampling(short_stride);
  BOOST_TEST_MESSAGE("seed " << sampling.seed);
  const size_t calls = run_with_fault(0, error, extent).calls;
  std::map<std::string, size_t> by_outcome;
  size_t points = 0;
  bool has_struck = true;
  for (size_t n = 1 + sampling.first(); has_struck && n <= most_by_count * calls; n += sampling.stride) {
    BOOST_TEST_CONTEXT(name << " at call " << n << " of about " << calls << "; CATLOG_SEED=" << n - 1
                            << " CATLOG_STRIDE=" << most_by_count * calls) {
      try {
        const Outcome outcome = run_with_fault(n, error, extent);
        has_struck = outcome.has_struck;
        if (!has_struck) continue;
        ++points;
        ++by_outcome[outcome.what];
      } catch (const std::exception& failure) {
        BOOST_ERROR("the scenario cannot be finished: " << failure.what());
      }
    }
  }
  BOOST_TEST(points > 0u);
  BOOST_TEST_MESSAGE("figures: SQLite's calls, " << name << ": " << points << " of about " << calls << " points, seed "
                                                 << sampling.seed);
  for (const auto& [outcome, count] : by_outcome) BOOST_TEST_MESSAGE("  " << count << " " << outcome);
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_io_error_once) { fail_everywhere(EIO, Extent::once, "EIO once"); }

BOOST_AUTO_TEST_CASE(io_errors_from_then_on) { fail_everywhere(EIO, Extent::from_then_on, "EIO from then on"); }

BOOST_AUTO_TEST_CASE(no_space_once) { fail_everywhere(ENOSPC, Extent::once, "ENOSPC once"); }

// Whoever gives the model up then closes it.
BOOST_AUTO_TEST_CASE(a_transaction_that_could_not_begin_is_not_open) {
  const TemporaryDirectory directory;
  const auto file = directory / "live.sqlite";
  const auto log = store::Log::open(directory / "log", store::Access::write);
  bool has_struck = true;
  size_t failed = 0;
  for (size_t n = 1; has_struck; ++n) {
    projector::ReadModel model(file, log.id(), log.head(), projector::Writing::live);
    // So that nothing of it is known any more, and is read.
    projector::Database(file, projector::Open::write)
        .run("UPDATE projection_checkpoint SET position = position WHERE id = 1");
    {
      SqliteCalls calls(n, EIO, Extent::once);
      try {
        model.begin();
        model.rollback();
      } catch (const std::exception&) {  // on a disk that is nearly full it is StorageFull
        ++failed;
      }
      has_struck = !calls.struck().empty();
    }
    BOOST_TEST(!model.database().in_transaction(), "call " << n);
    model.rollback();
    model.close();
  }
  BOOST_TEST(failed > 1u);
}

BOOST_AUTO_TEST_SUITE_END()
