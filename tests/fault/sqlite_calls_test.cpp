#include <boost/test/unit_test.hpp>

#include <map>

#include <fmt/format.h>

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

struct Outcome {
  size_t calls = 0;
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
  for (size_t n = 1 + sampling.first(); n <= calls; n += sampling.stride, ++points) {
    BOOST_TEST_CONTEXT(name << " at call " << n << " of " << calls << "; CATLOG_SEED=" << n - 1
                            << " CATLOG_STRIDE=" << calls) {
      try {
        ++by_outcome[run_with_fault(n, error, extent).what];
      } catch (const std::exception& failure) {
        BOOST_ERROR("the scenario cannot be finished: " << failure.what());
      }
    }
  }
  BOOST_TEST(points > 0u);
  BOOST_TEST_MESSAGE("figures: SQLite's calls, " << name << ": " << points << " of " << calls << " points, seed "
                                                 << sampling.seed);
  for (const auto& [outcome, count] : by_outcome) BOOST_TEST_MESSAGE("  " << count << " " << outcome);
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_io_error_once) { fail_everywhere(EIO, Extent::once, "EIO once"); }

BOOST_AUTO_TEST_CASE(io_errors_from_then_on) { fail_everywhere(EIO, Extent::from_then_on, "EIO from then on"); }

BOOST_AUTO_TEST_CASE(no_space_once) { fail_everywhere(ENOSPC, Extent::once, "ENOSPC once"); }

BOOST_AUTO_TEST_SUITE_END()
