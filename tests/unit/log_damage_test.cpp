#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <functional>

#include "store/lmdb/environment.h"
#include "store/log.h"
#include "store/pages/page_file.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_damage_test)

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
  const std::pair<const char*, uint64_t> changes[] = {{"format", 1}, {"format", 4}, {"byteOrder", 0x0807060504030201}};
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

namespace {

// A log as single commits leave it, so that there are free pages; its file and what it says of itself.
struct SmallLog {
  SmallLog() {
    Log log = Log::open(directory.path(), Access::write);
    for (Position head = 0; head < 100; ++head) append(log, head, {fake_record(20, head)});
  }
  MetaPage meta() const { return PageFile(file()).last_commit().value(); }
  fs::path file() const { return directory / "data.mdb"; }
  void turn(uint64_t byte, unsigned bit) const {
    std::fstream stream(file(), std::ios::binary | std::ios::in | std::ios::out);
    stream.seekg(static_cast<std::streamoff>(byte));
    const auto turned = static_cast<char>(stream.get() ^ 1 << bit);
    stream.seekp(static_cast<std::streamoff>(byte));
    stream.put(turned);
  }
  // Nothing is written to it any more, and all that was is read.
  void check_readable_only() const {
    BOOST_CHECK_EXCEPTION(Log::open(directory.path(), Access::write), Failure, ends_with_code(Exit::damaged));
    const Log log = Log::open(directory.path(), Access::read);
    BOOST_TEST(scan(log.snapshot()).size() == 100u);
    BOOST_TEST(!log.check_pages(1).empty());
  }
  TemporaryDirectory directory;
};

constexpr uint64_t page_bytes = 4'096, upper_at = 14;

// Where the value of a leaf's first node begins in the file.
uint64_t first_value_at(const fs::path& file, PageNumber page) {
  PageFile pages(file);
  BOOST_TEST_REQUIRE(pages.last_commit().has_value());
  std::vector<std::byte> bytes(pages.page_bytes());
  BOOST_TEST_REQUIRE(pages.read(page, 0, bytes));
  const auto leaf = read_page(bytes, page, Need::writing);
  return page * pages.page_bytes() +
         static_cast<uint64_t>(leaf.value().nodes.front().value.data() - reinterpret_cast<const char*>(bytes.data()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_turned_bit_in_any_pages_header_is_refused_to_be_written_and_read_all_the_same) {
  const SmallLog log;
  // Each page in turn: those that a tree has are refused, whether the next commit changes them or not.
  size_t refused = 0;
  PageFile pages(log.file());
  const MetaPage meta = pages.last_commit().value();
  const uint64_t used = check_pages(pages, meta, Extent::whole, 1).used;
  for (uint64_t page = meta_pages; page <= meta.last_page; ++page) {
    log.turn(page * page_bytes + upper_at, 6);
    try {
      Log::open(log.directory.path(), Access::write);
    } catch (const Failure& failure) {
      BOOST_TEST((failure.code() == Exit::damaged));
      log.check_readable_only();
      ++refused;
    }
    log.turn(page * page_bytes + upper_at, 6);
  }
  BOOST_TEST(refused == used);
  BOOST_TEST(refused > 4u);  // of main, meta, records and the list of free pages
  BOOST_TEST(Log::open(log.directory.path(), Access::write).check_pages(1).empty());
}

BOOST_AUTO_TEST_CASE(a_turned_bit_in_the_list_of_free_pages_is_refused_to_be_written_and_read_all_the_same) {
  const SmallLog log;
  const uint64_t root = log.meta().free.root;
  for (const unsigned bit : {0, 5, 17, 40}) {
    const uint64_t value_at = first_value_at(log.file(), root);
    log.turn(value_at + bit / 8, bit % 8);
    log.check_readable_only();
    log.turn(value_at + bit / 8, bit % 8);
  }
}

BOOST_AUTO_TEST_CASE(a_list_of_free_pages_without_a_number_is_refused_to_be_written_and_read_all_the_same) {
  const SmallLog log;
  const uint64_t root = log.meta().free.root;
  std::vector<char> page(page_bytes, 0);
  constexpr uint16_t node_bytes = node_header_bytes + sizeof(uint64_t);
  constexpr uint16_t offset = page_bytes - node_bytes, key_bytes = sizeof(uint64_t);
  const PageHeader header{root, 0, page_flag::leaf, page_header_bytes + sizeof offset, offset};
  std::memcpy(page.data(), &header, sizeof header);
  std::memcpy(page.data() + page_header_bytes, &offset, sizeof offset);
  std::memcpy(page.data() + offset + 6, &key_bytes, sizeof key_bytes);  // no value, key 1
  page[offset + node_header_bytes] = 1;
  std::fstream stream(log.file(), std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(static_cast<std::streamoff>(root * page_bytes));
  stream.write(page.data(), static_cast<std::streamsize>(page.size()));
  stream.close();
  log.check_readable_only();
}

// A page that is free may be missing: LMDB fills it before it reads it.
BOOST_AUTO_TEST_CASE(a_file_that_was_cut_by_some_pages_is_refused_to_be_written_or_needs_none_of_them) {
  size_t refused = 0;
  for (uint64_t cut = 1; cut <= 8; ++cut) {
    const SmallLog log;
    fs::resize_file(log.file(), fs::file_size(log.file()) - cut * page_bytes);
    try {
      Log written = Log::open(log.directory.path(), Access::write);
      for (Position head = 100; head < 300; ++head) append(written, head, {fake_record(20, head)});
      BOOST_TEST(scan(written.snapshot()).size() == 300u);
      BOOST_TEST(written.check_pages(1).empty());
    } catch (const Failure& failure) {
      BOOST_TEST((failure.code() == Exit::damaged));
      BOOST_TEST(std::string(failure.what()).find("cut short") != std::string::npos, failure.what());
      ++refused;
    }
  }
  BOOST_TEST(refused >= 4u);
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

BOOST_AUTO_TEST_SUITE_END()
