#include <boost/test/unit_test.hpp>

#include "commandhandler/keys.h"
#include "projector/sqlite.h"
#include "store/log.h"
#include "tests/support/disk/faults.h"
#include "tests/support/disk/power_cut.h"
#include "tests/support/temporary_directory.h"

// Full disks that were taken for failures, and a key that a power cut took: each found by fault.points or
// fault.power_cut.

using namespace catlog;
using namespace catlog::tests;
using commandhandler::Keys;

namespace {

// Strikes at calls of one kind only.
class Refusing : public disk::Watcher {
 public:
  explicit Refusing(disk::Call call) : call_(call) {}
  disk::Verdict before(const disk::Operation& operation) override {
    return {.error = operation.call == call_ ? ENOSPC : 0};
  }
  std::optional<uint64_t> free_bytes() override { return 0; }

 private:
  disk::Call call_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_key_that_is_written_in_part_is_a_full_disk) {
  const TemporaryDirectory directory;
  Keys keys(directory / "keys");
  keys.seal(1, "text");
  {
    disk::Faults faults({.how = disk::How::short_write, .extent = disk::Extent::from_then_on}, 1);
    const disk::Watching watching(directory.path(), faults);
    BOOST_CHECK_THROW(keys.sync(), store::StorageFull);
    BOOST_TEST(faults.has_struck());
  }
  keys.sync();
  BOOST_TEST(Keys(directory / "keys").open(Keys(directory / "keys").seal(1, "text")) == "text");
}

BOOST_AUTO_TEST_CASE(a_write_that_is_cut_short_once_is_gone_on_with) {
  const TemporaryDirectory directory;
  Keys keys(directory / "keys");
  const std::string sealed = keys.seal(1, "text");
  disk::Faults faults({.how = disk::How::short_write}, 1);
  {
    const disk::Watching watching(directory.path(), faults);
    keys.sync();
  }
  BOOST_TEST(faults.has_struck());
  BOOST_TEST(Keys(directory / "keys").open(sealed) == "text");
}

BOOST_AUTO_TEST_CASE(the_first_key_outlasts_a_power_cut_with_its_folder) {
  const TemporaryDirectory directory, image;
  disk::Recording recording(directory.path());
  std::string sealed;
  {
    const disk::Watching watching(directory.path(), recording);
    Keys keys(directory / "keys");
    sealed = keys.seal(1, "text");
    keys.sync();
  }
  build_image(recording.done(), {.at = recording.done().size(), .names = disk::Names::until_synced}, image.path());
  BOOST_TEST(Keys(image / "keys").open(sealed) == "text");
}

BOOST_AUTO_TEST_CASE(a_journal_that_cannot_be_made_is_a_full_disk) {
  const TemporaryDirectory directory;
  projector::Database database(directory / "file.sqlite", projector::Open::create);
  database.run("CREATE TABLE t(x)");
  Refusing refusing(disk::Call::create);
  const disk::Watching watching(directory.path(), refusing);
  BOOST_CHECK_THROW(database.run("INSERT INTO t VALUES (1)"), store::StorageFull);
}

BOOST_AUTO_TEST_CASE(a_database_that_cannot_be_made_is_a_full_disk) {
  const TemporaryDirectory directory;
  Refusing refusing(disk::Call::create);
  const disk::Watching watching(directory.path(), refusing);
  BOOST_CHECK_THROW(projector::Database(directory / "file.sqlite", projector::Open::create), store::StorageFull);
}
