#include <boost/test/unit_test.hpp>
#include <fstream>
#include <functional>

#include "store/environment.h"
#include "store/log.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

// Files that are not what Log wrote.

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

constexpr Layout layout{"log", size_t{1} << 30, 1, {"records", MDB_INTEGERKEY}};

auto ends_with_code(Exit code) {
  return [code](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    return failure.code() == code;
  };
}

void change(const fs::path& directory, const std::function<void(Environment&, WriteTransaction&)>& body) {
  auto environment = Environment::open(directory, Access::write, layout);
  WriteTransaction transaction(**environment);
  body(**environment, transaction);
  transaction.commit();
}

void write_file(const fs::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

BOOST_AUTO_TEST_CASE(another_format_or_byte_order_is_refused) {
  const std::pair<const char*, uint64_t> changes[] = {{"format", 1}, {"format", 3}, {"byteOrder", 0x0807060504030201}};
  for (const auto& [key, value] : changes) {
    TemporaryDirectory directory;
    Log::open(directory.path(), Access::write);
    change(directory.path(),
           [&](auto& environment, auto& transaction) { transaction.put(environment.meta(), key, as_text(value)); });
    for (const Access access : {Access::read, Access::write})
      BOOST_CHECK_EXCEPTION(Log::open(directory.path(), access), Failure, ends_with_code(Exit::damaged));
  }
}

BOOST_AUTO_TEST_CASE(files_that_are_no_log_are_refused_and_left_alone) {
  for (const std::string& text :
       {std::string(), std::string("short"), fake_record(20000, 1), std::string(65536, '\0')}) {
    TemporaryDirectory directory;
    write_file(directory / "data.mdb", text);
    for (const Access access : {Access::read, Access::write})
      BOOST_CHECK_EXCEPTION(Log::open(directory.path(), access), Failure, ends_with_code(Exit::damaged));
    BOOST_TEST(fs::file_size(directory / "data.mdb") == text.size());
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_was_cut_short_is_refused) {
  TemporaryDirectory directory;
  {
    Log log = Log::open(directory.path(), Access::write);
    append(log, 0, FakeRecords(100, fake_record(4000, 1)));
  }
  fs::resize_file(directory / "data.mdb", fs::file_size(directory / "data.mdb") / 2);
  BOOST_CHECK_EXCEPTION(Log::open(directory.path(), Access::read), Failure, ends_with_code(Exit::damaged));
}

BOOST_AUTO_TEST_CASE(a_missing_position_is_noticed_on_opening) {
  TemporaryDirectory directory;
  {
    Log log = Log::open(directory.path(), Access::write);
    append(log, 0, FakeRecords(3, fake_record(1, 1)));
  }
  change(directory.path(),
         [](auto& environment, auto& transaction) { transaction.remove(environment.content(), as_text(2)); });
  BOOST_CHECK_EXCEPTION(Log::open(directory.path(), Access::read), Failure, ends_with_code(Exit::damaged));
}

BOOST_AUTO_TEST_CASE(a_missing_position_is_noticed_on_reading) {
  TemporaryDirectory directory;
  {
    Log log = Log::open(directory.path(), Access::write);
    append(log, 0, FakeRecords(3, fake_record(1, 1)));
  }
  change(directory.path(), [](auto& environment, auto& transaction) {
    transaction.remove(environment.content(), as_text(2));
    transaction.put(environment.content(), as_text(0), fake_record(1, 1));  // the number of records is right again
  });
  const Log log = Log::open(directory.path(), Access::read);
  const LogSnapshot snapshot = log.snapshot();
  BOOST_CHECK_EXCEPTION(scan(snapshot), Failure, ends_with_code(Exit::damaged));
  BOOST_CHECK_EXCEPTION(scan(snapshot, 2), Failure, ends_with_code(Exit::damaged));
  BOOST_CHECK_EXCEPTION(snapshot.read(2), Failure, ends_with_code(Exit::damaged));
  BOOST_TEST(scan(snapshot, 3).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_record_that_is_not_words_is_damage) {
  TemporaryDirectory directory;
  {
    Log log = Log::open(directory.path(), Access::write);
    append(log, 0, FakeRecords(2, fake_record(1, 1)));
  }
  change(directory.path(),
         [](auto& environment, auto& transaction) { transaction.put(environment.content(), as_text(2), "seven.."); });
  const Log log = Log::open(directory.path(), Access::read);
  BOOST_CHECK_EXCEPTION(scan(log.snapshot()), Failure, ends_with_code(Exit::damaged));
  BOOST_CHECK_EXCEPTION(log.snapshot().read(2), Failure, ends_with_code(Exit::damaged));
}
