#include "tests/support/engine_contract.h"

#include <boost/test/unit_test.hpp>

#include <span>
#include <string>
#include <vector>

#include "events/digest.h"
#include "tests/support/log_records.h"

namespace catlog::tests {

namespace {

events::TreeHead made_up_head(uint64_t size) {
  return {size, size == 0 ? events::Digest{} : events::sha256(std::to_string(size))};
}

store::engine::Batch batch(uint64_t term, uint64_t from, const FakeRecords& records) {
  std::vector<store::Bytes> bytes;
  for (const std::string& record : records) bytes.push_back(std::as_bytes(std::span(record)));
  return store::engine::make_batch(term, made_up_head(from), made_up_head(from + records.size()), bytes);
}

FakeRecords some(size_t count, size_t words) {
  FakeRecords records;
  for (size_t seed = 0; seed < count; ++seed) records.push_back(fake_record(words, seed));
  return records;
}

// A slow engine may not say whether it has a batch: then the same again is asked for, which may be there by then.
bool appends(store::engine::Engine& engine, const store::engine::Batch& batch, uint64_t from) {
  auto outcome = engine.append(batch);
  for (int again = 0; again < 100 && outcome == store::engine::Outcome::unknown; ++again)
    if (outcome = engine.append(batch); outcome == store::engine::Outcome::stale_head)
      return engine.read(from, 1) == std::vector<store::engine::Batch>{batch};
  return outcome == store::engine::Outcome::ok;
}

}  // namespace

void check_engine(store::engine::Engine& engine, store::engine::Engine& other, const std::function<void()>& depose) {
  const std::string log_id = "01a20edd-db2b-703e-bbf8-249c3908553a";
  BOOST_TEST(!engine.tip().has_value());
  const store::ForkedFrom origin{"01a20edd-db2b-703e-bbf8-249c39085539", 5, made_up_head(5).root};
  BOOST_TEST(engine.begin({log_id, origin}, made_up_head(0)));
  BOOST_TEST(!other.begin({"another", {}}, made_up_head(7)));
  BOOST_TEST((other.tip() == store::engine::Tip{log_id, made_up_head(0), 1, origin}));

  // One leads.
  const auto term = engine.elect("a", "tcp://a:1");
  BOOST_TEST(term != 0u);
  BOOST_TEST(other.elect("b", "tcp://b:1") == 0u);
  BOOST_TEST((other.leader() == store::engine::Leader{term, "a", "tcp://a:1"}));
  BOOST_TEST(engine.is_leading(term));

  // Appended once, however often it is asked for; on both conditions.
  const store::engine::Batch first = batch(term, 0, some(3, 4));
  BOOST_TEST(other.read(1, 1'000'000).empty());
  BOOST_TEST(appends(engine, first, 1));
  BOOST_TEST((engine.append(first) == store::engine::Outcome::stale_head));
  BOOST_TEST((engine.append(batch(term + 1, 3, some(1, 2))) == store::engine::Outcome::stale_leader));
  other.wait(std::chrono::seconds(10));
  BOOST_TEST((other.read(1, 1'000'000) == std::vector<store::engine::Batch>{first}));
  BOOST_TEST((other.tip() == store::engine::Tip{log_id, made_up_head(3), 1, origin}));

  // A large one comes in parts and is one.
  const store::engine::Batch large = batch(term, 3, some(1'000, 600));
  BOOST_TEST(store::engine::encode(large).parts.size() > 1u);
  BOOST_TEST(appends(engine, large, 4));
  BOOST_TEST((other.read(4, 1) == std::vector<store::engine::Batch>{large}));
  BOOST_TEST((other.read(1, 1) == std::vector<store::engine::Batch>{first}));
  BOOST_TEST(other.read(1'004, 1).empty());
  BOOST_TEST(other.read(2, 1).empty());  // none begins within one, though others come behind it

  // Another leads: what the former one asks for never happens.
  const store::engine::Batch old = batch(term, 1'003, some(1, 2));
  depose();
  const auto next = other.elect("b", "tcp://b:1");
  BOOST_TEST(next > term);
  BOOST_TEST((engine.append(old) == store::engine::Outcome::stale_leader));
  BOOST_TEST(appends(other, batch(next, 1'003, some(1, 2)), 1'004));

  // What is trimmed is said to be so; by who leads.
  engine.hold("a", 3);
  other.hold("b", 1'004);
  BOOST_TEST((engine.holds() == std::map<std::string, events::Position>{{"a", 3}, {"b", 1'004}}));
  engine.trim(term, 1'004);
  BOOST_TEST(engine.read(1, 1).size() == 1u);  // nothing happened
  other.trim(next, 4);
  BOOST_CHECK_THROW(engine.read(1, 1), store::engine::Trimmed);
  BOOST_TEST((engine.read(4, 1) == std::vector<store::engine::Batch>{large}));
  BOOST_TEST(engine.tip()->first == 4u);

  other.resign(next);
  BOOST_TEST(!other.is_leading(next));
  BOOST_TEST(!engine.leader().has_value());
  BOOST_TEST(engine.elect("c", "tcp://c:1") > next);
}

}  // namespace catlog::tests
