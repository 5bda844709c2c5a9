#include "store/engine/local_commits.h"

#include <chrono>
#include <string>
#include <utility>

#include "events/counters.h"
#include "events/error.h"
#include "store/engine/leadership.h"

namespace catlog::store::engine {

namespace {

// Each commit is two syncs, mostly of the disk that the engine syncs too, and wakes all who read the log.
constexpr std::chrono::milliseconds rest_after_commit{5};

}  // namespace

LocalCommits::LocalCommits(Log& log, std::function<void(const Commit&)> on_commit)
    : log_(log), on_commit_(std::move(on_commit)), backlog_(log.head()), thread_([this] { work(); }) {}

LocalCommits::~LocalCommits() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  work_.notify_one();
  hurry_.notify_one();
  thread_.join();
}

template <class Condition>
void LocalCommits::wait_until(Condition&& condition) {
  std::unique_lock lock(mutex_);
  const auto is_over = [&] { return failed_ || condition(); };
  if (!is_over()) {
    ++in_wait_;
    hurry_.notify_one();
    done_.wait(lock, is_over);
    --in_wait_;
  }
  if (failed_) std::rethrow_exception(failed_);
}

void LocalCommits::wait_for_room() {
  wait_until([this] { return backlog_.has_room(); });
}

void LocalCommits::wait_for_all() {
  wait_until([this] { return backlog_.empty(); });
}

void LocalCommits::hand_over(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    CATLOG_CHECK(batch.before.size == backlog_.end());
    backlog_.add(batch.after.size, batch.body.size());
    if (waiting_.empty()) oldest_waiting_ = std::chrono::steady_clock::now();
    waiting_.push_back(std::move(batch));
  }
  work_.notify_one();
}

void LocalCommits::check() const {
  const std::lock_guard lock(mutex_);
  if (failed_) std::rethrow_exception(failed_);
}

Position LocalCommits::durable() const {
  const std::lock_guard lock(mutex_);
  return backlog_.durable();
}

std::chrono::steady_clock::duration LocalCommits::behind() const {
  const std::lock_guard lock(mutex_);
  const auto& oldest = oldest_in_commit_ ? oldest_in_commit_ : oldest_waiting_;
  return oldest ? std::chrono::steady_clock::now() - *oldest : std::chrono::steady_clock::duration::zero();
}

size_t LocalCommits::waiting_bytes() const {
  const std::lock_guard lock(mutex_);
  return backlog_.bytes();
}

void LocalCommits::work() try {
  while (true) {
    std::vector<Batch> batches;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batches.swap(waiting_);
      oldest_in_commit_ = std::exchange(oldest_waiting_, {});
    }
    commit(batches);
    std::unique_lock lock(mutex_);
    hurry_.wait_for(lock, rest_after_commit, [this] { return is_ending_ || in_wait_ > 0; });
  }
} catch (...) {
  const std::lock_guard lock(mutex_);
  failed_ = events::current_failure();
  done_.notify_all();
}

void LocalCommits::commit(std::span<const Batch> batches) {
  const auto begun = std::chrono::steady_clock::now();
  const events::TreeHead &before = batches.front().before, &after = batches.back().after;
  std::vector<Bytes> records;
  for (const Batch& batch : batches) {
    const auto its = records_of(batch);
    CATLOG_CHECK(its.has_value());
    records.insert(records.end(), its->begin(), its->end());
  }
  try {
    log_.append(before.size, records, [&after](const events::TreeHead& made) { CATLOG_CHECK(made == after); });
  } catch (const events::StorageFull& full) {
    throw LeadLost(std::string("the disk is full, and the other machines have what it has no room for: ") +
                   full.what());
  }
  log_.check_in_place();
  {
    const std::lock_guard lock(mutex_);
    backlog_.committed(after.size);
    oldest_in_commit_.reset();
  }
  done_.notify_all();
  on_commit_({after.size, records.size(), events::seconds_since(begun)});
}

}  // namespace catlog::store::engine
