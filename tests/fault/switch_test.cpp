#include <boost/test/unit_test.hpp>

#include <string>

#include "events/error.h"
#include "projector/sqlite/unsynced.h"
#include "tests/support/disk/calls.h"
#include "tests/support/disk/failing_sync.h"
#include "tests/support/held_read_model.h"
#include "tests/support/run.h"

BOOST_AUTO_TEST_SUITE(switch_test)

// Another generation becomes the live one while a projector, which has not looked at the link yet, writes the one
// before, perhaps with a pass under way that writes its WAL back (projector/sqlite/write_back.h).

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;
using disk::FailingSync;
using projector::State;

namespace {

class Written : public HeldReadModel {
 public:
  Written() {
    add_movies(50);
    project();
  }
  void rebuild() const { projector::rebuild(log, projector::Quarantine(log.id()), folder, run, {}); }
  State state() const { return projector::read_checkpoint(model->database()).state; }
  const fs::path file = model->file();
};

// Counts what is done to a file itself. Where it has a WAL, only writing that back does anything to it.
struct Touches : disk::Watcher {
  explicit Touches(const fs::path& file) : name_("/" + file.filename().string()) {}
  disk::Verdict before(const disk::Operation& operation) override {
    const disk::Call call = operation.call;
    if (operation.path.ends_with(name_) &&
        (disk::is_write(call) || disk::is_sync(call) || call == disk::Call::ftruncate))
      ++count;
    return {};
  }
  size_t count = 0;

 private:
  std::string name_;
};

// Whether the link that leads back was removed, and its folder synced behind that.
struct WayBackRemoved : FailingSync {
  WayBackRemoved() : FailingSync("-wal", FailingSync::Free::as_it_is, FailingSync::Note::cannot_be_made) {}
  disk::Verdict before(const disk::Operation& operation) override {
    if (operation.call == disk::Call::unlink && operation.path.ends_with("/previous.sqlite")) {
      is_removed = true;
      is_synced = false;
    }
    if (disk::is_sync(operation.call) && operation.path.ends_with("/readmodel")) is_synced = true;
    return FailingSync::before(operation);
  }
  bool is_removed = false, is_synced = false;
};

}  // namespace

BOOST_AUTO_TEST_CASE(who_switches_writes_nothing_back_of_what_another_writes) {
  Written written;
  Touches touches(written.file);
  {
    const disk::Watching watching(written.folder, touches);
    written.rebuild();
    BOOST_TEST((written.state() == State::retired));
    BOOST_TEST(projector::go_back(written.log, written.folder, written.run) == written.file);
    BOOST_TEST((written.state() == State::live));
    BOOST_TEST(touches.count == 0u);
    BOOST_TEST(written.model->give_back_wal());
    BOOST_TEST(touches.count > 0u);
  }
  BOOST_TEST(written.has_all_rows());
}

BOOST_AUTO_TEST_CASE(one_that_could_not_be_synced_when_it_was_retired_is_no_way_back) {
  Written written;
  FailingSync failing("-wal");
  {
    const disk::Watching watching(written.folder, failing);
    written.rebuild();
  }
  BOOST_TEST(failing.has_failed);
  BOOST_TEST(!written.generations.is_current(written.file));
  BOOST_CHECK_THROW(projector::go_back(written.log, written.folder, written.run), projector::SyncFailed);
}

BOOST_AUTO_TEST_CASE(one_that_could_not_be_noted_either_is_no_way_back) {
  Written written;
  FailingSync failing("-wal", FailingSync::Free::as_it_is, FailingSync::Note::cannot_be_made);
  {
    const disk::Watching watching(written.folder, failing);
    written.rebuild();
  }
  BOOST_TEST(failing.has_failed);
  BOOST_TEST(!written.generations.is_current(written.file));
  BOOST_TEST(!written.generations.kept().has_value());
  BOOST_CHECK_THROW(projector::go_back(written.log, written.folder, written.run), events::Failure);
}

BOOST_AUTO_TEST_CASE(one_that_is_no_way_back_does_not_hold_up_a_start) {
  Written written;
  written.rebuild();
  const auto live = written.generations.current_path();
  {
    projector::Database before(written.file, projector::Open::write);
    projector::write_state(before, State::live);  // as a crash within the switch leaves it
  }
  WayBackRemoved failing;
  {
    const disk::Watching watching(written.data.path(), failing);
    BOOST_TEST((written.generations.prepare_live(written.log.id()) == live));
  }
  BOOST_TEST(failing.has_failed);
  BOOST_TEST(failing.is_removed);
  BOOST_TEST(failing.is_synced);  // a power cut does not bring it back
  BOOST_TEST(!written.generations.kept().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
