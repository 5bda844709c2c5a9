#include "store/log.h"

#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <list>
#include <optional>

#include "tests/support/log_records.h"
#include "tests/support/temporary_directory.h"

BOOST_AUTO_TEST_SUITE(log_test)

using namespace catlog::store;
using namespace catlog::tests;

namespace {

constexpr int steps_per_case = 60;

// The log next to a vector that must always agree with it.
class Pair {
 public:
  void append_some() {
    FakeRecords records;
    const size_t count = *rc::gen::inRange<size_t>(0, 30);
    for (size_t i = 0; i < count; ++i) records.push_back(fake_record(*words(), *rc::gen::arbitrary<uint64_t>()));
    RC_ASSERT(append(*log_, model_.size(), records) == model_.size() + count);
    model_.insert(model_.end(), records.begin(), records.end());
  }
  void append_wrongly() {
    const auto head = *rc::gen::inRange<Position>(0, model_.size() + 10);
    if (head != model_.size()) RC_ASSERT_THROWS_AS(append(*log_, head, {fake_record(1, 1)}), std::invalid_argument);
  }
  void reopen() {
    kept_.clear();
    log_.reset();
    log_.emplace(Log::open(directory_.path(), Access::write));
  }
  void keep_snapshot() {
    if (kept_.size() < 5) kept_.push_back({log_->snapshot(), model_.size()});
  }
  void drop_snapshot() {
    if (!kept_.empty()) kept_.pop_front();
  }
  void compare() {
    RC_ASSERT(log_->head() == model_.size());
    compare(log_->snapshot(), model_.size());
    for (const Kept& kept : kept_) compare(kept.snapshot, kept.head);
  }

 private:
  struct Kept {
    LogSnapshot snapshot;
    size_t head;
  };
  // Small ones share a page, larger ones have pages of their own.
  static rc::Gen<size_t> words() {
    return rc::gen::weightedOneOf<size_t>({{10, rc::gen::inRange<size_t>(1, 80)},
                                           {4, rc::gen::inRange<size_t>(200, 300)},
                                           {1, rc::gen::inRange<size_t>(500, 5000)}});
  }
  void compare(const LogSnapshot& snapshot, size_t head) const {
    RC_ASSERT(snapshot.head() == head);
    const auto from = *rc::gen::inRange<Position>(1, head + 2);
    Position expected = from;
    snapshot.scan(from, [&](Position position, Bytes bytes) {
      RC_ASSERT(position == expected++);
      RC_ASSERT(reinterpret_cast<uintptr_t>(bytes.data()) % 8 == 0u);
      RC_ASSERT(to_text(bytes) == model_[position - 1]);
      return true;
    });
    RC_ASSERT(expected == std::max<Position>(head + 1, from));
    const auto position = *rc::gen::inRange<Position>(0, head + 3);
    const Bytes bytes = snapshot.read(position);
    if (position >= 1 && position <= head)
      RC_ASSERT(to_text(bytes) == model_[position - 1]);
    else
      RC_ASSERT(bytes.empty());
  }
  TemporaryDirectory directory_;
  FakeRecords model_;
  std::optional<Log> log_{Log::open(directory_.path(), Access::write)};
  std::list<Kept> kept_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_log_is_a_vector) {
  const bool held = rc::check("append, reopen, read and snapshots agree with a vector", [] {
    Pair pair;
    for (int step = 0; step < steps_per_case; ++step) {
      switch (*rc::gen::inRange(0, 10)) {
        case 0:
          pair.reopen();
          break;
        case 1:
          pair.append_wrongly();
          break;
        case 2:
        case 3:
          pair.keep_snapshot();
          break;
        case 4:
          pair.drop_snapshot();
          break;
        default:
          pair.append_some();
      }
      if (step % 5 == 4) pair.compare();
    }
    pair.reopen();
    pair.compare();
  });
  BOOST_TEST(held);
}

BOOST_AUTO_TEST_SUITE_END()
