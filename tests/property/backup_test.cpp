#include "store/backup/backup.h"

#include <rapidcheck.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "tests/support/backups.h"
#include "tests/support/random_events.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(backup_test)

using namespace catlog::store;
using namespace catlog::tests;

namespace {

const OfSuite<FewCasesSanitized> few_cases_sanitized;

// A random history, backed up by pieces of random lengths while it grows.
struct History {
  TemporaryDirectory directory;
  RecordScript script = random_script(*rc::gen::arbitrary<uint64_t>(), *rc::gen::inRange<size_t>(0, 120));
  Log log = Log::open(directory / "data/log", Access::write);
  std::filesystem::path backup = directory / "backup";

  History() {
    const BackupOptions options{.segment_bytes = *rc::gen::inRange<uint64_t>(0, 20'000), .files = {}};
    const auto& ends = script.command_ends();
    for (size_t at = 0; at + 1 < ends.size();) {
      const size_t next = std::min(ends.size() - 1, at + *rc::gen::inRange<size_t>(1, 60));
      std::vector<Bytes> records;
      for (Position position = ends[at] + 1; position <= ends[next]; ++position)
        records.push_back(script.bytes(position));
      log.append(ends[at], records);
      at = next;
      if (*rc::gen::weightedElement<bool>({{3, true}, {1, false}})) back_up(log, backup, options);
    }
    back_up(log, backup, options);
  }
  Position last_command_end(Position up_to) const {
    return *(std::upper_bound(script.command_ends().begin(), script.command_ends().end(), up_to) - 1);
  }
};

void any_split_restores_to_an_identical_log() {
  History history;
  RC_ASSERT(verify_backup(history.backup).root == history.log.snapshot().tree_head().root);
  const Restored restored = restore(history.backup, history.directory / "back");
  RC_ASSERT(restored.identity == (LogIdentity{history.log.id(), {}}));
  const Log back = Log::open(history.directory / "back/log", Access::read);
  RC_ASSERT(back.id() == history.log.id());
  RC_ASSERT(scan(back.snapshot()) == scan(history.log.snapshot()));
  RC_ASSERT(back.snapshot().tree_head() == history.log.snapshot().tree_head());
}

void any_position_restores_to_the_prefix() {
  History history;
  const auto to = *rc::gen::inRange<Position>(0, history.script.head() + 1);
  const Position end = history.last_command_end(to);
  const Restored restored = restore(history.backup, history.directory / "back", {.position = to, .recorded_by_us = {}});
  RC_ASSERT(restored.head == history.log.snapshot().tree_head(end));
  const Log back = Log::open(history.directory / "back/log", Access::read);
  RC_ASSERT(scan(back.snapshot()) == prefix_of(history.script, end));
  RC_ASSERT(back.snapshot().tree_head() == restored.head);
  RC_ASSERT(back.id() == restored.identity.id);
  RC_ASSERT(back.forked_from() == restored.identity.forked_from);
  if (end == history.script.head())
    RC_ASSERT(restored.identity == (LogIdentity{history.log.id(), {}}));
  else
    RC_ASSERT(back.id() != history.log.id() &&
              back.forked_from() == ForkedFrom({history.log.id(), end, restored.head.root}));
}

void any_time_restores_to_what_was_recorded_by_then() {
  History history;
  RC_PRE(history.script.head() > 0);
  const auto commands = *rc::gen::inRange<int64_t>(1, static_cast<int64_t>(history.script.command_ends().size()) + 2);
  const int64_t time = RecordScript::first_time_us + commands * RecordScript::step_us + *rc::gen::inRange(0, 1'000'000);
  const size_t last = std::min(static_cast<size_t>(commands), history.script.command_ends().size() - 1);
  const Restored restored =
      restore(history.backup, history.directory / "back", {.position = {}, .recorded_by_us = time});
  RC_ASSERT(restored.head.size == history.script.command_ends().at(last));
}

}  // namespace

BOOST_AUTO_TEST_CASE(backups_are_the_log) {
  BOOST_TEST(rc::check("any split into backups restores to an identical log", any_split_restores_to_an_identical_log));
  BOOST_TEST(rc::check("any position restores to the prefix", any_position_restores_to_the_prefix));
  BOOST_TEST(
      rc::check("any time restores to what was recorded by then", any_time_restores_to_what_was_recorded_by_then));
}

BOOST_AUTO_TEST_SUITE_END()
