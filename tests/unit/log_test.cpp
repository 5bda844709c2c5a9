#include "store/log.h"
#include "events/error.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "events/text/uuid.h"
#include "store/lmdb/environment.h"
#include "tests/support/child_process.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

auto ends_with_code(Exit code) {
  return [code](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    return failure.code() == code;
  };
}

void write_file(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_log_is_empty) {
  TemporaryDirectory directory;
  const Log log = Log::open(directory / "deep/log", Access::write);
  BOOST_TEST(log.head() == 0u);
  BOOST_TEST(log.snapshot().read(0).empty());
  BOOST_TEST(log.snapshot().read(1).empty());
  BOOST_TEST(scan(log.snapshot()).empty());
  BOOST_TEST(catlog::events::parse_uuid(log.id()).has_value());
  BOOST_TEST(log.size_bytes() > 0u);
  struct stat file;
  BOOST_REQUIRE(::stat((directory / "deep/log/data.mdb").c_str(), &file) == 0);
  BOOST_TEST((file.st_mode & 0717) == 0600u);  // what the group may is its folder's affair
}

BOOST_AUTO_TEST_CASE(what_was_appended_is_there) {
  TemporaryDirectory directory;
  const FakeRecords records{fake_record(1, 1), fake_record(40, 2), fake_record(9000, 3)};
  Log log = Log::open(directory.path(), Access::write);
  BOOST_TEST(append(log, 0, records) == 3u);
  BOOST_TEST(append(log, 3, {}) == 3u);
  BOOST_TEST(scan(log.snapshot()) == records);
  BOOST_TEST(scan(log.snapshot(), 0) == records);
  BOOST_TEST(scan(log.snapshot(), 3) == FakeRecords{records[2]});
  BOOST_TEST(scan(log.snapshot(), 4).empty());
  int visits = 0;
  log.snapshot().scan(1, [&](Position, Bytes) { return ++visits < 2; });
  BOOST_TEST(visits == 2);
}

// Many on a page, few on a page, and on pages of their own, in commits of all sizes.
BOOST_AUTO_TEST_CASE(a_scan_from_anywhere_gives_what_is_read_one_by_one) {
  TemporaryDirectory directory;
  Log log = Log::open(directory.path(), Access::write);
  for (Position commit = 1; log.head() < 1'000; ++commit) {
    FakeRecords records;
    for (Position at = log.head() + 1; records.size() < commit * commit; ++at)
      records.push_back(fake_record(at % 37 == 0 ? 600 : at / 100 % 2 == 0 ? 1 + at % 3 : 20 + at % 30, at));
    append(log, log.head(), records);
  }
  const LogSnapshot snapshot = log.snapshot();
  for (Position from = 1; from <= snapshot.head(); ++from) {
    Position expected = from;
    snapshot.scan(from, [&](Position position, Bytes bytes) {
      const Bytes read = snapshot.read(expected);
      const bool is_same = position == expected && bytes.data() == read.data() && bytes.size() == read.size();
      if (!is_same) BOOST_ERROR("from " << from << ": not what is read at " << expected);
      ++expected;
      return is_same && expected < from + 200;
    });
    BOOST_TEST(expected == std::min(from + 200, snapshot.head() + 1));
  }
}

BOOST_AUTO_TEST_CASE(records_may_lie_at_any_address) {
  TemporaryDirectory directory;
  Log log = Log::open(directory.path(), Access::write);
  const std::string record = fake_record(5, 7), shifted = "x" + record;
  const Bytes bytes = std::as_bytes(std::span(shifted)).subspan(1);
  log.append(0, {&bytes, 1});
  BOOST_TEST(to_text(log.snapshot().read(1)) == record);
}

BOOST_AUTO_TEST_CASE(a_wrong_expected_head_appends_nothing) {
  TemporaryDirectory directory;
  Log log = Log::open(directory.path(), Access::write);
  append(log, 0, {fake_record(1, 1), fake_record(2, 2)});
  for (const Position wrong : {0, 1, 3})
    BOOST_CHECK_THROW(append(log, wrong, {fake_record(3, 3)}), std::invalid_argument);
  BOOST_CHECK_THROW(append(log, 1, {}), std::invalid_argument);
  BOOST_TEST(log.head() == 2u);
  BOOST_TEST(append(log, 2, {fake_record(3, 3)}) == 3u);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_not_words_is_a_bug) {
  TemporaryDirectory directory;
  for (const std::string& record : {std::string("1234567"), std::string()}) {
    ChildProcess child([&](const auto&) {
      Log log = Log::open(directory.path(), Access::write);
      append(log, 0, {record});
      return 0;
    });
    BOOST_TEST(child.wait() == -SIGABRT);
  }
}

