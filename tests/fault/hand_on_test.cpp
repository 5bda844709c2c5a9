// The live WAL is handed to the disk as it is written (projector/sqlite/write_back.h).
#include <boost/test/unit_test.hpp>

#include <cerrno>

#include "projector/sqlite/unsynced.h"
#include "projector/sqlite/write_back.h"
#include "tests/support/disk/calls.h"
#include "tests/support/held_read_model.h"
#include "tests/support/read_models.h"

BOOST_AUTO_TEST_SUITE(hand_on_test)

using namespace catlog;
using namespace catlog::tests;
using projector::WriteBackOptions;

namespace {

constexpr int few_pages = 512;
constexpr size_t most_rounds = 2'000;
constexpr WriteBackOptions small{.from = few_pages,
                                 .again_after = 64,
                                 .handed_at_once = 64,
                                 .most_by_writer = 64,
                                 .runs = WriteBackOptions::Runs::at_once};

// What is handed to the disk between two passes, and what comes of it.
class HandingOn : public disk::Watcher {
 public:
  explicit HandingOn(int error = 0) : error_(error) {}
  disk::Verdict before(const disk::Operation& operation) override {
    if (!operation.path.ends_with("-wal")) return {};
    if (disk::is_sync(operation.call)) ++synced;
    if (operation.call != disk::Call::sync_file_range) return {};
    ++handed_on;
    return {.error = error_};
  }
  size_t handed_on = 0, synced = 0;

 private:
  int error_;
};

struct HandedOn : HeldReadModel {
  HandedOn() { model->set_write_back(small); }
  void commit() {
    add_movies(50);
    project();
  }
  void commit_half_of_what_a_pass_begins_at() {
    while (model->wal_bytes() < few_pages / 2 * projector::wal_page_bytes) commit();
  }
  // Until the WAL has begun anew, behind passes.
  void go_on() {
    uint64_t before = 0;
    for (size_t round = 0; round < most_rounds && model->wal_bytes() >= before; ++round) {
      before = model->wal_bytes();
      commit();
    }
    BOOST_TEST(model->wal_bytes() < before);
  }
  void hold_whole() {
    BOOST_TEST(has_all_rows());
    BOOST_TEST(one_value(model->database(), "PRAGMA integrity_check") == "ok");
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_wal_is_handed_to_the_disk_and_not_synced_before_a_pass) {
  HandedOn written;
  written.commit();  // SQLite syncs the header of a WAL that begins
  HandingOn handing;
  {
    const disk::Watching watching(written.folder, handing);
    written.commit_half_of_what_a_pass_begins_at();
    BOOST_TEST(handing.handed_on >= 2u);
    BOOST_TEST(handing.synced == 0u);
    written.go_on();
    BOOST_TEST(handing.synced > 0u);
  }
  written.hold_whole();
}

// ext4 gives up pages that it finds no place for, and tells that to who hands them on.
BOOST_AUTO_TEST_CASE(a_file_whose_wal_could_not_be_handed_on_is_written_no_more) {
  HandedOn written;
  HandingOn failing(EIO);
  {
    const disk::Watching watching(written.folder, failing);
    BOOST_CHECK_THROW(written.commit_half_of_what_a_pass_begins_at(), projector::SyncFailed);
  }
  BOOST_TEST(failing.handed_on == 1u);
  written.model.reset();
  BOOST_CHECK_THROW(written.open(), projector::SyncFailed);
}

BOOST_AUTO_TEST_CASE(a_file_system_that_hands_nothing_on_is_none_the_worse) {
  for (const int error : {ENOSYS, EINVAL}) {
    HandedOn written;
    HandingOn failing(error);
    {
      const disk::Watching watching(written.folder, failing);
      written.go_on();
    }
    BOOST_TEST(failing.handed_on > 0u);
    written.hold_whole();
  }
}

BOOST_AUTO_TEST_SUITE_END()
