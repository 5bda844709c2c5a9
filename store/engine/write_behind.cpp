#include "store/engine/write_behind.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "events/error.h"
#include "store/engine/leadership.h"
#include "store/engine/steps.h"

namespace catlog::store::engine {

namespace {

constexpr size_t many_batches = 8;   // for which it does not rest
constexpr size_t most_batches = 64;  // that wait to be committed
constexpr size_t most_bytes = size_t{64} << 20;

}  // namespace

WriteBehind::WriteBehind(Log& log, std::function<void()> committed)
    : log_(log), committed_(std::move(committed)), edge_(log.edge()), durable_(edge_.size()), thread_([this] {
        run();
      }) {}

WriteBehind::~WriteBehind() {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  changed_.notify_all();
}

events::TreeHead WriteBehind::grow(std::span<const Bytes> records) {
  grown_ = Log::grow(edge_, records);
  return grown_.after.head();
}

void WriteBehind::take(Batch batch) {
  CATLOG_CHECK(batch.after.size == grown_.after.size());
  edge_ = grown_.after;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return failed_ || taken_.empty() || (taken_.size() < most_batches && taken_bytes_ < most_bytes);
  });
  throw_what_failed();
  taken_bytes_ += batch.body.size();
  taken_.push_back({std::move(batch), std::move(grown_.nodes)});
  taken_edge_ = edge_;
  changed_.notify_all();
}

void WriteBehind::check() {
  const std::lock_guard lock(mutex_);
  throw_what_failed();
}

void WriteBehind::throw_what_failed() const {
  if (failed_) std::rethrow_exception(failed_);
}

void WriteBehind::catch_up() {
  std::unique_lock lock(mutex_);
  is_hurried_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return failed_ || (taken_.empty() && !is_committing_); });
  is_hurried_ = false;
  throw_what_failed();
}

events::Position WriteBehind::durable() const {
  const std::lock_guard lock(mutex_);
  return durable_;
}

void WriteBehind::run() try {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_over_ || !taken_.empty(); });
    if (is_over_) return;
    const std::deque<Taken> batches = std::exchange(taken_, {});
    const Frontier after = taken_edge_;
    taken_bytes_ = 0;
    is_committing_ = true;
    changed_.notify_all();
    lock.unlock();
    commit(batches, after);
    committed_();
    lock.lock();
    durable_ = after.size();
    is_committing_ = false;
    changed_.notify_all();
    changed_.wait_for(lock, rest_after_commit,
                      [this] { return is_over_ || is_hurried_ || taken_.size() >= many_batches; });
  }
} catch (...) {
  const std::lock_guard lock(mutex_);
  failed_ = std::current_exception();
  changed_.notify_all();
}

void WriteBehind::commit(const std::deque<Taken>& batches, const Frontier& after) try {
  std::vector<Bytes> records;
  Growth growth{after, {}};
  for (const Taken& taken : batches) {
    const auto its = records_of(taken.batch);
    CATLOG_CHECK(its.has_value());  // they are ours
    records.insert(records.end(), its->begin(), its->end());
    growth.nodes.insert(growth.nodes.end(), taken.nodes.begin(), taken.nodes.end());
  }
  log_.append(batches.front().batch.before.size, records, growth);
} catch (const events::StorageFull& full) {
  throw LeadLost(std::string("the disk is full, and the other machines have what it has no room for: ") + full.what());
}

}  // namespace catlog::store::engine
