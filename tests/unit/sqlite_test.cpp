#include "projector/sqlite/sqlite.h"

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <sstream>

#include "projector/query/query.h"
#include "tests/support/read_models.h"
#include "tests/support/sample_events.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(sqlite_test)

// What SQLite's codes become.

using namespace catlog;
using namespace catlog::tests;
using projector::Database;
using projector::Open;
using projector::Transaction;

namespace {

struct Fixture {
  TemporaryDirectory directory;
  std::filesystem::path file = directory / "file.sqlite";

  // Overwrites everything from a page on, counted from 1.
  void spoil_from(int page) const {
    const auto bytes = std::filesystem::file_size(file);
    const auto from = static_cast<std::uintmax_t>(page - 1) * 4096;
    std::fstream(file, std::ios::binary | std::ios::in | std::ios::out).seekp(static_cast<std::streamoff>(from))
        << std::string(bytes - from, '\xa5');
  }
};

// Damage, which says what to do and to which file.
bool is_told(const events::Failure& failure, const std::filesystem::path& file) {
  const std::string words = failure.what();
  BOOST_TEST_MESSAGE(words);
  return failure.code() == events::Exit::damaged && words.find("catlog rebuild") != std::string::npos &&
         words.find("delete") != std::string::npos && words.find(file.string()) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sqlite, Fixture)

BOOST_AUTO_TEST_CASE(a_lock_that_another_connection_holds_is_busy) {
  Database one(file, Open::create), other(file, Open::write);
  one.run("CREATE TABLE t(x)");
  other.wait_for_locks(0);
  const Transaction writing(one, Transaction::Kind::write);
  BOOST_CHECK_EXCEPTION(other.run("INSERT INTO t VALUES (1)"), projector::Busy,
                        [](const events::Failure& failure) { return failure.code() == events::Exit::failure; });
  BOOST_CHECK_THROW(Transaction(other, Transaction::Kind::write), projector::Busy);
}

BOOST_AUTO_TEST_CASE(a_damaged_page_is_damage) {
  {
    Database database(file, Open::create);
    database.run("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
  }
  spoil_from(2);
  const Database database(file, Open::read);
  BOOST_CHECK_EXCEPTION(one_value(database, "SELECT x FROM t"), projector::FileDamaged,
                        [&](const events::Failure& failure) { return is_told(failure, file); });
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_database_is_damage) {
  std::ofstream(file) << std::string(8192, 'x');
  Database database(file, Open::read);
  BOOST_CHECK_EXCEPTION(Transaction(database, Transaction::Kind::read), projector::FileDamaged,
                        [&](const events::Failure& failure) { return is_told(failure, file); });
}

BOOST_AUTO_TEST_CASE(damage_that_a_typed_query_meets_is_told_as_such) {
  const RecordScript script = small_catalogue();
  {
    projector::ReadModel model(file, test_log_id, script.head(), projector::Writing::live);
    apply(model, script);
    model.close();
  }
  const Database database(file, Open::read);
  const int page = std::stoi(one_value(database, "SELECT rootpage FROM sqlite_schema WHERE name = 'movies'"));
  std::fstream(file, std::ios::binary | std::ios::in | std::ios::out).seekp((page - 1) * 4096)
      << std::string(4096, '\xa5');
  std::ostringstream out;
  BOOST_CHECK_EXCEPTION(projector::run_query(file, {"SELECT * FROM movies"}, {}, {}, out), events::Failure,
                        [&](const events::Failure& failure) { return is_told(failure, file); });
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
