#include <boost/test/unit_test.hpp>

#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <lmdb.h>

#include "store/log.h"
#include "store/state_store.h"
#include "tests/support/data_directory.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(formats_test)

// What store/FORMAT.md shows of the two environments, held against what is made on the disk.

using namespace catlog;
using namespace catlog::tests;

namespace {

// A value of `meta`, as it lies there.
std::string in_meta(const std::filesystem::path& directory, std::string key) {
  MDB_env* made = nullptr;
  BOOST_TEST_REQUIRE(::mdb_env_create(&made) == MDB_SUCCESS);
  const std::unique_ptr<MDB_env, void (*)(MDB_env*)> environment(made, ::mdb_env_close);
  ::mdb_env_set_maxdbs(made, 8);
  BOOST_TEST_REQUIRE(::mdb_env_open(made, directory.c_str(), MDB_RDONLY | MDB_NOLOCK, 0) == MDB_SUCCESS);
  MDB_txn* begun = nullptr;
  BOOST_TEST_REQUIRE(::mdb_txn_begin(made, nullptr, MDB_RDONLY, &begun) == MDB_SUCCESS);
  const std::unique_ptr<MDB_txn, void (*)(MDB_txn*)> transaction(begun, ::mdb_txn_abort);
  MDB_dbi meta = 0;
  BOOST_TEST_REQUIRE(::mdb_dbi_open(begun, "meta", 0, &meta) == MDB_SUCCESS);
  MDB_val name{key.size(), key.data()}, value{};
  BOOST_TEST_REQUIRE(::mdb_get(begun, meta, &name, &value) == MDB_SUCCESS, key);
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

// As `mdb_dump -p` writes what cannot be printed.
std::string as_dumped(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("\\{:02x}", static_cast<unsigned char>(byte));
  return text;
}

uint64_t number_in(const std::string& bytes) {
  uint64_t number = 0;
  BOOST_TEST_REQUIRE(bytes.size() == sizeof number);
  std::memcpy(&number, bytes.data(), sizeof number);
  return number;
}

// The two words of the line behind the one that has this key twice.
std::pair<std::string, std::string> shown_behind(const std::string& document, const std::string& key) {
  std::istringstream lines(document);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, second;
    if (!(words >> first >> second) || first != key || second != key || !std::getline(lines, line)) continue;
    std::istringstream values(line);
    values >> first >> second;
    return {first, second};
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_example_shows_the_formats_that_are_written) {
  const TemporaryDirectory directory;
  {
    const auto log = store::Log::open(directory / "log", store::Access::write);
    store::StateStore::open(directory / "state", log.id(), store::Access::write);
  }
  const std::string document = read_text(CATLOG_SOURCE "/store/FORMAT.md");
  for (const std::string key : {"byteOrder", "format"}) {
    const auto [log, state] = shown_behind(document, key);
    BOOST_TEST(log == as_dumped(in_meta(directory / "log", key)), key);
    BOOST_TEST(state == as_dumped(in_meta(directory / "state", key)), key);
  }
  const std::string versions =
      fmt::format("the format version: {} of the log, {} of the state", number_in(in_meta(directory / "log", "format")),
                  number_in(in_meta(directory / "state", "format")));
  BOOST_TEST(has(document, versions), versions);
}

BOOST_AUTO_TEST_SUITE_END()
