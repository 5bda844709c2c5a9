#include <boost/test/unit_test.hpp>

#include <map>

#include <fmt/format.h>

#include "projector/model/generations.h"
#include "projector/rebuild/rebuild.h"
#include "projector/sqlite/checkpoint.h"
#include "projector/sqlite/unsynced.h"
#include "tests/support/chance.h"
#include "tests/support/command_lines.h"
#include "tests/support/disk/failing_sync.h"
#include "tests/support/disk/faults.h"
#include "tests/support/in_memory.h"
#include "tests/support/loops.h"
#include "tests/support/producer.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(loops_test)

// catlogd's loops at work, batches under way, when a call beneath LMDB, SQLite or our own files fails or is cut short.
// Which call is the n-th differs from run to run, for the loops are threads; fault.points goes through all of them.

using namespace catlog;
using namespace catlog::tests;
using disk::Extent;
using disk::Fault;
using disk::How;
using disk::Reach;

namespace {

const OfSuite<InMemory> in_memory;

constexpr size_t short_form = 4, long_form = 100, commands = 600, window = 64;
constexpr uint64_t wal_limit_bytes = 4 << 20;  // so that the WAL is written back beside the projector now and then

// One that is refused for want of room must not make others wrong.
std::vector<std::string> independent_commands() {
  std::vector<std::string> lines;
  for (size_t number = 1; number <= commands; ++number) lines.push_back(wide_put_movie(number));
  return lines;
}

std::string without(std::string text, const std::string& path) {
  for (size_t at = text.find(path); at != std::string::npos; at = text.find(path, at)) text.erase(at, path.size() + 1);
  return text;
}

struct End {
  std::string why;  // empty: it was told to
  bool has_begun = false;
};

// Starts and sends until all is answered or a loop has ended.
End live(const std::filesystem::path& data, Producer& producer) {
  End end;
  try {
    Loops loops(data, 0, wal_limit_bytes);
    end.has_begun = true;
    BOOST_TEST_REQUIRE(
        (producer.send_rest(data, long_enough, [&] { return loops.has_ended(); }) != Producer::Ended::silent));
    loops.stop();
  } catch (const std::exception& failure) {
    end.why = failure.what();
  }
  return end;
}

void check(const std::filesystem::path& data, const Producer& producer) {
  if (!std::filesystem::exists(data / "log/data.mdb")) {  // it came no further
    BOOST_TEST(producer.answered() == 0u);
    return;
  }
  // What an error left half-way the next start rolls back; a reader may not.
  if (const auto live = data / "readmodel/current.sqlite"; std::filesystem::exists(live))
    projector::read_checkpoint(projector::Database(live, projector::Open::write));
  for (const auto& found : faults_in(data, producer.acknowledged())) BOOST_ERROR(found);
  for (const auto& receipt : producer.unexpected()) BOOST_ERROR(receipt);
}

// As the operator does where a start is refused (ops/RUNBOOK.md, "Damage"); until then no check passes.
void rebuild_what_is_unsynced(const std::filesystem::path& data) {
  const auto folder = data / "readmodel";
  const auto live = std::filesystem::exists(folder) ? projector::Generations(folder).current_path() : std::nullopt;
  if (!live || !projector::is_unsynced(*live)) return;
  const auto log = store::Log::open(data / "log", store::Access::read);
  projector::rebuild(log, projector::Quarantine(log.id()), folder, data / "run", {});
}

// How many calls such a fault counts in an undisturbed life, about.
size_t calls_of(const Fault& fault) {
  const TemporaryDirectory directory;
  Producer producer(independent_commands(), window);
  disk::Faults counting(fault, 0);
  const disk::Watching watching(directory.path(), counting);
  BOOST_TEST_REQUIRE(live(directory.path(), producer).why == "");
  BOOST_TEST(producer.answered() == commands);
  return counting.calls();
}

// What is there after a fault is whole, and the next life answers the rest.
void go_on(const std::filesystem::path& data, Producer& producer) {
  rebuild_what_is_unsynced(data);
  check(data, producer);
  BOOST_TEST(live(data, producer).why == "");
  BOOST_TEST(producer.answered() == commands);
  check(data, producer);
}

// Whether a daemon may end by what a call of a moment failed with (store/README.md, "Rules"; ops/RUNBOOK.md).
using MayEnd = bool (*)(const disk::Faults& faults);

// What it ended the daemon by; empty: it did not.
std::string live_with(const Fault& fault, size_t n, MayEnd may_end) {
  const TemporaryDirectory directory;
  Producer producer(independent_commands(), window);
  disk::Faults faults(fault, n);
  const disk::Watching watching(directory.path(), faults);
  const End end = live(directory.path(), producer);
  BOOST_TEST(faults.written_after_failed_sync() == "");
  faults.mend();
  go_on(directory.path(), producer);
  if (end.why.empty()) return {};
  BOOST_TEST((!end.has_begun || may_end(faults)), faults.struck() << " ended the daemon: " << end.why);
  return fmt::format("{}{}: {}", faults.struck(), end.has_begun ? "" : ", at the start",
                     without(end.why, directory.path().string()));
}

void fail_at_moments_of_chance(const Fault& fault, MayEnd may_end) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  const size_t calls = calls_of(fault);
  BOOST_TEST_REQUIRE(calls > 0u);
  const size_t rounds = std::getenv("CATLOG_SOAK") ? long_form : short_form;
  std::map<std::string, size_t> ends;
  for (size_t round = 0; round < rounds; ++round) {
    const size_t n = 1 + chance.up_to(calls - 1);
    BOOST_TEST_CONTEXT(to_text(fault) << " at call " << n << " of about " << calls)
    ++ends[live_with(fault, n, may_end)];
  }
  BOOST_TEST_MESSAGE("figures: " << to_text(fault) << " beneath the loops: " << rounds << " times, ended the daemon "
                                 << rounds - ends[""] << " times");
  for (const auto& [why, count] : ends)
    if (!why.empty()) BOOST_TEST_MESSAGE("  " << count << " " << why);
}

