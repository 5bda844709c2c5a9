#include <boost/test/unit_test.hpp>
#include <string>

#include "store/lmdb/environment.h"
#include "store/log.h"
#include "store/meta.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_test)

// The log's files hold what store/FORMAT.md says, byte by byte: the example there, four times.

using namespace catlog::store;
using namespace catlog::tests;

namespace {

constexpr Layout by_the_document{"log", size_t{1} << 30, 3, {"records", MDB_INTEGERKEY}};

const std::string record = "000000000200000000000000010000000700000000000000";
const std::string leaf = "3985ddad3a6329ae373d8ae2178410132d3ce6d7aa8b24e90d56003b5b93da57";
const std::string two = "de3d0cfcaafe6f38c55371418f6f239ee1090a5dae4b12e0328a7c7342b2cbd1";
const std::string four = "9dd54adfd604d1433acca7056b676967161b2471848fc538bf70b4d5176a57fa";

std::string hex(std::string_view bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += digits[value / 16];
    text += digits[value % 16];
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_log_holds_records_and_the_nodes_that_they_complete) {
  const TemporaryDirectory directory;
  std::string id;
  {
    const std::string bytes({0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0});
    Log log = Log::open(directory.path(), Access::write);
    append(log, 0, {bytes});
    append(log, 1, {bytes, bytes, bytes});
    id = log.id();
  }
  const auto environment = Environment::open(directory.path(), Access::read, by_the_document);
  BOOST_TEST_REQUIRE(environment.has_value());
  const ReadTransaction transaction(**environment);
  std::string records, meta;
  ReadCursor cursor(transaction, (*environment)->content());
  for (auto entry = cursor.seek({}); entry; entry = cursor.next())
    records += hex(entry->key) + " " + hex(entry->value) + "\n";
  BOOST_TEST(records == "0100000000000000 " + record + leaf + "\n" + "0200000000000000 " + record + leaf + two + "\n" +
                            "0300000000000000 " + record + leaf + "\n" + "0400000000000000 " + record + leaf + two +
                            four + "\n");
  ReadCursor about(transaction, (*environment)->meta());
  for (auto entry = about.seek({}); entry; entry = about.next())
    meta += std::string(entry->key) + " " +
            (entry->key == meta_key::log_id ? std::string(entry->value) : hex(entry->value)) + "\n";
  BOOST_TEST(meta == "byteOrder 0807060504030201\nformat 0300000000000000\nlogId " + id + "\n");
}

BOOST_AUTO_TEST_SUITE_END()
