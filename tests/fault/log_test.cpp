#include "store/log.h"
#include "events/error.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string_view>

#include "store/state_store.h"
#include "tests/support/child_process.h"
#include "tests/support/disk/faults.h"
#include "tests/support/log_records.h"
#include "tests/support/state_changes.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
using disk::Extent;
using disk::Fault;
using disk::How;
using disk::Room;

namespace {

// Runs `body` with its n-th call failing; returns how many calls it made.
template <class Body>
int with_fault(const TemporaryDirectory& directory, const Fault& fault, int n, Body&& body) {
  disk::Faults faults(fault, static_cast<size_t>(n));
  const disk::Watching watching(directory.path(), faults);
  body();
  return static_cast<int>(faults.calls());
}

enum class Outcome { done, full, failed };

template <class Body>
Outcome outcome_of(Body&& body) {
  try {
    body();
    return Outcome::done;
  } catch (const catlog::events::StorageFull& full) {
    BOOST_TEST(std::string_view(full.what()).find("Input/output error") == std::string_view::npos, full.what());
    return Outcome::full;
  } catch (const Failure& failure) {
    BOOST_TEST((failure.code() == Exit::failure));
    return Outcome::failed;
  }
}

FakeRecords batch(size_t from) {
  FakeRecords records;
  for (size_t i = from; i < from + 90; ++i) records.push_back(fake_record(i % 60 + 1, i));
  records.push_back(fake_record(3000, from));
  return records;
}

// A log with some appends, one more of which meets the fault at its n-th call. Returns the number of calls.
int append_with_fault(const Fault& fault, int n, std::vector<Outcome>& outcomes) {
  TemporaryDirectory directory;
  FakeRecords expected;
  const auto add = [&](Log& log) {
    const FakeRecords records = batch(expected.size());
    append(log, expected.size(), records);
    expected.insert(expected.end(), records.begin(), records.end());
  };
  int calls = 0;
  {
    Log log = Log::open(directory.path(), Access::write);
    for (int i = 0; i < 3; ++i) add(log);
    calls = with_fault(directory, fault, n, [&] { outcomes.push_back(outcome_of([&] { add(log); })); });
    if (outcomes.back() == Outcome::failed)
      BOOST_TEST((outcome_of([&] { add(log); }) == Outcome::failed));  // nobody knows what is on disk
    else
      add(log);
    if (outcomes.back() == Outcome::full) BOOST_TEST(scan(log.snapshot()) == expected);
  }
  Log log = Log::open(directory.path(), Access::write);
  BOOST_TEST(scan(log.snapshot()) == expected);
  add(log);
  BOOST_TEST(scan(log.snapshot()) == expected);
  return calls;
}

// Every n that an append reaches; the last is the write of LMDB's meta page, after which only reopening helps.
void expect_everywhere(const Fault& fault, Outcome data_fails) {
  std::vector<Outcome> outcomes;
  int calls = 0;
  for (int n = 1; n == 1 || calls >= n - 1; ++n)
    BOOST_TEST_CONTEXT("call " << n) calls = append_with_fault(fault, n, outcomes);
  BOOST_TEST((outcomes.back() == Outcome::done));
  outcomes.pop_back();
  BOOST_TEST_MESSAGE(outcomes.size() << " calls failed in turn");
  BOOST_REQUIRE(outcomes.size() >= 2u);
  BOOST_TEST((outcomes.back() == Outcome::failed));
  outcomes.pop_back();
  for (const Outcome outcome : outcomes) BOOST_TEST((outcome == data_fails));
}

}  // namespace

BOOST_AUTO_TEST_CASE(no_space_at_any_call) {
  for (const Extent extent : {Extent::once, Extent::from_then_on})
    expect_everywhere({.code = ENOSPC, .extent = extent}, Outcome::full);
}

BOOST_AUTO_TEST_CASE(an_io_error_at_any_call) {
  for (const Extent extent : {Extent::once, Extent::from_then_on})
    expect_everywhere({.code = EIO, .extent = extent}, Outcome::failed);
}

BOOST_AUTO_TEST_CASE(an_io_error_without_room_is_a_full_disk) {
  expect_everywhere({.code = EIO, .room = Room::none}, Outcome::full);
}

BOOST_AUTO_TEST_CASE(a_short_write_without_room_is_a_full_disk) {
  expect_everywhere({.how = How::short_write, .room = Room::none}, Outcome::full);
}

