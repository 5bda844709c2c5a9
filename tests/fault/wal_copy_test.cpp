#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>

#include <fmt/format.h>

#include "events/error.h"
#include "projector/sqlite/sqlite.h"
#include "projector/sqlite/unsynced.h"
#include "tests/support/disk/budget.h"
#include "tests/support/disk/faults.h"
#include "tests/support/held_read_model.h"
#include "tests/support/read_models.h"
#include "tests/support/soak.h"

BOOST_AUTO_TEST_SUITE(wal_copy_test)

// A disk that is full, or fails, while a copy of the read model is made beside a reader whose transaction does not end
// (projector/wal_room.h): what is live stays whole, nothing is left behind, and the copy takes its place later.

using namespace catlog;
using namespace catlog::tests;
namespace fs = std::filesystem;

namespace {

constexpr size_t short_stride = 17;
constexpr int most_refused = 20;

class Copied : public HeldReadModel {
 public:
  Copied() { readers[0].begin(); }

  // As the projector's loop: without room, or behind somebody, it writes back and tries again; what SQLite refuses it
  // opens again.
  void try_step() {
    try {
      step(room_);
    } catch (const events::StorageFull& full) {
      last_ = full.what();
      ++full_;
      if (model) model->give_back_wal();
    } catch (const projector::Busy& busy) {
      last_ = busy.what();
    } catch (const events::Failure& failure) {
      last_ = failure.what();
      if (const auto live = generations.current_path(); projector::is_unsynced(*live)) {  // the operator's work
        model.reset();
        projector::rebuild(log, projector::Quarantine(log.id()), folder, run, {});
        return;
      }
      BOOST_TEST_REQUIRE((failure.code() == events::Exit::failure && ++refused_ <= most_refused), last_);
      model.reset();
    }
  }
  // Until the copy is live and has all rows.
  bool try_until_it_moves(const fs::path& first) {
    for (int i = 0; i < most_batches; ++i) {
      add_movies(50);
      try_step();
      if (model && model->file() != first && model->position() == log.head()) return true;
    }
    return false;
  }
  size_t full() const { return full_; }
  // What came in the way last.
  const std::string& last() const { return last_; }
  bool is_copying() const { return fs::exists(copy_file()); }
  fs::path copy_file() const { return folder / "copy.building.sqlite"; }
  // Until the copy has begun.
  void write_up_to_the_copy() {
    while (!is_copying()) BOOST_TEST_REQUIRE(!write(room_));
  }
  void hold_whole() {
    BOOST_TEST(has_all_rows());
    BOOST_TEST(one_value(model->database(), "PRAGMA integrity_check") == "ok");
    BOOST_TEST(!is_copying());
  }

 private:
  projector::WalRoom room_{generations, run, log.id(), options()};
  size_t full_ = 0;
  int refused_ = 0;
  std::string last_;
};

// How many calls there are from the copy's beginning until it is live; nothing strikes for n = 0.
size_t copy_with_fault(const disk::Fault& fault, size_t n) {
  Copied copied;
  copied.write_up_to_the_copy();
  const fs::path first = copied.model->file();
  size_t calls = 0;
  {
    disk::Faults faults(fault, n);
    const disk::Watching watching(copied.folder, faults);
    BOOST_TEST(copied.try_until_it_moves(first), faults.struck() << "; " << copied.last());
    calls = faults.calls();
    if (n > 0) BOOST_TEST(faults.has_struck());
  }
  BOOST_TEST(!copied.generations.is_current(first));
  copied.hold_whole();
  return calls;
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_space_at_any_call) {
  const disk::Fault fault{.code = ENOSPC, .reach = disk::Reach::names};
  const Sampling sampling(short_stride);
  BOOST_TEST_MESSAGE("seed " << sampling.seed);
  const size_t calls = copy_with_fault(fault, 0);
  BOOST_TEST_REQUIRE(calls > short_stride);
  for (size_t n = 1 + sampling.first(); n <= calls; n += sampling.stride)
    BOOST_TEST_CONTEXT("call " << n << " of " << calls << "; CATLOG_SEED=" << n - 1 << " CATLOG_STRIDE=" << calls)
  copy_with_fault(fault, n);
}

// There is room for the rows that are written meanwhile, but not for the copy.
BOOST_AUTO_TEST_CASE(a_disk_that_fills_meanwhile) {
  Copied copied;
  copied.write_up_to_the_copy();
  const fs::path first = copied.model->file();
  disk::Budget budget(64 << 10);
  const disk::Watching watching(copied.folder, budget);
  for (int i = 0; i < 20; ++i) {
    copied.add_movies(50);
    copied.try_step();
  }
  BOOST_TEST(copied.full() > 0u);
  BOOST_TEST(copied.generations.is_current(first));
  BOOST_TEST(!copied.is_copying());
  BOOST_TEST(one_value(copied.model->database(), "PRAGMA integrity_check") == "ok");

  budget.leave(1 << 30);
  BOOST_TEST(copied.try_until_it_moves(first));
  BOOST_TEST(!copied.generations.is_current(first));
  copied.hold_whole();
}

BOOST_AUTO_TEST_SUITE_END()