bool always(const disk::Faults&) { return true; }
bool is_sync_of_read_model(const disk::Faults& faults) {
  return faults.struck().find("sync") != std::string::npos && faults.struck().find(" of gen-") != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(an_io_error_once) { fail_at_moments_of_chance({.code = EIO, .reach = Reach::names}, always); }

BOOST_AUTO_TEST_CASE(io_errors_until_the_next_start) {
  fail_at_moments_of_chance({.code = EIO, .extent = Extent::from_then_on, .reach = Reach::names}, always);
}

BOOST_AUTO_TEST_CASE(no_space_once) {
  fail_at_moments_of_chance({.code = ENOSPC, .reach = Reach::names}, [](const disk::Faults& faults) {
    return faults.has_struck_meta_page() || is_sync_of_read_model(faults);
  });
}

// LMDB makes an error of it.
BOOST_AUTO_TEST_CASE(a_short_write_once) {
  fail_at_moments_of_chance({.how = How::short_write},
                            [](const disk::Faults& faults) { return faults.struck().ends_with("data.mdb"); });
}

// Where chance rarely strikes: a life has some 1,900 calls, and few of them are these.
BOOST_AUTO_TEST_CASE(a_sync_of_the_read_model_that_fails) {
  const TemporaryDirectory directory;
  Producer producer(independent_commands(), window);
  {
    disk::FailingSync failing("gen-000001.sqlite-wal");
    const disk::Watching watching(directory.path(), failing);
    const End end = live(directory.path(), producer);
    BOOST_TEST_REQUIRE(failing.has_failed);
    BOOST_TEST(end.has_begun);
    BOOST_TEST(end.why.find("run `catlog rebuild`") != std::string::npos, end.why);
  }
  BOOST_TEST_REQUIRE(projector::is_unsynced(directory.path() / "readmodel/current.sqlite"));
  go_on(directory.path(), producer);
}

BOOST_AUTO_TEST_SUITE_END()