BOOST_AUTO_TEST_CASE(the_log_id_survives_reopening) {
  TemporaryDirectory directory;
  const std::string id = Log::open(directory.path(), Access::write).id();
  BOOST_TEST(Log::open(directory.path(), Access::write).id() == id);
  BOOST_TEST(Log::open(directory.path(), Access::read).id() == id);
  TemporaryDirectory other;
  BOOST_TEST(Log::open(other.path(), Access::write).id() != id);
}

BOOST_AUTO_TEST_CASE(a_second_writer_is_told_who_holds_the_log) {
  TemporaryDirectory directory;
  ChildProcess child([&](const auto& line) {
    const Log log = Log::open(directory.path(), Access::write);
    line.tell();
    return line.hear() ? 0 : 1;
  });
  BOOST_REQUIRE(child.line().hear());
  const std::string pid = std::to_string(child.pid());
  BOOST_CHECK_EXCEPTION(Log::open(directory.path(), Access::write), Failure, [&](const Failure& failure) {
    return failure.code() == Exit::held && std::string(failure.what()).find(pid) != std::string::npos;
  });
  child.kill();
  BOOST_TEST(Log::open(directory.path(), Access::write).head() == 0u);
}

BOOST_AUTO_TEST_CASE(one_process_is_one_writer_too) {
  TemporaryDirectory directory;
  const Log log = Log::open(directory.path(), Access::write);
  BOOST_CHECK_EXCEPTION(Log::open(directory.path(), Access::write), Failure, ends_with_code(Exit::held));
}

BOOST_AUTO_TEST_CASE(a_reader_follows_another_process_that_writes) {
  TemporaryDirectory directory;
  ChildProcess child([&](const auto& line) {
    Log log = Log::open(directory.path(), Access::write);
    for (Position head = 0;; ++head) {
      line.tell();
      if (!line.hear()) return 0;
      append(log, head, {fake_record(10, head)});
    }
  });
  BOOST_REQUIRE(child.line().hear());
  const Log log = Log::open(directory.path(), Access::read);
  for (Position position = 1; position <= 5; ++position) {
    const LogSnapshot before = log.snapshot();
    child.line().tell();
    BOOST_REQUIRE(child.line().hear());
    BOOST_TEST(before.head() == position - 1);
    BOOST_TEST(before.read(position).empty());
    BOOST_TEST(log.head() == position);
    BOOST_TEST(to_text(log.snapshot().read(position)) == fake_record(10, position - 1));
  }
}

BOOST_AUTO_TEST_CASE(reading_needs_a_log) {
  TemporaryDirectory directory;
  BOOST_CHECK_EXCEPTION(Log::open(directory.path(), Access::read), Failure, ends_with_code(Exit::usage));
  BOOST_CHECK_EXCEPTION(Log::open(directory / "none", Access::read), Failure, ends_with_code(Exit::usage));
  BOOST_TEST(fs::is_empty(directory.path()));
}

BOOST_AUTO_TEST_CASE(a_read_only_directory_can_be_read) {
  TemporaryDirectory directory;
  {
    Log log = Log::open(directory.path(), Access::write);
    append(log, 0, {fake_record(10, 1)});
  }
  ::chmod((directory / "data.mdb").c_str(), 0444);
  ::chmod((directory / "lock.mdb").c_str(), 0444);
  ::chmod(directory.path().c_str(), 0555);
  ChildProcess child([&](const auto&) {
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0 && ::setuid(nobody) != 0) return 1;
    return Log::open(directory.path(), Access::read).head() == 1 ? 0 : 2;
  });
  BOOST_TEST(child.wait() == 0);
  ::chmod(directory.path().c_str(), 0755);
  ChildProcess other([&](const auto&) {  // here a writer could be at work, so it must not be read without the lock file
    constexpr uid_t nobody = 65534;
    if (::geteuid() == 0) {
      ::chmod(directory.path().c_str(), 0777);
      if (::setuid(nobody) != 0) return 1;
    }
    try {
      Log::open(directory.path(), Access::read);
    } catch (const Failure& failure) {
      return failure.code() == Exit::failure ? 0 : 2;
    }
    return 3;
  });
  BOOST_TEST(other.wait() == 0);
}

BOOST_AUTO_TEST_CASE(a_half_made_log_is_made_again) {
  TemporaryDirectory directory;
  fs::create_directories(directory / "new");
  write_file(directory / "new/data.mdb", "half");
  write_file(directory / "lock.mdb", "of an earlier log");
  Log log = Log::open(directory.path(), Access::write);
  BOOST_TEST(append(log, 0, {fake_record(1, 1)}) == 1u);
  BOOST_TEST(!fs::exists(directory / "new"));
}

