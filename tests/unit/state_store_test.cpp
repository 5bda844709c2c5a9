#include "store/state_store.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>

#include "store/pages/page_file.h"
#include "tests/support/child_process.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(state_store_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;
namespace fs = std::filesystem;

namespace {

const std::string log_id = "01890a5d-ac96-774b-bcce-b302099a8057";
const std::string other_id = "01890a5d-ac96-774b-bcce-b302099a8058";

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string text_of(const Entries& entries) {
  std::string text;
  for (const auto& [key, value] : entries) text += key + "=" + value + " ";
  return text;
}

std::string scanned(const StateSnapshot& snapshot, std::string_view prefix, std::string_view from, size_t limit = 100) {
  Entries entries;
  snapshot.scan(prefix, from, [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key, value);
    return entries.size() < limit;
  });
  return text_of(entries);
}

auto ends_with_code(Exit code) {
  return [code](const Failure& failure) {
    BOOST_TEST_MESSAGE(failure.what());
    return failure.code() == code;
  };
}

void fill(const fs::path& directory) {
  StateStore store = StateStore::open(directory, log_id, Access::write);
  store.flush({{"a", "1"}, {"b", "2"}}, 7);
}

// Opens and expects an empty state that works.
void expect_emptied(const fs::path& directory, const std::string& id) {
  {
    StateStore store = StateStore::open(directory, id, Access::write);
    BOOST_TEST(store.snapshot().position() == 0u);
    BOOST_TEST(scanned(store.snapshot(), "", "") == "");
    store.flush({{"c", "3"}}, 9);
  }
  const StateStore store = StateStore::open(directory, id, Access::read);
  BOOST_TEST(store.snapshot().position() == 9u);
  BOOST_TEST(scanned(store.snapshot(), "", "") == "c=3 ");
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_new_state_is_empty) {
  TemporaryDirectory directory;
  const StateStore store = StateStore::open(directory / "state", log_id, Access::write);
  BOOST_TEST(store.snapshot().position() == 0u);
  BOOST_TEST(!store.snapshot().get("a").has_value());
  BOOST_TEST(scanned(store.snapshot(), "", "") == "");
  BOOST_TEST(store.size_bytes() > 0u);
  BOOST_TEST(store.clear_stale_readers() == 0);
}

BOOST_AUTO_TEST_CASE(flush_writes_deletes_and_moves_the_position) {
  TemporaryDirectory directory;
  {
    StateStore store = StateStore::open(directory.path(), log_id, Access::write);
    store.flush({{"a", "1"}, {"b", "2"}, {"empty", ""}}, 3);
    const StateSnapshot before = store.snapshot();
    store.flush({{"a", std::nullopt}, {"b", "two"}, {"never there", std::nullopt}}, 5);
    BOOST_TEST(before.position() == 3u);
    BOOST_TEST(before.get("a").value() == "1");
    BOOST_TEST(scanned(before, "", "") == "a=1 b=2 empty= ");
  }
  const StateStore store = StateStore::open(directory.path(), log_id, Access::read);
  const StateSnapshot snapshot = store.snapshot();
  BOOST_TEST(snapshot.position() == 5u);
  BOOST_TEST(!snapshot.get("a").has_value());
  BOOST_TEST(snapshot.get("b").value() == "two");
  BOOST_TEST(snapshot.get("empty").value() == "");
}

