#include "store/log_format.h"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "store/check_tree.h"
#include "store/lmdb/environment.h"
#include "store/meta.h"
#include "tests/support/child_process.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_format_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

constexpr Layout earlier{"log", size_t{1} << 30, 2, {"records", MDB_INTEGERKEY}, {"nodes", MDB_INTEGERKEY}};
const std::string log_id = "01a20edd-db2b-703e-bbf8-249c3908553a", other_id = "01890a5d-ac96-774b-bcce-b302099a8057";

std::string_view text(const Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

FakeRecords some_records(size_t count) {
  FakeRecords records;
  for (uint64_t i = 0; i < count; ++i) records.push_back(fake_record(i % 50 == 7 ? 2'000 : 2 + i % 60, i));
  return records;
}

// What a log of format 2 holds besides its records, by FORMAT.md alone.
struct Earlier {
  Frontier frontier;
  std::vector<Digest> nodes;
  explicit Earlier(const FakeRecords& records) {
    for (const std::string& record : records)
      frontier.add(leaf_hash(std::as_bytes(std::span(record))), [&](const Digest& node) { nodes.push_back(node); });
  }
};

const ForkedFrom origin{other_id, 3, leaf_hash({})};

void write_earlier(const fs::path& directory, const FakeRecords& records) {
  const Earlier expected(records);
  Records meta = make_meta(2, log_id);
  meta.emplace_back(meta_key::frontier, expected.frontier.encode());
  meta.emplace_back(meta_key::forked_from, encode(origin));
  fs::create_directories(directory);
  Environment::create(directory, earlier, meta);
  const auto environment = Environment::open(directory, Access::write, earlier);
  WriteTransaction transaction(**environment);
  for (uint64_t i = 0; i < records.size(); ++i)
    transaction.put((*environment)->content(), as_text(i + 1), records[i], MDB_APPEND);
  for (uint64_t i = 0; i < expected.nodes.size(); ++i)
    transaction.put((*environment)->tree(), as_text(i), text(expected.nodes[i]), MDB_APPEND);
  transaction.commit();
}

// All that an earlier release looks at.
void check_earlier(const fs::path& directory, const FakeRecords& records) {
  const Earlier expected(records);
  const auto environment = Environment::open(directory, Access::read, earlier);
  BOOST_TEST_REQUIRE(environment.has_value());
  const ReadTransaction transaction(**environment);
  const auto get = [&](MDB_dbi database, std::string_view key) {
    return std::string(transaction.get(database, key).value_or("nothing"));
  };
  const MDB_dbi meta = (*environment)->meta(), content = (*environment)->content(), tree = (*environment)->tree();
  BOOST_TEST(get(meta, meta_key::format) == std::string(as_text(2)));
  BOOST_TEST(get(meta, meta_key::log_id) == log_id);
  BOOST_TEST(get(meta, meta_key::frontier) == expected.frontier.encode());
  BOOST_TEST(get(meta, meta_key::forked_from) == encode(origin));
  BOOST_TEST(transaction.count(content) == records.size());
  BOOST_TEST(transaction.count(tree) == expected.nodes.size());
  for (uint64_t i = 0; i < records.size(); ++i) BOOST_TEST_REQUIRE((get(content, as_text(i + 1)) == records[i]));
  for (uint64_t i = 0; i < expected.nodes.size(); ++i)
    BOOST_TEST_REQUIRE((get(tree, as_text(i)) == text(expected.nodes[i])));
}

auto fails_with(Exit code, const char* words) {
  return [code, words](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    return failure.code() == code && std::strstr(failure.what(), words) != nullptr;
  };
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_log_of_the_format_before_is_made_over_and_back) {
  for (const size_t count : {0, 1, 2, 7, 64, 300, 25'000}) {
    BOOST_TEST_CONTEXT(count << " records") {
      const TemporaryDirectory directory;
      const fs::path path = directory / "log";
      FakeRecords records = some_records(count);
      write_earlier(path, records);
      BOOST_TEST(format_of(path) == 2u);
      Position last = 0;
      const Conversion made = convert_log(path, log_format, [&](Position done, Position all) {
        BOOST_TEST((last <= done && done <= all && all == 2 * count));
        last = done;
      });
      BOOST_TEST((count == 0 || last >= count));
      BOOST_TEST((made.head == Earlier(records).frontier.head()));
      BOOST_TEST(format_of(path) == log_format);
      {
        Log log = Log::open(path, Access::write);
        BOOST_TEST(log.id() == log_id);
        BOOST_TEST((log.forked_from() == origin));
        BOOST_TEST((scan(log.snapshot()) == records));
        BOOST_TEST((log.snapshot().tree_head() == made.head));
        BOOST_TEST(check_tree(log, 1, {}).findings.empty());
        records.push_back(fake_record(5, 5));
        append(log, count, {records.back()});
      }
      const Conversion back = convert_log(path, 2);
      check_earlier(path, records);
      // As they were before.
      BOOST_TEST(made.kept == path / "data.format-2.mdb");
      BOOST_TEST(back.kept == path / "data.format-3.mdb");
      fs::create_directories(directory / "kept");
      fs::rename(made.kept, directory / "kept" / "data.mdb");
      check_earlier(directory / "kept", FakeRecords(records.begin(), records.end() - 1));
      BOOST_TEST(!fs::exists(path / "converted"));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_has_the_format_already_is_left_alone) {
  const TemporaryDirectory directory;
  {
    Log log = Log::open(directory.path(), Access::write);
    append(log, 0, some_records(3));
  }
  const Conversion none = convert_log(directory.path(), log_format);
  BOOST_TEST(none.kept.empty());
  BOOST_TEST(!fs::exists(directory / "data.format-3.mdb"));
  BOOST_CHECK_EXCEPTION(convert_log(directory.path(), 1), Failure, fails_with(Exit::usage, "formats are 2 and 3"));
}

BOOST_AUTO_TEST_CASE(a_log_of_the_format_before_says_what_to_do) {
  const TemporaryDirectory directory;
  write_earlier(directory.path(), some_records(5));
  for (const Access access : {Access::read, Access::write})
    BOOST_CHECK_EXCEPTION(Log::open(directory.path(), access), OtherLogFormat,
                          fails_with(Exit::damaged, "catlog migrate"));
  check_earlier(directory.path(), some_records(5));
}

BOOST_AUTO_TEST_CASE(a_log_that_is_not_what_its_tree_says_stays_as_it_is) {
  for (const bool is_missing : {false, true}) {
    const TemporaryDirectory directory;
    const FakeRecords records = some_records(40);
    write_earlier(directory.path(), records);
    {
      const auto environment = Environment::open(directory.path(), Access::write, earlier);
      WriteTransaction transaction(**environment);
      if (is_missing)
        transaction.remove((*environment)->content(), as_text(17));
      else
        transaction.put((*environment)->content(), as_text(17), fake_record(2, 1));
      transaction.commit();
    }
    const auto size = fs::file_size(directory / "data.mdb");
    BOOST_CHECK_EXCEPTION(convert_log(directory.path(), log_format), Failure,
                          fails_with(Exit::damaged, "Nothing was changed"));
    BOOST_TEST(format_of(directory.path()) == 2u);
    BOOST_TEST(fs::file_size(directory / "data.mdb") == size);
    BOOST_TEST(!fs::exists(directory / "data.format-2.mdb"));
  }
}

BOOST_AUTO_TEST_CASE(a_log_that_somebody_has_open_is_not_made_over) {
  const TemporaryDirectory directory;
  write_earlier(directory.path(), some_records(5));
  {
    ChildProcess reader([&](const auto& line) {
      const auto environment = Environment::open(directory.path(), Access::read, earlier);
      line.tell();
      line.hear();
      return environment ? 0 : 1;
    });
    BOOST_TEST_REQUIRE(reader.line().hear());
    BOOST_CHECK_EXCEPTION(convert_log(directory.path(), log_format), Failure, fails_with(Exit::held, "has the log"));
    reader.line().tell();
    BOOST_TEST(reader.wait() == 0);
  }
  convert_log(directory.path(), log_format);
  const Log writer = Log::open(directory.path(), Access::write);
  BOOST_CHECK_EXCEPTION(convert_log(directory.path(), 2), Failure, fails_with(Exit::held, "the writer of the log"));
}

// Who reads begins when the copy is under way, and ends when it is told to.
BOOST_AUTO_TEST_CASE(the_end_waits_for_whoever_began_to_read) {
  const TemporaryDirectory directory;
  write_earlier(directory.path(), some_records(5));
  struct Stopped {};
  for (const bool is_stopped : {true, false}) {
    ChildProcess reader([&](const auto& line) {
      line.hear();
      const auto environment = Environment::open(directory.path(), Access::read, earlier);
      line.tell();
      line.hear();
      return environment ? 0 : 1;
    });
    bool is_reading = false;
    size_t times_told = 0;
    const auto convert = [&] {
      convert_log(
          directory.path(), log_format,
          [&](Position, Position) {
            if (is_stopped && times_told > 0) throw Stopped();
            if (std::exchange(is_reading, true)) return;
            reader.line().tell();
            BOOST_TEST_REQUIRE(reader.line().hear());
          },
          [&](const std::string& holder) {
            BOOST_TEST(holder.find("process") != std::string::npos);
            ++times_told;
            if (!is_stopped) reader.line().tell();
          });
    };
    if (is_stopped) {
      BOOST_CHECK_THROW(convert(), Stopped);
      reader.line().tell();
    } else {
      convert();
    }
    BOOST_TEST(reader.wait() == 0);
    BOOST_TEST(times_told == 1u);
    BOOST_TEST(format_of(directory.path()) == (is_stopped ? 2u : log_format));
    BOOST_TEST(!fs::exists(directory / "converted"));
  }
}

BOOST_AUTO_TEST_CASE(nobody_takes_the_moment_of_the_change_for_damage) {
  const TemporaryDirectory directory;
  write_earlier(directory.path(), some_records(5));
  std::vector<std::unique_ptr<ChildProcess>> openers;
  for (int i = 0; i < 2; ++i)
    openers.push_back(std::make_unique<ChildProcess>([&](const auto&) {
      while (!fs::exists(directory / "end")) {
        try {
          if (Log::open(directory.path(), Access::read).head() != 5) return 1;
        } catch (const OtherLogFormat&) {
        } catch (const Failure& failure) {
          std::fprintf(stderr, "%s\n", failure.what());
          return 2;
        }
      }
      return 0;
    }));
  for (int i = 0; i < 20; ++i) convert_log(directory.path(), i % 2 == 0 ? log_format : 2);
  std::ofstream(directory / "end");
  for (const auto& opener : openers) BOOST_TEST(opener->wait() == 0);
}

BOOST_AUTO_TEST_CASE(records_that_share_a_page_no_longer_have_room) {
  const TemporaryDirectory directory;
  FakeRecords records;
  for (uint64_t i = 0; i < 4'000; ++i) records.push_back(fake_record(250, i));
  write_earlier(directory.path(), records);
  const auto room = room_to_convert(directory.path(), log_format);
  convert_log(directory.path(), log_format);
  const auto size = fs::file_size(directory / "data.mdb");
  BOOST_TEST(size > fs::file_size(directory / "data.format-2.mdb") * 5 / 4);  // or the records are no such ones
  BOOST_TEST(size <= room.needed_bytes);
}

BOOST_AUTO_TEST_CASE(what_stops_it_leaves_the_log_as_it_was) {
  const TemporaryDirectory directory;
  write_earlier(directory.path(), some_records(25'000));
  struct Stopped {};
  for (const Position at : {1, 30'000})
    BOOST_CHECK_THROW(convert_log(directory.path(), log_format,
                                  [at](Position done, Position) {
                                    if (done >= at) throw Stopped();
                                  }),
                      Stopped);
  BOOST_TEST(!fs::exists(directory / "converted"));
  check_earlier(directory.path(), some_records(25'000));
  convert_log(directory.path(), log_format);
  BOOST_TEST((scan(Log::open(directory.path(), Access::read).snapshot()) == some_records(25'000)));
}

BOOST_AUTO_TEST_SUITE_END()
