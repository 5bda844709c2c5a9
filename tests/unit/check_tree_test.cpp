#include "store/check_tree.h"

#include <boost/test/unit_test.hpp>
#include <random>

#include "store/lmdb/environment.h"
#include "store/meta.h"
#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(check_tree_test)

using namespace catlog::store;
using namespace catlog::tests;
using catlog::events::Exit;
using catlog::events::Failure;

namespace {

constexpr Layout layout{"log", size_t{1} << 30, 2, {"records", MDB_INTEGERKEY}, {"nodes", MDB_INTEGERKEY}};

std::mt19937_64& chance() {
  static std::mt19937_64 generator = [] {
    const auto seed = std::random_device()();
    BOOST_TEST_MESSAGE("seed " << seed);
    return std::mt19937_64(seed);
  }();
  return generator;
}

uint64_t below(uint64_t end) { return std::uniform_int_distribution<uint64_t>(0, end - 1)(chance()); }

// A log of records of many sizes, appended in batches of many sizes.
FakeRecords fill(const std::filesystem::path& directory, size_t count) {
  FakeRecords records;
  for (size_t i = 0; i < count; ++i) records.push_back(fake_record(1 + below(i % 50 == 7 ? 2'000 : 60), chance()()));
  Log log = Log::open(directory, Access::write);
  for (size_t at = 0; at < count;) {
    const size_t end = std::min(count, at + 1 + below(40));
    append(log, at, FakeRecords(records.begin() + static_cast<long>(at), records.begin() + static_cast<long>(end)));
    at = end;
  }
  return records;
}

template <class Body>
void change(const std::filesystem::path& directory, Body&& body) {
  auto environment = Environment::open(directory, Access::write, layout);
  WriteTransaction transaction(**environment);
  body(**environment, transaction);
  transaction.commit();
}

void flip(std::string& bytes, uint64_t bit) { bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8)); }

TreeCheck check(const std::filesystem::path& directory) {
  return check_tree(Log::open(directory, Access::read), 100, {});
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_whole_log_has_no_findings_and_its_root_is_the_appended_ones) {
  TemporaryDirectory directory;
  for (const size_t count : {0, 1, 2, 3, 100, 257}) {
    TemporaryDirectory each;
    const FakeRecords records = fill(each.path(), count);
    Frontier frontier;
    for (const auto& record : records) frontier.add(leaf_hash(std::as_bytes(std::span(record))));
    const TreeCheck found = check(each.path());
    BOOST_TEST(found.findings.empty());
    BOOST_TEST((found.head == frontier.head()));
    BOOST_TEST((Log::open(each.path(), Access::read).snapshot().tree_head() == frontier.head()));
  }
}

BOOST_AUTO_TEST_CASE(heads_and_proofs_of_every_size_are_what_they_were) {
  TemporaryDirectory directory;
  const FakeRecords records = fill(directory.path(), 70);
  const Log log = Log::open(directory.path(), Access::read);
  const LogSnapshot snapshot = log.snapshot();
  Frontier frontier;
  std::vector<TreeHead> heads{frontier.head()};
  for (const auto& record : records) {
    frontier.add(leaf_hash(std::as_bytes(std::span(record))));
    heads.push_back(frontier.head());
  }
  for (Position size = 0; size <= records.size(); ++size) BOOST_TEST((snapshot.tree_head(size) == heads[size]));
  for (Position size = 1; size <= records.size(); size += 3)
    for (Position position = 1; position <= size; ++position) {
      BOOST_TEST((root_of_inclusion(position, size, leaf_hash(snapshot.read(position)),
                                    snapshot.inclusion_proof(position, size)) == heads[size].root));
      BOOST_TEST(is_consistent(heads[position], heads[size], snapshot.consistency_proof(position, size)));
    }
}

BOOST_AUTO_TEST_CASE(a_turned_bit_in_any_record_is_found_by_position) {
  constexpr size_t count = 120;
  TemporaryDirectory directory;
  const FakeRecords records = fill(directory.path(), count);
  for (Position position = 1; position <= count; ++position) {
    std::string record = records[position - 1];
    flip(record, below(record.size() * 8));
    const auto put = [&](const std::string& bytes) {
      change(directory.path(), [&](Environment& environment, WriteTransaction& transaction) {
        transaction.put(environment.content(), as_text(position), bytes);
      });
    };
    put(record);
    const TreeCheck found = check(directory.path());
    BOOST_REQUIRE(found.findings.size() == 1u);
    BOOST_TEST(found.findings[0].starts_with("position " + std::to_string(position) + ":"), found.findings[0]);
    put(records[position - 1]);
  }
  BOOST_TEST(check(directory.path()).findings.empty());
}

BOOST_AUTO_TEST_CASE(a_turned_bit_in_any_node_is_found) {
  constexpr size_t count = 21;
  TemporaryDirectory directory;
  fill(directory.path(), count);
  // The nodes on the right edge are compared with the frontier when the log is opened.
  for (uint64_t node = 0; node < node_count(count); ++node) {
    std::string good;
    const auto put = [&](bool is_turned) {
      change(directory.path(), [&](Environment& environment, WriteTransaction& transaction) {
        if (is_turned) good = *ReadTransaction(environment).get(environment.tree(), as_text(node));
        std::string bytes = good;
        if (is_turned) flip(bytes, below(bytes.size() * 8));
        transaction.put(environment.tree(), as_text(node), bytes);
      });
    };
    put(true);
    bool is_found = false;
    try {
      is_found = !check(directory.path()).findings.empty();
    } catch (const Failure& failure) {
      is_found = failure.code() == Exit::damaged;
    }
    BOOST_TEST(is_found, "node " << node);
    put(false);
  }
  BOOST_TEST(check(directory.path()).findings.empty());
}

BOOST_AUTO_TEST_CASE(a_frontier_that_is_not_the_trees_is_refused_on_opening) {
  TemporaryDirectory directory;
  fill(directory.path(), 5);
  for (const std::string& bytes : {std::string(), std::string(8, '\0'), Frontier().encode(), std::string(72, '\5')}) {
    change(directory.path(), [&](Environment& environment, WriteTransaction& transaction) {
      transaction.put(environment.meta(), meta_key::frontier, bytes);
    });
    for (const Access access : {Access::read, Access::write})
      BOOST_CHECK_EXCEPTION(Log::open(directory.path(), access), Failure, [](const Failure& failure) {
        BOOST_TEST_MESSAGE(failure.what());
        return failure.code() == Exit::damaged;
      });
  }
}

BOOST_AUTO_TEST_SUITE_END()
