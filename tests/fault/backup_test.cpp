#include "store/backup/backup.h"
#include "events/error.h"
#include "store/backup/segment.h"
#include "store/record_chain.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <vector>

#include "tests/support/backups.h"
#include "tests/support/child_process.h"
#include "tests/support/disk/calls.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(backup_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

enum class How { error, crash };

// Beneath the backup: its n-th write, sync or rename fails, or is the last thing that the process does.
class Striking : public disk::Watcher {
 public:
  Striking(How how, int code, int n) : how_(how), code_(code), n_(n) {}
  disk::Verdict before(const disk::Operation& operation) override {
    using disk::Call;
    if (operation.call != Call::write && operation.call != Call::fsync && operation.call != Call::rename) return {};
    if (++calls_ != n_) return {};
    if (how_ == How::error) return {.error = code_};
    // A crash in the middle of a write leaves a part of it.
    if (operation.call == Call::write)
      static_cast<void>(::syscall(SYS_write, operation.fd, operation.parts[0].iov_base, operation.length / 2));
    ::_exit(77);
  }

 private:
  How how_;
  int code_, n_, calls_ = 0;
};

constexpr uint64_t segment_bytes = 1500;

enum class Before { nothing, half };

// A log, and the backup of its first half or none; what is not in it is what a run under faults adds.
struct Prepared {
  TemporaryDirectory directory;
  Position half = 0;

  explicit Prepared(Before before) {
    RecordScript script = small_catalogue();
    Log log = Log::open(directory / "data/log", Access::write);
    script.append_to(log);
    write_bytes(directory / "data/quarantine.json", "{}");
    if (before == Before::half) {
      half = log.head();
      back_up(log, directory / "backup", {segment_bytes, {directory / "data/quarantine.json"}});
    }
    for (int i = 0; i < 12; ++i) script.command({movie_rated(1, i, 1), movie_rated(2, i, 1)});
    script.append_to(log);
    write_bytes(directory / "data/quarantine.json", "{\"changed\":1}");
  }
};

// A copy of it, for one run.
struct House {
  TemporaryDirectory directory;
  fs::path backup = directory / "backup";
  BackupOptions options{segment_bytes, {directory / "data/quarantine.json"}};
  Position half;

  explicit House(const Prepared& prepared) : half(prepared.half) {
    fs::copy(prepared.directory.path(), directory.path(), fs::copy_options::recursive);
  }

  // A run in a process of its own, whose n-th call fails or ends it. 0: done, 1: it said what failed, 77: crashed.
  int run(How how, int code, int n) const {
    ChildProcess child([&](const auto&) {
      const Log log = Log::open(directory / "data/log", Access::read);
      Striking striking(how, code, n);
      const disk::Watching watching(backup, striking);
      try {
        back_up(log, backup, options);
        return 0;
      } catch (const catlog::events::StorageFull&) {
        return code == ENOSPC ? 1 : 2;
      } catch (const Failure&) {
        return 1;
      }
    });
    return child.wait();
  }

  // A manifest without segments, which looks like that of an empty log.
  bool names_nothing() const { return has_manifest(backup) && read_manifest(backup).last() == 0; }

  // The only file of records that there is, under whichever name, is the log's first segment, whole.
  void check_first_segment_is_there() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(backup))
      if (const std::string name = entry.path().filename(); name.starts_with("records-")) found.push_back(name);
    BOOST_REQUIRE(found.size() == 1u);
    const Log log = Log::open(directory / "data/log", Access::read);
    back_up(log, directory / "other", options);
    Segment first = read_manifest(directory / "other").segments.at(0);
    first.file = found[0];
    RecordChain chain{Frontier()};
    BOOST_CHECK_NO_THROW(read_segment(backup, first, chain, {}));
  }

  // Whatever happened, the backup is whole, at least what it was, or there is none; and the next run brings it up to
  // the head.
  void check_goes_on() {
    const Position before = has_manifest(backup) ? verify_backup(backup).to : 0;
    BOOST_TEST(before >= half);
    const Log log = Log::open(directory / "data/log", Access::read);
    const BackupResult report = back_up(log, backup, options);
    BOOST_TEST(report.from == before + 1);
    BOOST_TEST(report.to == log.head());
    BOOST_TEST((verify_backup(backup).root == log.snapshot().tree_head().root));
    const Manifest manifest = read_manifest(backup);
    const auto files = static_cast<size_t>(std::distance(fs::directory_iterator(backup), {}));
    BOOST_TEST(files == manifest.segments.size() + manifest.files.size() + 2);  // manifest and lock: no strays
  }
};

struct Runs {
  int all = 0, name_nothing = 0;
};

Runs runs_under_faults(How how, int code, Before before = Before::half) {
  const Prepared prepared(before);
  Runs runs;
  for (;;) {
    House house(prepared);
    const int ended = house.run(how, code, ++runs.all);
    BOOST_TEST_CONTEXT("call " << runs.all) {
      BOOST_TEST((ended == 0 || ended == (how == How::crash ? 77 : 1)));
      if (house.names_nothing()) {
        ++runs.name_nothing;
        house.check_first_segment_is_there();
      }
      house.check_goes_on();
    }
    if (ended == 0) return runs;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_crash_at_any_call_leaves_a_whole_backup_that_goes_on) {
  const Runs runs = runs_under_faults(How::crash, 0);
  BOOST_TEST(runs.all > 10);
  BOOST_TEST(runs.name_nothing == 0);
}

// Between the first manifest and the second there is nothing but the segment's name: its folder is synced twice, it is
// renamed, the second is written, synced and renamed.
BOOST_AUTO_TEST_CASE(a_first_run_that_crashes_at_any_call_goes_on) {
  const Runs runs = runs_under_faults(How::crash, 0, Before::nothing);
  BOOST_TEST(runs.all > 10);
  BOOST_TEST(runs.name_nothing == 6);
}

BOOST_AUTO_TEST_CASE(a_full_disk_at_any_call_leaves_a_whole_backup_that_goes_on) {
  BOOST_TEST(runs_under_faults(How::error, ENOSPC).all > 10);
}

BOOST_AUTO_TEST_CASE(a_failed_disk_at_any_call_leaves_a_whole_backup_that_goes_on) {
  BOOST_TEST(runs_under_faults(How::error, EIO).all > 10);
}

BOOST_AUTO_TEST_SUITE_END()