BOOST_AUTO_TEST_CASE(scan_keeps_to_its_prefix) {
  TemporaryDirectory directory;
  StateStore store = StateStore::open(directory.path(), log_id, Access::write);
  const std::string zero("\0z", 2), high("\xff\xff", 2);
  store.flush({{"a", "0"}, {"b", "1"}, {"b1", "2"}, {"b2", "3"}, {"b3", "4"}, {"c", "5"}, {zero, "6"}, {high, "7"}}, 1);
  const StateSnapshot snapshot = store.snapshot();
  BOOST_TEST(scanned(snapshot, "b", "") == "b=1 b1=2 b2=3 b3=4 ");
  BOOST_TEST(scanned(snapshot, "b", "b") == "b=1 b1=2 b2=3 b3=4 ");
  BOOST_TEST(scanned(snapshot, "b", "b2") == "b2=3 b3=4 ");
  BOOST_TEST(scanned(snapshot, "b", "b15") == "b2=3 b3=4 ");
  BOOST_TEST(scanned(snapshot, "b", "a") == "b=1 b1=2 b2=3 b3=4 ");
  BOOST_TEST(scanned(snapshot, "b", "c") == "");
  BOOST_TEST(scanned(snapshot, "b", "", 2) == "b=1 b1=2 ");
  BOOST_TEST(scanned(snapshot, "bb", "") == "");
  BOOST_TEST(scanned(snapshot, "", "c") == "c=5 " + high + "=7 ");
  BOOST_TEST(scanned(snapshot, high, "") == high + "=7 ");
  BOOST_TEST(scanned(snapshot, zero, "") == zero + "=6 ");
}

// A look-up goes another way where the ones before it lay on the same page.
BOOST_AUTO_TEST_CASE(keys_are_found_in_any_order) {
  constexpr size_t count = 2'000;  // of which every other one is there
  std::vector<std::string> keys;
  for (size_t number = 0; number < count; ++number)
    keys.push_back(fmt::format("{}{:06}", number % 3 == 0 ? "r" : "u", number));
  StateStore::Changes changes;
  for (size_t number = 0; number < count; number += 2) changes.emplace_back(keys[number], keys[number]);
  TemporaryDirectory directory;
  StateStore store = StateStore::open(directory / "state", log_id, Access::write);
  store.flush(std::move(changes), 1);
  const StateSnapshot snapshot = store.snapshot();
  const auto look = [&](size_t number) {
    const auto found = snapshot.get(keys[number]);
    BOOST_TEST_REQUIRE(found.has_value() == (number % 2 == 0));
    if (found) BOOST_TEST_REQUIRE(*found == keys[number]);
  };
  for (size_t number = 0; number < count; ++number) look(number);
  for (size_t number = count; number-- > 0;) look(number);
  for (size_t step = 0; step < count; ++step) look(step * 733 % count);
  for (size_t step = 0; step < count; ++step) look((step / 7 * 733 + step % 7) % count);  // far away, then some near
}

// Behind the last key of a kind nothing is looked for once some look-ups found nothing.
BOOST_AUTO_TEST_CASE(keys_behind_the_last_one_of_their_kind) {
  TemporaryDirectory directory;
  StateStore store = StateStore::open(directory / "state", log_id, Access::write);
  const std::string highest("\xff", 1);
  store.flush({{"c1", ""}, {"c5", ""}, {"r", ""}, {highest + "5", ""}}, 1);
  const StateSnapshot before = store.snapshot();
  const auto look = [&](const StateSnapshot& snapshot, const std::string& kind, bool has_six) {
    for (int times = 0; times < 4; ++times)
      for (const char* key : {"6", "9", "51", "0", "3"})
        BOOST_TEST(snapshot.get(kind + key).has_value() == (has_six && key == std::string("6")));
    for (const char* key : {"1", "5"})
      BOOST_TEST(snapshot.get(kind + key).has_value() == (kind != highest || *key == '5'));
  };
  look(before, "c", false);
  look(before, highest, false);
  store.flush({{"c6", ""}, {highest + "6", ""}}, 2);
  look(before, "c", false);
  look(store.snapshot(), "c", true);
  look(store.snapshot(), highest, true);
  for (int times = 0; times < 4; ++times) {
    BOOST_TEST(!before.get("a").has_value());  // none of its kind, and none before it
    BOOST_TEST(!before.get("d").has_value());
    BOOST_TEST(!before.get("r1").has_value());
  }
  BOOST_TEST(before.get("r").has_value());
}