BOOST_AUTO_TEST_CASE(a_short_write_with_room_is_a_failure) {
  expect_everywhere({.how = How::short_write}, Outcome::failed);
}

BOOST_AUTO_TEST_CASE(making_a_log_fails_at_any_call_and_works_the_next_time) {
  for (const auto& [code, expected] : {std::pair{EIO, Outcome::failed}, {ENOSPC, Outcome::full}}) {
    int failed = 0;
    for (int n = 1;; ++n) {
      TemporaryDirectory directory;
      const int calls = with_fault(directory, {.code = code}, n, [&] {
        const Outcome outcome = outcome_of([&] { Log::open(directory.path(), Access::write); });
        BOOST_TEST((outcome == expected || outcome == Outcome::done));
        failed += outcome == expected;
      });
      Log log = Log::open(directory.path(), Access::write);
      BOOST_TEST(append(log, 0, batch(0)) == batch(0).size());
      if (calls < n) break;
    }
    BOOST_TEST(failed >= 5);
  }
}

BOOST_AUTO_TEST_CASE(a_flush_of_the_state_is_all_or_nothing) {
  const std::string log_id = "01890a5d-ac96-774b-bcce-b302099a8057";
  ChangeMap first, second;
  for (uint64_t i = 0; i < 500; ++i) {
    first["key" + std::to_string(i)] = fake_record(5, i);
    second["key" + std::to_string(i)] = i % 3 == 0 ? std::nullopt : std::optional(fake_record(7, i + 1));
  }
  int full = 0, failed = 0;
  for (int n = 1;; ++n) {
    TemporaryDirectory directory;
    int calls = 0;
    {
      StateStore store = StateStore::open(directory.path(), log_id, Access::write);
      store.flush(views_of(first), 1);
      Outcome outcome = Outcome::done;
      calls = with_fault(directory, {}, n, [&] { outcome = outcome_of([&] { store.flush(views_of(second), 2); }); });
      if (calls < n) break;
      BOOST_TEST((outcome != Outcome::done));
      full += outcome == Outcome::full;
      failed += outcome == Outcome::failed;
      if (outcome == Outcome::failed) BOOST_CHECK_THROW(store.flush(views_of(second), 2), Failure);
    }
    StateStore store = StateStore::open(directory.path(), log_id, Access::write);
    BOOST_TEST(store.snapshot().position() == 1u);
    for (const auto& [key, value] : first) BOOST_REQUIRE(store.snapshot().get(key).value() == *value);
    store.flush(views_of(second), 2);
    BOOST_TEST(store.snapshot().position() == 2u);
  }
  BOOST_TEST(full >= 2);
  BOOST_TEST(failed == 1);
}

// LMDB tells readers of a commit behind its last write. While another process holds the lock file open, a kill between
// the two leaves them at the commit before, until somebody takes the write lock.
BOOST_AUTO_TEST_CASE(a_writer_that_was_killed_behind_its_last_write_has_committed) {
  class KilledBehindTheMetaPage : public disk::Watcher {
    void after(const disk::Operation& operation, ssize_t) override {
      constexpr off_t meta_pages_end = 2 * 4'096;
      if (operation.call == disk::Call::pwrite && operation.offset < meta_pages_end) ::_exit(0);
    }
  };
  const TemporaryDirectory directory;
  const auto records = batch(0);
  ChildProcess killed([&](const auto& line) {
    auto log = Log::open(directory / "log", Access::write);
    append(log, 0, records);
    line.tell();
    line.hear();
    KilledBehindTheMetaPage watcher;
    const disk::Watching watching(directory.path(), watcher);
    append(log, records.size(), records);
    return 1;
  });
  ChildProcess reader([&](const auto& line) {
    line.hear();
    const auto log = Log::open(directory / "log", Access::read);
    line.tell();
    line.hear();
    return 0;
  });
  BOOST_TEST_REQUIRE(killed.line().hear());
  reader.line().tell();
  BOOST_TEST_REQUIRE(reader.line().hear());
  killed.line().tell();
  BOOST_TEST_REQUIRE(killed.wait() == 0);

  auto log = Log::open(directory / "log", Access::write);
  BOOST_TEST(log.head() == 2 * records.size());
  BOOST_TEST(append(log, log.head(), records) == 3 * records.size());
  reader.line().tell();
  BOOST_TEST(reader.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
