#include "store/log_format.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>

#include "store/check_tree.h"
#include "tests/support/disk/faults.h"
#include "tests/support/disk/power_cut.h"
#include "tests/support/in_memory.h"
#include "tests/support/log_records.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_format_test)

// Making a log over into another format meets a fault, or a power cut, at every call: it is whole in one of the two.

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Failure;
using catlog::events::StorageFull;
using disk::Names;
using disk::PowerCut;
using disk::Unsynced;
namespace fs = std::filesystem;

namespace {

const OfSuite<InMemory> in_memory;

constexpr uint64_t images_by_chance = 4;  // of each moment

FakeRecords some_records() {
  FakeRecords records;
  for (uint64_t i = 0; i < 30; ++i) records.push_back(fake_record(2 + i % 20, i));
  records.push_back(fake_record(3'000, 99));
  return records;
}

void make_log(const fs::path& directory, uint64_t format) {
  {
    Log log = Log::open(directory, Access::write);
    append(log, 0, some_records());
  }
  if (format == log_format) return;
  convert_log(directory, format);
  fs::remove(directory / "data.format-3.mdb");
}

// Whatever happened: it is made over now, and holds what it held.
void check_whole(const fs::path& directory, uint64_t other) {
  convert_log(directory, other);
  BOOST_TEST(format_of(directory) == other);
  convert_log(directory, log_format);
  Log log = Log::open(directory, Access::write);
  BOOST_TEST(scan(log.snapshot()) == some_records());
  BOOST_TEST(check_tree(log, 1, {}).findings.empty());
  BOOST_TEST(log.check_pages(1).empty());
  BOOST_TEST(!fs::exists(directory / "converted"));
  append(log, log.head(), {fake_record(3, 1)});
}

constexpr std::pair<uint64_t, uint64_t> both_ways[] = {{earlier_log_format, log_format},
                                                       {log_format, earlier_log_format}};

constexpr std::pair<int, disk::Reach> faults[] = {
    {EIO, disk::Reach::data}, {ENOSPC, disk::Reach::data}, {EIO, disk::Reach::names}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_fault_at_any_call_leaves_the_log_whole) {
  for (const auto& [from, to] : both_ways)
    for (const auto& [code, reach] : faults)
      for (size_t n = 1;; ++n) {
        const TemporaryDirectory directory;
        make_log(directory.path(), from);
        disk::Faults failing({.code = code, .reach = reach}, n);
        bool is_done = false;
        try {
          const disk::Watching watching(directory.path(), failing);
          convert_log(directory.path(), to);
          is_done = true;
        } catch (const StorageFull&) {
        } catch (const Failure&) {
        }
        BOOST_TEST_CONTEXT("to " << to << ", error " << code << " at call " << n) {
          check_whole(directory.path(), earlier_log_format);
        }
        if (failing.calls() >= n) continue;
        BOOST_TEST(is_done);
        BOOST_TEST(n > 10u);
        break;
      }
}

BOOST_AUTO_TEST_CASE(without_room_nothing_is_begun) {
  const TemporaryDirectory directory;
  make_log(directory.path(), earlier_log_format);
  {
    disk::Faults faults({.code = ENOSPC, .room = disk::Room::none}, 0);
    const disk::Watching watching(directory.path(), faults);
    BOOST_CHECK_EXCEPTION(convert_log(directory.path(), log_format), StorageFull, [](const StorageFull& full) {
      BOOST_TEST_MESSAGE(full.what());
      return std::string_view(full.what()).find("needs 4 MiB") != std::string_view::npos;
    });
  }
  BOOST_TEST(!fs::exists(directory / "converted"));
  check_whole(directory.path(), earlier_log_format);
}

BOOST_AUTO_TEST_CASE(a_power_cut_at_any_moment_leaves_the_log_whole) {
  for (const auto& [from, to] : both_ways) {
    const TemporaryDirectory directory;
    disk::Recording recording(directory.path());
    size_t begin = 0;
    {
      const disk::Watching watching(directory.path(), recording);
      make_log(directory.path(), from);
      begin = recording.done().size();
      convert_log(directory.path(), to);
    }
    const auto& done = recording.done();
    BOOST_TEST(done.size() > begin + 20);
    for (size_t at = begin; at <= done.size(); ++at)
      for (const Unsynced unsynced : {Unsynced::nothing, Unsynced::some, Unsynced::all})
        for (const Names names : {Names::at_once, Names::until_synced})
          for (uint64_t seed = 0; seed < (unsynced == Unsynced::some ? images_by_chance : 1); ++seed) {
            const PowerCut cut{.at = at, .unsynced = unsynced, .names = names, .seed = at * images_by_chance + seed};
            const TemporaryDirectory image;
            build_image(done, cut, image.path());
            BOOST_TEST_CONTEXT("to " << to << ", " << to_text(cut)) check_whole(image.path(), earlier_log_format);
          }
  }
}

BOOST_AUTO_TEST_SUITE_END()