BOOST_AUTO_TEST_CASE(the_longest_key_works_and_a_longer_one_is_a_bug) {
  TemporaryDirectory directory;
  {
    StateStore store = StateStore::open(directory.path(), log_id, Access::write);
    const std::string key(max_key_bytes, 'k');
    store.flush({{key, fake_record(20000, 1)}}, 1);
    BOOST_TEST(store.snapshot().get(key).value() == fake_record(20000, 1));
  }
  for (const std::string& key : {std::string(max_key_bytes + 1, 'k'), std::string()}) {
    ChildProcess child([&](const auto&) {
      StateStore::open(directory.path(), log_id, Access::write).flush({{key, "1"}}, 2);
      return 0;
    });
    BOOST_TEST(child.wait() == -SIGABRT);
  }
}

BOOST_AUTO_TEST_CASE(the_state_survives_reopening) {
  TemporaryDirectory directory;
  fill(directory.path());
  const StateStore store = StateStore::open(directory.path(), log_id, Access::write);
  BOOST_TEST(store.snapshot().position() == 7u);
  BOOST_TEST(scanned(store.snapshot(), "", "") == "a=1 b=2 ");
}

BOOST_AUTO_TEST_CASE(the_state_of_another_log_is_emptied) {
  TemporaryDirectory directory;
  fill(directory.path());
  expect_emptied(directory.path(), other_id);
}

BOOST_AUTO_TEST_CASE(files_that_lmdb_cannot_read_are_emptied) {
  for (const std::string& text :
       {std::string(), std::string("short"), fake_record(20000, 1), std::string(65536, '\0')}) {
    TemporaryDirectory directory;
    std::ofstream(directory / "data.mdb", std::ios::binary) << text;
    expect_emptied(directory.path(), log_id);
  }
}

BOOST_AUTO_TEST_CASE(a_log_in_the_place_of_the_state_is_emptied) {
  TemporaryDirectory directory;
  Log::open(directory.path(), Access::write);
  expect_emptied(directory.path(), log_id);
}

BOOST_AUTO_TEST_CASE(a_state_that_was_cut_short_is_emptied) {
  TemporaryDirectory directory;
  {
    StateStore store = StateStore::open(directory.path(), log_id, Access::write);
    store.flush({{"large", fake_record(1000000, 1)}}, 7);
  }
  fs::resize_file(directory / "data.mdb", 16384);
  expect_emptied(directory.path(), log_id);
}

