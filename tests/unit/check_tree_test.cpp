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

constexpr Layout layout{"log", size_t{1} << 30, 3, {"records", MDB_INTEGERKEY}};

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

// Turns a bit of the value at this position, which is the record and its nodes: one from bit `from` on and before `to`.
// Returns the value as it was.
std::string turn(const std::filesystem::path& directory, Position position, uint64_t from, uint64_t to) {
  std::string good;
  change(directory, [&](Environment& environment, WriteTransaction& transaction) {
    good = *ReadTransaction(environment).get(environment.content(), as_text(position));
    std::string bytes = good;
    flip(bytes, from + below(to - from));
    transaction.put(environment.content(), as_text(position), bytes);
  });
  return good;
}

void put_back(const std::filesystem::path& directory, Position position, const std::string& value) {
  change(directory, [&](Environment& environment, WriteTransaction& transaction) {
    transaction.put(environment.content(), as_text(position), value);
  });
}

bool is_refused(const std::filesystem::path& directory, Access access) {
  try {
    Log::open(directory, access);
    return false;
  } catch (const Failure& failure) {
    BOOST_TEST((failure.code() == Exit::damaged), failure.what());
    return true;
  }
}

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
    const std::string good = turn(directory.path(), position, 0, records[position - 1].size() * 8);
    const TreeCheck found = check(directory.path());
    BOOST_REQUIRE(found.findings.size() == 1u);
    BOOST_TEST(found.findings[0].starts_with("position " + std::to_string(position) + ":"), found.findings[0]);
    put_back(directory.path(), position, good);
  }
  BOOST_TEST(check(directory.path()).findings.empty());
}

BOOST_AUTO_TEST_CASE(a_turned_bit_in_any_node_is_found) {
  constexpr size_t count = 24;
  constexpr uint64_t node_bits = sizeof(Digest) * 8;
  TemporaryDirectory directory;
  const FakeRecords records = fill(directory.path(), count);
  for (Position position = 1; position <= count; ++position)
    for (uint64_t level = 0; level < nodes_with(position); ++level)
      BOOST_TEST_CONTEXT("the node over " << (1 << level) << " up to " << position) {
        const uint64_t from = records[position - 1].size() * 8 + level * node_bits;
        const std::string good = turn(directory.path(), position, from, from + node_bits);
        const auto findings = check(directory.path()).findings;
        BOOST_TEST_REQUIRE(!findings.empty());
        BOOST_TEST(findings[0].starts_with("position " + std::to_string(position) + ":"), findings[0]);
        put_back(directory.path(), position, good);
      }
  BOOST_TEST(check(directory.path()).findings.empty());
}

// What comes next would be built on it. It can be read all the same: a backup gets out what is whole.
BOOST_AUTO_TEST_CASE(an_edge_that_is_not_made_of_what_is_below_is_refused_to_be_written) {
  constexpr size_t count = 13;
  TemporaryDirectory directory;
  const FakeRecords records = fill(directory.path(), count);
  for (const Position last : {8, 12, 13}) {  // the perfect subtrees of 13 end there
    const uint64_t record_bits = records[last - 1].size() * 8;
    const std::string good = turn(directory.path(), last, last == count ? 0 : record_bits + sizeof(Digest) * 8,
                                  record_bits + nodes_with(last) * sizeof(Digest) * 8);
    const bool is_found = is_refused(directory.path(), Access::write);
    BOOST_TEST((is_found || last == 8));  // of 8 not all nodes are on the edge
    BOOST_TEST(!is_refused(directory.path(), Access::read));
    put_back(directory.path(), last, good);
    BOOST_TEST(!is_refused(directory.path(), Access::write));
  }
}

BOOST_AUTO_TEST_SUITE_END()
