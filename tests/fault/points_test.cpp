#include <boost/test/unit_test.hpp>

#include <map>

#include <fmt/format.h>

#include "tests/support/catalogue_scenario.h"
#include "tests/support/disk/faults.h"
#include "tests/support/in_memory.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(points_test)

// The n-th call beneath LMDB, SQLite and our own files fails, or is cut short, for every n that a scenario reaches:
// CATLOG_SOAK=1. The short form takes every so many of them, beginning at one that the seed gives.

using namespace catlog;
using namespace catlog::tests;
using disk::Extent;
using disk::Fault;
using disk::How;
using disk::Reach;
using disk::Room;

namespace {

const OfSuite<InMemory> in_memory;

constexpr size_t short_stride = 37;

struct Figures {
  std::map<std::string, size_t> by_outcome;
  size_t points = 0;
};

std::map<std::string, std::string> accepted_in(const Scenario& scenario) {
  auto answers = scenario.answers();
  std::erase_if(answers, [](const auto& answer) { return answer.second == "refused" || answer.second == "unchanged"; });
  return answers;
}

// The scenario without a fault; its answers, and how many calls such a fault counts in it.
std::map<std::string, std::string> without_fault(const Fault& fault, size_t& calls) {
  const TemporaryDirectory directory;
  Scenario scenario(directory.path());
  disk::Faults counting(fault, 0);
  {
    const disk::Watching watching(directory.path(), counting);
    scenario.run();
  }
  BOOST_TEST_REQUIRE(scenario.failures() == 0u, scenario.last_failure());
  calls = counting.calls();
  scenario.finish();
  BOOST_TEST(faults_in(directory.path(), scenario.acknowledged()) == std::vector<std::string>(),
             boost::test_tools::per_element());
  return accepted_in(scenario);
}

std::string without(std::string text, const std::string& path) {
  for (size_t at = text.find(path); at != std::string::npos; at = text.find(path, at)) text.erase(at, path.size() + 1);
  return text;
}

std::string run_with_fault(const Fault& fault, size_t n, const std::map<std::string, std::string>& expected) {
  const TemporaryDirectory directory;
  Scenario scenario(directory.path());
  disk::Faults faults(fault, n);
  std::string written_after;
  {
    const disk::Watching watching(directory.path(), faults);
    scenario.run([&] {
      if (written_after.empty()) written_after = faults.written_after_failed_sync();
      faults.mend();
    });
    if (scenario.failures() == 0) written_after = faults.written_after_failed_sync();
    faults.mend();
    scenario.finish();
  }
  BOOST_TEST(written_after == "", "written after a failed sync: " << written_after);
  for (const auto& found : faults_in(directory.path(), scenario.acknowledged())) BOOST_ERROR(found);
  BOOST_TEST((accepted_in(scenario) == expected), "other receipts than without a fault");
  BOOST_TEST(faults.has_struck());
  if (scenario.failures() > 0)
    return fmt::format("{} ended the process: {}", faults.struck(),
                       without(scenario.last_failure(), directory.path().string()));
  return faults.struck() + (scenario.storage_full() > 0 ? " was waited out" : " was lived through");
}

void fail_everywhere(const Fault& fault) {
  const Sampling sampling(short_stride);
  BOOST_TEST_MESSAGE("seed " << sampling.seed);
  size_t calls = 0;
  const auto expected = without_fault(fault, calls);
  Figures figures;
  for (size_t n = 1 + sampling.first(); n <= calls; n += sampling.stride) {
    BOOST_TEST_CONTEXT(to_text(fault) << " at call " << n << " of " << calls << "; CATLOG_SEED=" << n - 1
                                      << " CATLOG_STRIDE=" << calls) {
      try {
        ++figures.by_outcome[run_with_fault(fault, n, expected)];
      } catch (const std::exception& failure) {
        BOOST_ERROR("the scenario cannot be finished: " << failure.what());
      }
    }
    ++figures.points;
  }
  BOOST_TEST(figures.points > 0u);
  BOOST_TEST_MESSAGE("figures: " << to_text(fault) << ": " << figures.points << " of " << calls << " points, seed "
                                 << sampling.seed);
  for (const auto& [outcome, count] : figures.by_outcome) BOOST_TEST_MESSAGE("  " << count << " " << outcome);
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_io_error_once) { fail_everywhere({.code = EIO, .reach = Reach::names}); }

BOOST_AUTO_TEST_CASE(io_errors_from_then_on) {
  fail_everywhere({.code = EIO, .extent = Extent::from_then_on, .reach = Reach::names});
}

BOOST_AUTO_TEST_CASE(no_space_once) { fail_everywhere({.code = ENOSPC, .reach = Reach::names}); }

BOOST_AUTO_TEST_CASE(no_space_from_then_on) {
  fail_everywhere({.code = ENOSPC, .extent = Extent::from_then_on, .room = Room::none, .reach = Reach::names});
}

BOOST_AUTO_TEST_CASE(a_short_write_once) { fail_everywhere({.how = How::short_write}); }

BOOST_AUTO_TEST_CASE(short_writes_from_then_on_without_room) {
  fail_everywhere({.how = How::short_write, .extent = Extent::from_then_on, .room = Room::none});
}

BOOST_AUTO_TEST_SUITE_END()
