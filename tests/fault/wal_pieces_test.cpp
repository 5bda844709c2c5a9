#include "projector/sqlite/wal_pieces.h"

#include <rapidcheck.h>
#include <sqlite3.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "projector/sqlite/sqlite.h"
#include "tests/support/disk/faults.h"
#include "tests/support/disk/power_cut.h"
#include "tests/support/in_memory.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(wal_pieces_test)

// The WAL's part of a commit in few large pieces, in transactions that are larger than SQLite's cache too: their pages
// are in the WAL before the commit, are read again, are rolled back with a savepoint, and are written there again, so
// that checksums are made anew.

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Open;
using projector::Sql;
using projector::WalCheckpoint;
using projector::WalWrites;
namespace fs = std::filesystem;

namespace {

const OfSuite<InMemory> in_memory;
const OfSuite<FewCases> few_cases;

constexpr size_t short_stride = 41;
constexpr int transactions = 8;

// Rows that change in random transactions, the same ones for each seed. The last statement of each notes its number and
// the sum of all rows.
//
// SQLite 3.40 by itself loses such a transaction in a crash when pages that it had in the WAL already were rolled back
// with a savepoint: one of their frames keeps a checksum of 0. So who crashes has none.
class Rows {
 public:
  enum class Savepoints { none, some };
  Rows(const fs::path& file, WalWrites writes, uint64_t seed, Savepoints savepoints = Savepoints::none,
       int page_bytes = 4'096)
      : database_(file, Open::create, writes), random_(seed), savepoints_(savepoints) {
    database_.leave_wal_files();
    run("PRAGMA page_size = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = 8;"
        "PRAGMA journal_size_limit = 100000;"
        "CREATE TABLE t(id INTEGER PRIMARY KEY, filling TEXT); CREATE INDEX by_filling ON t(filling);"
        "CREATE TABLE state(number INTEGER, total INTEGER); INSERT INTO state VALUES (0, 0)",
        page_bytes);
    database_.checkpoint_wal(WalCheckpoint::truncate);
  }
  Database& database() { return database_; }

  // Begins a transaction and changes rows in it.
  void change(int number) {
    run("BEGIN IMMEDIATE");
    for (uint64_t statements = 1 + below(6); statements > 0; --statements) change_some();
    run("UPDATE state SET number = {}, total = (SELECT ifnull(sum(id * length(filling)), 0) FROM t)", number);
  }
  void transact(int number) {
    change(number);
    database_.commit();
  }
  // Whatever else is done to a WAL between two transactions.
  void tend() {
    constexpr WalCheckpoint checkpoints[] = {WalCheckpoint::passive, WalCheckpoint::restart, WalCheckpoint::truncate};
    if (below(3) == 0) database_.checkpoint_wal(checkpoints[below(3)]);
    if (below(4) == 0) run("PRAGMA synchronous = {}", below(2) == 0 ? "NORMAL" : "FULL");
  }
  uint64_t below(uint64_t end) { return random_() % end; }

 private:
  template <class... Values>
  void run(fmt::format_string<Values...> sql, Values&&... values) {
    database_.run(Sql::generated(fmt::format(sql, std::forward<Values>(values)...)));
  }
  void change_some() {
    const uint64_t bytes = below(8) == 0 ? below(5'000) : below(300), modulus = 1 + below(5), rest = below(modulus);
    const char letter = static_cast<char>('a' + below(26));
    switch (below(6)) {
      case 0:
        return run("DELETE FROM t WHERE id % {} = {}", modulus + 2, rest);
      case 1:
        return run("UPDATE t SET filling = printf('%.*c', {}, '{}') WHERE id % {} = {}", bytes, letter, modulus, rest);
      case 2:
        if (savepoints_ == Savepoints::none) return;
        run("SAVEPOINT s; UPDATE t SET filling = printf('%.*c', {}, '{}') || id", bytes, letter);
        return run("ROLLBACK TO s; RELEASE s");
      default:
        return run(
            "WITH n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
            "INSERT INTO t(filling) SELECT printf('%.*c', {}, '{}') || i FROM n",
            1 + below(20), bytes, letter);
    }
  }

  Database database_;
  std::mt19937_64 random_;
  Savepoints savepoints_;
};

// The number of the last transaction, all of which must be there.
int number_in(const Database& database) {
  BOOST_TEST(one_value(database, "SELECT total = (SELECT ifnull(sum(id * length(filling)), 0) FROM t) FROM state") ==
             "1");
  return std::stoi(one_value(database, "SELECT number FROM state"));
}

int number_in_whole(const fs::path& file) {
  const Database database(file, Open::write);
  BOOST_TEST(one_value(database, "PRAGMA integrity_check") == "ok");
  return number_in(database);
}

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// What SQLite draws from now on, a WAL's salt: the same each time.
void draw_from(int seed) { ::sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed, nullptr); }

struct NotRandom {
  ~NotRandom() { draw_from(0); }
};

size_t writes_to_wal(const std::vector<disk::Done>& done) {
  return static_cast<size_t>(std::count_if(done.begin(), done.end(), [](const disk::Done& each) {
    return each.what == disk::Done::What::write && each.path.ends_with("-wal");
  }));
}

}  // namespace

BOOST_AUTO_TEST_CASE(file_and_wal_are_byte_by_byte_what_sqlite_writes) {
  const NotRandom not_random;
  BOOST_TEST(rc::check("pieces and pages", [](uint64_t seed) {
    const TemporaryDirectory directory;
    const fs::path files[] = {directory / "pages.sqlite", directory / "pieces.sqlite"};
    const int page_bytes = *rc::gen::element(512, 4'096, 65'536);
    int drawn = 1;
    draw_from(drawn);
    Rows pages(files[0], WalWrites::pages, seed, Rows::Savepoints::some, page_bytes);
    draw_from(drawn);
    Rows pieces(files[1], WalWrites::pieces, seed, Rows::Savepoints::some, page_bytes);
    for (int number = 1; number <= transactions; ++number) {
      const bool is_undone = *rc::gen::inRange(0, 6) == 0;
      ++drawn;
      for (Rows* rows : {&pages, &pieces}) {
        draw_from(drawn);
        rows->change(number);
        is_undone ? rows->database().roll_back() : rows->database().commit();
        rows->tend();
      }
      for (const char* tail : {"", "-wal"})
        RC_ASSERT(bytes_of(files[0].string() + tail) == bytes_of(files[1].string() + tail));
    }
  }));
}

BOOST_AUTO_TEST_CASE(a_commit_is_few_writes) {
  const TemporaryDirectory directory;
  disk::Recording recording(directory.path());
  const disk::Watching watching(directory.path(), recording);
  projector::ReadModel model(directory / "live.sqlite", test_log_id, UINT64_MAX, projector::Writing::live);
  RecordScript script = small_catalogue();
  std::vector<EventDraft> drafts;
  for (int64_t id = 10; id < 1'010; ++id) drafts.push_back(movie_described(id, fmt::format("Title {}", id)));
  script.command(drafts);
  const int pages_before = model.database().wal_pages();
  const size_t before = writes_to_wal(recording.done());
  apply(model, script);
  const auto pages = static_cast<size_t>(model.database().wal_pages() - pages_before);
  BOOST_TEST(pages > 100u);
  BOOST_TEST(writes_to_wal(recording.done()) - before < pages / 10);
}

namespace {

// At each write of a commit another connection reads.
struct Reading : disk::Watcher {
  explicit Reading(const fs::path& file) : reader(file, Open::read) {}
  disk::Verdict before(const disk::Operation& operation) override {
    if (!is_write(operation.call) || !operation.path.ends_with("-wal")) return {};
    BOOST_TEST(number_in(reader) == committed);
    ++times;
    return {};
  }
  Database reader;
  int committed = 0, times = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(whoever_reads_meanwhile_sees_all_of_a_commit_or_nothing) {
  const TemporaryDirectory directory;
  const fs::path file = directory / "rows.sqlite";
  Rows rows(file, WalWrites::pieces, 1);
  Reading reading(file);
  BOOST_TEST(number_in(reading.reader) == 0);  // opens the WAL, which nothing may do within a call that is watched
  {
    const disk::Watching watching(directory.path(), reading);
    for (int number = 1; number <= transactions; ++number) {
      rows.transact(number);
      reading.committed = number;
      BOOST_TEST(number_in(reading.reader) == number);
    }
  }
  BOOST_TEST(reading.times > transactions);
}

namespace {

// The n-th write or sync fails, or is cut short; whatever was being done is given up, and done again.
size_t run_with_fault(const disk::Fault& fault, size_t n, uint64_t seed) {
  const TemporaryDirectory directory;
  const fs::path file = directory / "rows.sqlite";
  disk::Faults faults(fault, n);
  {
    Rows rows(file, WalWrites::pieces, seed);
    const Database reader(file, Open::read);
    const disk::Watching watching(directory.path(), faults);
    int committed = 0;
    for (int number = 1; number <= transactions; ++number) {
      try {
        rows.transact(number);
        committed = number;
        rows.tend();
      } catch (const std::exception&) {  // StorageFull, or a failure
        BOOST_TEST(faults.has_struck());
        rows.database().roll_back();
        BOOST_TEST(number_in(reader) == committed);
        faults.mend();
        rows.transact(number);
        committed = number;
      }
      BOOST_TEST(number_in(reader) == committed);
    }
  }
  fs::remove(file.string() + "-shm");  // as after a crash: the WAL is read again
  BOOST_TEST(number_in_whole(file) == transactions);
  return faults.calls();
}

}  // namespace

BOOST_AUTO_TEST_CASE(after_an_error_of_any_write_there_is_the_commit_before) {
  using disk::Extent;
  const Sampling sampling(short_stride);
  BOOST_TEST_MESSAGE("seed " << sampling.seed);
  const uint64_t seed = std::getenv("CATLOG_SOAK") ? sampling.seed : 2;
  for (const disk::Fault& fault :
       {disk::Fault{.code = ENOSPC}, disk::Fault{.code = EIO}, disk::Fault{.how = disk::How::short_write},
        disk::Fault{.code = ENOSPC, .extent = Extent::from_then_on}}) {
    const size_t calls = run_with_fault(fault, 0, seed);
    size_t points = 0;
    for (size_t n = 1 + sampling.first(); n <= calls; n += sampling.stride, ++points)
      BOOST_TEST_CONTEXT(to_text(fault) << " at call " << n << " of " << calls) run_with_fault(fault, n, seed);
    BOOST_TEST(points > 0u);
    BOOST_TEST_MESSAGE("figures: a commit's pieces, " << to_text(fault) << ": " << points << " of " << calls
                                                      << " points, seed " << sampling.seed);
  }
}

BOOST_AUTO_TEST_CASE(after_a_crash_at_any_write_there_is_the_commit_before_or_this_one) {
  const Sampling sampling(short_stride);
  BOOST_TEST_MESSAGE("seed " << sampling.seed);
  const TemporaryDirectory directory;
  disk::Recording recording(directory.path());
  std::vector<size_t> committed;  // how much was done by then
  size_t first = 0;
  {
    const disk::Watching watching(directory.path(), recording);
    Rows rows(directory / "rows.sqlite", WalWrites::pieces, 3);
    first = recording.done().size();
    for (int number = 1; number <= transactions; ++number) {
      rows.transact(number);
      committed.push_back(recording.done().size());
      rows.tend();
    }
  }
  size_t cuts = 0;
  for (size_t at = first + sampling.first(); at <= recording.done().size(); at += sampling.stride, ++cuts)
    for (const auto unsynced : {disk::Unsynced::some, disk::Unsynced::all}) {
      const disk::PowerCut cut{.at = at, .unsynced = unsynced, .seed = at + sampling.seed};
      const auto before = std::upper_bound(committed.begin(), committed.end(), at) - committed.begin();
      BOOST_TEST_CONTEXT(to_text(cut)) {
        const TemporaryDirectory image;
        build_image(recording.done(), cut, image.path());
        const int number = number_in_whole(image / "rows.sqlite");
        BOOST_TEST(number <= before + 1);
        if (unsynced == disk::Unsynced::all) BOOST_TEST(number >= before);
      }
    }
  BOOST_TEST(cuts > 3u);
}

BOOST_AUTO_TEST_SUITE_END()