BOOST_AUTO_TEST_CASE(a_killed_writer_loses_nothing_acknowledged) {
  TemporaryDirectory directory;
  Position acknowledged = 0;
  for (int round = 0; round < 5; ++round) {
    ChildProcess child([&](const auto& line) {
      Log log = Log::open(directory.path(), Access::write);
      for (Position head = log.head();; head += 3) {
        append(log, head, {fake_record(30, head), fake_record(700, head), fake_record(1, head)});
        line.tell();
      }
      return 0;
    });
    for (int i = 0; i < 20; ++i) {
      BOOST_REQUIRE(child.line().hear());
      acknowledged += 3;
    }
    child.kill();
    const Log log = Log::open(directory.path(), Access::write);
    BOOST_TEST(log.head() >= acknowledged);
    BOOST_TEST(log.head() % 3 == 0u);
    acknowledged = log.head();
    const FakeRecords found = scan(log.snapshot());
    BOOST_REQUIRE(found.size() == acknowledged);
    for (size_t i = 0; i < found.size(); i += 3) BOOST_REQUIRE(found[i] == fake_record(30, i));
  }
}

BOOST_AUTO_TEST_CASE(slots_of_dead_readers_are_freed) {
  TemporaryDirectory directory;
  Log::open(directory.path(), Access::write);
  ChildProcess child([&](const auto& line) {
    const Log log = Log::open(directory.path(), Access::read);
    const LogSnapshot snapshot = log.snapshot();
    line.tell();
    return line.hear() ? 0 : 1;
  });
  BOOST_REQUIRE(child.line().hear());
  const Log log = Log::open(directory.path(), Access::write);
  BOOST_TEST(log.clear_stale_readers() == 0);
  child.kill();
  BOOST_TEST(log.clear_stale_readers() == 1);
}

BOOST_AUTO_TEST_CASE(many_snapshots_live_at_once) {
  TemporaryDirectory directory;
  Log log = Log::open(directory.path(), Access::write);
  for (int round = 0; round < 3; ++round) {
    std::vector<LogSnapshot> snapshots;
    for (size_t i = 0; i < 3 * max_idle_readers; ++i) snapshots.push_back(log.snapshot());
    append(log, log.head(), {fake_record(1, 1)});
    for (const LogSnapshot& snapshot : snapshots) BOOST_TEST(snapshot.head() == static_cast<Position>(round));
  }
}

BOOST_AUTO_TEST_CASE(threads_take_snapshots_while_one_appends) {
  TemporaryDirectory directory;
  Log log = Log::open(directory.path(), Access::write);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  const auto follow = [&] {
    for (Position seen = 0; !done || seen != log.head();) {
      const LogSnapshot snapshot = log.snapshot();
      if (snapshot.head() < seen) ++wrong;
      if (scan(snapshot, seen + 1).size() != snapshot.head() - seen) ++wrong;
      seen = snapshot.head();
    }
  };
  std::thread first(follow), second(follow), third(follow);
  for (Position head = 0; head < 300; ++head) append(log, head, {fake_record(head % 50 + 1, head)});
  done = true;
  first.join(), second.join(), third.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(a_full_map_is_a_full_disk) {
  TemporaryDirectory directory;
  constexpr Layout small{"log", 1 << 20, 1, {"records", MDB_INTEGERKEY}};
  Environment::create(directory.path(), small, {});
  const auto environment = Environment::open(directory.path(), Access::write, small);
  const auto write = [&](Position position, size_t words) {
    WriteTransaction transaction(**environment);
    transaction.put((*environment)->content(), as_text(position), fake_record(words, 1), MDB_APPEND);
    transaction.commit();
  };
  write(1, 1000);
  BOOST_CHECK_THROW(write(2, 1000000), catlog::events::StorageFull);
  write(2, 1000);
  BOOST_TEST(ReadTransaction(**environment).count((*environment)->content()) == 2u);
}

// The failed one takes the others of its transaction with it, once.
BOOST_AUTO_TEST_CASE(a_full_map_found_by_one_of_two_cursors_is_a_full_disk) {
  TemporaryDirectory directory;
  constexpr Layout small{"log", 1 << 20, 1, {"records", MDB_INTEGERKEY}, {"tree", MDB_INTEGERKEY}};
  Environment::create(directory.path(), small, {});
  const auto environment = Environment::open(directory.path(), Access::write, small);
  const auto write = [&](Position position, size_t words) {
    WriteTransaction transaction(**environment);
    {
      WriteCursor records(transaction, (*environment)->content()), nodes(transaction, (*environment)->tree());
      nodes.put(as_text(position), "node", MDB_APPEND);
      records.put(as_text(position), fake_record(words, 1), MDB_APPEND);
    }
    transaction.commit();
  };
  write(1, 1000);
  BOOST_CHECK_THROW(write(2, 1000000), catlog::events::StorageFull);
  write(2, 1000);
  BOOST_TEST(ReadTransaction(**environment).count((*environment)->tree()) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
