#include "events/schema/record.h"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>

#include "tests/support/commands.h"
#include "tests/support/in_memory.h"
#include "tests/support/log_records.h"
#include "tests/support/random_commands.h"
#include "tests/support/soak.h"
#include "tests/support/suite.h"

BOOST_AUTO_TEST_SUITE(write_side_test)

using namespace catlog;
using namespace catlog::tests;
using events::Receipt;
using Verdict = events::Receipt::Verdict;

namespace {

// Thousands of commits whose durability nobody asks for here.
const OfSuite<InMemory> in_memory;
const OfSuite<FewCasesSanitized> few_cases_sanitized;

constexpr size_t commands_per_case = 40;

std::string text_of(const Receipt& receipt) { return events::encode(receipt, events::Encoding::json); }

using Stored = std::map<std::string, std::string>;

Stored stored(WriteSide& side) {
  Stored all;
  auto snapshot = side.states().snapshot();
  RC_ASSERT(snapshot.position() == side.log().head());
  snapshot.scan("", std::string(1, '\0'), [&](std::string_view key, std::string_view value) {
    all.emplace(key, value);
    return true;
  });
  RC_ASSERT(side.log().head() == 0 || !all.empty());
  return all;
}

void disturb(WriteSide& side, RandomCommands& random) {
  switch (random.below(12)) {
    case 0:
    case 1:
      return side.flush_state();
    case 2:
      return side.restart();
    case 3:
      return side.restart(WriteSide::StateFolder::deleted);
    default:
      return;
  }
}

// What an event says, without where it stands in its message.
std::vector<std::string> events_in(WriteSide& side, events::Position from) {
  std::vector<std::string> all;
  side.log().snapshot().scan(from, [&](events::Position, store::Bytes bytes) {
    events::RecordView view(bytes);
    auto record = view.root();
    capnp::MallocMessageBuilder message;
    message.setRoot(record);
    auto copy = message.getRoot<events::schema::Record>();
    copy.setRecordedAt(0);
    copy.setIndex(0);
    copy.setCount(0);
    copy.disownBatch();
    all.push_back(events::encode(copy.asReader(), events::Encoding::json, events::Secrets::shown));
    return true;
  });
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(flushes_and_restarts_change_nothing) {
  size_t accepted = 0;  // in all cases: one of them may hold refusals only
  BOOST_TEST(rc::check("any split into flushes and restarts", [&accepted] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    RandomCommands commands(seed), disturbance(seed + 1);
    WriteSide plain, disturbed;
    for (size_t i = 0; i < commands_per_case; ++i) {
      auto command = commands.next();
      auto receipt = plain.send(command);
      RC_ASSERT(text_of(receipt) == text_of(disturbed.send(command)));
      accepted += receipt.verdict == Verdict::accepted ? 1 : 0;
      disturb(disturbed, disturbance);
    }
    RC_ASSERT(scan(plain.log().snapshot()) == scan(disturbed.log().snapshot()));
    plain.flush_state();
    disturbed.flush_state();
    auto state = stored(disturbed);
    RC_ASSERT(stored(plain) == state);
    disturbed.restart(WriteSide::StateFolder::deleted);
    disturbed.flush_state();
    RC_ASSERT(stored(disturbed) == state);
  }));
  BOOST_TEST(accepted > 0u);
}

BOOST_AUTO_TEST_CASE(batches_that_are_decided_while_others_are_made_durable_give_the_same_log) {
  BOOST_TEST(rc::check("batches that overlap", [] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    RandomCommands commands(seed), split(seed + 1);
    WriteSide at_once, overlapping;
    std::vector<std::string> all;
    for (size_t i = 0; i < commands_per_case; ++i) all.push_back(commands.single());
    const auto expected = at_once.send_together(all);
    at_once.settle();
    for (size_t i = 0; i < all.size();) {
      const size_t end = std::min(all.size(), i + 1 + split.below(8));
      const auto receipts = overlapping.send_together(
          {all.begin() + static_cast<ptrdiff_t>(i), all.begin() + static_cast<ptrdiff_t>(end)});
      for (const auto& receipt : receipts) RC_ASSERT(text_of(receipt.value()) == text_of(expected[i++].value()));
      // What is stored may lie behind what is decided upon.
      if (split.below(4) == 0) overlapping.flush_state();
    }
    overlapping.settle();
    RC_ASSERT(scan(at_once.log().snapshot()) == scan(overlapping.log().snapshot()));
    at_once.flush_state();
    overlapping.flush_state();
    RC_ASSERT(stored(at_once) == stored(overlapping));
  }));
}

BOOST_AUTO_TEST_CASE(the_same_command_twice_has_one_effect_and_one_receipt) {
  BOOST_TEST(rc::check("repeated commands", [] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    RandomCommands commands(seed);
    WriteSide side;
    std::vector<std::pair<std::string, std::string>> accepted;
    for (size_t i = 0; i < commands_per_case; ++i) {
      auto command = commands.single();
      auto receipt = side.send(command);
      if (receipt.verdict != Verdict::accepted) continue;
      accepted.emplace_back(command, text_of(receipt));
      auto head = side.log().head();
      RC_ASSERT(text_of(side.send(command)) == accepted.back().second);
      RC_ASSERT(side.log().head() == head);
      disturb(side, commands);
    }
    auto head = side.log().head();
    for (const auto& [command, receipt] : accepted) RC_ASSERT(text_of(side.send(command)) == receipt);
    RC_ASSERT(side.log().head() == head);
  }));
}

BOOST_AUTO_TEST_CASE(a_batch_is_all_or_nothing) {
  BOOST_TEST(rc::check("batches", [] {
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    RandomCommands commands(seed);
    WriteSide together, one_by_one;
    for (size_t i = 0; i < commands_per_case / 2; ++i) {
      auto command = commands.single();
      together.send(command);
      one_by_one.send(command);
    }
    for (size_t round = 0; round < 6; ++round) {
      std::vector<std::string> members;
      std::string list;
      for (size_t i = 1 + commands.below(4); i > 0; --i) {
        members.push_back(commands.single());
        list += (list.empty() ? "" : ",") + members.back();
      }
      auto before = together.log().head();
      together.flush_state();
      auto state = stored(together);
      auto batch = together.send("{\"batch\":{\"commands\":[" + list + "]}}");
      RC_ASSERT(batch.receipts.size() == members.size());
      if (batch.verdict == Verdict::refused) {
        RC_ASSERT(together.log().head() == before);
        together.flush_state();
        RC_ASSERT(stored(together) == state);
        for (const auto& member : batch.receipts) RC_ASSERT(member.verdict == Verdict::refused);
        continue;
      }
      for (size_t i = 0; i < members.size(); ++i)
        RC_ASSERT(text_of(one_by_one.send(members[i])) == text_of(batch.receipts[i]));
      RC_ASSERT(events_in(together, before + 1) == events_in(one_by_one, before + 1));
    }
    RC_ASSERT(together.log().head() == one_by_one.log().head());
  }));
}

BOOST_AUTO_TEST_SUITE_END()
