#include <boost/test/unit_test.hpp>

#include <optional>

#include "store/lmdb/environment.h"
#include "store/log.h"
#include "store/state_store.h"
#include "tests/support/chance.h"
#include "tests/support/log_records.h"
#include "tests/support/state_changes.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(pages_test)

// The check of pages has nothing to say of what LMDB itself made, whatever was written, removed, held and reopened.

using namespace catlog::store;
using namespace catlog::tests;

namespace {

const std::string log_id = "01a20edd-db2b-703e-bbf8-249c3908553a";
constexpr size_t rounds = 40;

void check_none(const std::vector<std::string>& findings) {
  BOOST_TEST(findings.empty(), (findings.empty() ? "" : findings[0]));
}

std::string bytes(Chance& chance, size_t most) {
  return std::string(1 + chance.up_to(most - 1), static_cast<char>('a' + chance.up_to(25)));
}

// Few keys and many rounds, so that most are changed and removed; some values take pages of their own.
ChangeMap some_changes(Chance& chance) {
  ChangeMap changes;
  for (auto count = chance.up_to(400); count > 0; --count) {
    const std::string key = bytes(chance, 20) + std::to_string(chance.up_to(2'000));
    const size_t most = chance.up_to(20) == 0 ? 20'000 : 200;
    changes[key] = chance.up_to(2) == 0 ? std::nullopt : std::optional(bytes(chance, most));
  }
  return changes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_state_that_was_changed_and_emptied_has_whole_pages) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  const TemporaryDirectory directory;
  std::optional<StateStore> states(StateStore::open(directory.path(), log_id, Access::write));
  std::optional<StateSnapshot> held;
  for (size_t round = 1; round <= rounds; ++round) {
    const ChangeMap changes = some_changes(chance);
    states->flush(views_of(changes), round);
    check_none(states->check_pages(1));
    if (chance.up_to(5) == 0) held.reset();
    if (chance.up_to(5) == 0 && !held) held.emplace(states->snapshot());
    if (chance.up_to(9) == 0 && !held) {
      states.reset();
      states.emplace(StateStore::open(directory.path(), log_id, Access::write));
      BOOST_TEST(states->emptied_because() == "");
    }
  }
  held.reset();
  ChangeMap all;
  const auto collect = [&](std::string_view key, std::string_view) {
    return all[std::string(key)] = std::nullopt, true;
  };
  states->snapshot().scan("", "", collect);
  states->flush(views_of(all), rounds + 1);
  check_none(states->check_pages(1));
  states.reset();
  BOOST_TEST(StateStore::open(directory.path(), log_id, Access::write).emptied_because() == "");
}

BOOST_AUTO_TEST_CASE(a_log_of_records_of_every_size_has_whole_pages) {
  Chance chance;
  BOOST_TEST_MESSAGE("seed " << chance.seed());
  const TemporaryDirectory directory;
  Position head = 0;
  for (size_t round = 0; round < rounds / 4; ++round) {
    Log log = Log::open(directory.path(), Access::write);
    std::optional<LogSnapshot> held;
    for (size_t commit = 0; commit < rounds / 4; ++commit) {
      FakeRecords records;
      for (auto count = chance.up_to(60); count > 0; --count)
        records.push_back(fake_record(2 + chance.up_to(chance.up_to(20) == 0 ? 3'000 : 80), chance.up_to(UINT32_MAX)));
      head = append(log, head, records);
      check_none(log.check_pages(1));
      if (chance.up_to(3) == 0) held.reset();
      if (!held && chance.up_to(3) == 0) held.emplace(log.snapshot());
    }
  }
  for (const Access access : {Access::read, Access::write})
    BOOST_TEST(Log::open(directory.path(), access).head() == head);
}

BOOST_AUTO_TEST_SUITE_END()