namespace {

std::string long_key(int number) { return fmt::format("{:0>{}}", number, max_key_bytes); }

// Few long keys to a page, so that branches have branches below.
void fill_deep(const fs::path& directory) {
  StateStore store = StateStore::open(directory, log_id, Access::write);
  for (int number = 0; number < 600; ++number)
    store.flush({{long_key(number), "v"}}, static_cast<Position>(number) + 1);
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Looks up all keys in a process of its own, whose stderr goes to `words`: its exit code, 20 when a key is missing.
int look_up_all(const fs::path& directory, const fs::path& words) {
  ChildProcess child([&](const auto&) {
    const int fd = ::open(words.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ::dup2(fd, STDERR_FILENO) < 0) return 21;
    try {
      const StateStore store = StateStore::open(directory, log_id, Access::read);
      for (int number = 0; number < 600; ++number)
        if (!store.snapshot().get(long_key(number))) return 20;
      return 0;
    } catch (const Failure& failure) {
      return failure.code() == Exit::damaged ? 22 : 23;
    }
  });
  return child.wait();
}

}  // namespace

// Each branch in turn says that it has one page below, which LMDB does not survive.
BOOST_AUTO_TEST_CASE(a_damaged_branch_in_the_middle_is_told_by_a_reader_and_mended_by_a_start) {
  constexpr uint64_t page_bytes = 4'096, flags_at = 10, lower_at = 12;
  TemporaryDirectory directory, scratch;
  fill_deep(directory.path());
  const std::string good = read_file(directory / "data.mdb");
  size_t ended = 0;
  for (uint64_t page = meta_pages; page < good.size() / page_bytes; ++page) {
    if (good[page * page_bytes + flags_at] != static_cast<char>(page_flag::branch)) continue;
    std::string bytes = good;
    bytes[page * page_bytes + lower_at] = page_header_bytes + 2;
    bytes[page * page_bytes + lower_at + 1] = 0;
    write_file(directory / "data.mdb", bytes);
    const int code = look_up_all(directory.path(), scratch / "words");
    BOOST_TEST_CONTEXT("page " << page) {
      BOOST_TEST((code == 0 || code == 22 || code == static_cast<int>(Exit::damaged)), code);
      const auto emptied = StateStore::open(directory.path(), log_id, Access::write).emptied_because();
      BOOST_TEST(emptied.empty() == (code == 0), emptied);
    }
    if (code != static_cast<int>(Exit::damaged)) continue;
    ++ended;
    const std::string words = read_file(scratch / "words");
    for (const std::string& part : {directory.path().string(), std::string("decision state"), std::string("delete")})
      BOOST_TEST(words.find(part) != std::string::npos, words);
  }
  BOOST_TEST(ended > 0u);
}

BOOST_AUTO_TEST_CASE(reading_needs_this_logs_state) {
  TemporaryDirectory directory;
  BOOST_CHECK_EXCEPTION(StateStore::open(directory.path(), log_id, Access::read), Failure, ends_with_code(Exit::usage));
  fill(directory.path());
  BOOST_CHECK_EXCEPTION(StateStore::open(directory.path(), other_id, Access::read), Failure,
                        ends_with_code(Exit::damaged));
  BOOST_TEST(StateStore::open(directory.path(), log_id, Access::read).snapshot().position() == 7u);
}

BOOST_AUTO_TEST_CASE(a_state_that_was_made_anew_is_not_the_one_that_is_open) {
  TemporaryDirectory directory;
  fill(directory.path());
  const StateStore store = StateStore::open(directory.path(), log_id, Access::read);
  BOOST_TEST(store.is_in_place());
  fs::remove(directory / "data.mdb");
  BOOST_TEST(!store.is_in_place());
  fill(directory.path());
  BOOST_TEST(!store.is_in_place());
}

BOOST_AUTO_TEST_CASE(a_second_writer_is_told_who_holds_the_state) {
  TemporaryDirectory directory;
  ChildProcess child([&](const auto& line) {
    const StateStore store = StateStore::open(directory.path(), log_id, Access::write);
    line.tell();
    return line.hear() ? 0 : 1;
  });
  BOOST_REQUIRE(child.line().hear());
  const std::string pid = std::to_string(child.pid());
  BOOST_CHECK_EXCEPTION(
      StateStore::open(directory.path(), other_id, Access::write), Failure, [&](const Failure& failure) {
        return failure.code() == Exit::held && std::string(failure.what()).find(pid) != std::string::npos;
      });
}

BOOST_AUTO_TEST_CASE(a_reader_of_the_old_state_keeps_it_while_it_is_emptied) {
  TemporaryDirectory directory;
  fill(directory.path());
  ChildProcess child([&](const auto& line) {
    const StateStore store = StateStore::open(directory.path(), log_id, Access::read);
    const StateSnapshot before = store.snapshot();
    line.tell();
    if (!line.hear()) return 1;
    return before.position() == 7 && store.snapshot().get("a") == "1" ? 0 : 2;
  });
  BOOST_REQUIRE(child.line().hear());
  StateStore store = StateStore::open(directory.path(), other_id, Access::write);
  for (Position position = 1; position <= 9; ++position) {
    store.flush({{"c", std::to_string(position)}}, position);
    BOOST_TEST(store.snapshot().position() == position);
    BOOST_TEST(scanned(store.snapshot(), "", "") == "c=" + std::to_string(position) + " ");
  }
  child.line().tell();
  BOOST_TEST(child.wait() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
