#include "tests/support/memory_engine.h"

#include <utility>

namespace catlog::tests {

void MemoryEngine::must_answer() const {
  if (is_down_) throw store::engine::Unreachable("the engine is down");
}

void MemoryEngine::arrive() {
  with([&] {
    for (const store::engine::Batch& batch : std::exchange(late_, {})) apply(batch);
  });
}

void MemoryEngine::depose() {
  with([&] { leader_.reset(); });
}

std::optional<store::engine::Tip> MemoryEngine::tip() {
  return with([&] { return must_answer(), tip_; });
}

bool MemoryEngine::begin(const store::LogIdentity& log, const events::TreeHead& head) {
  return with([&] {
    must_answer();
    if (tip_) return false;
    tip_ = store::engine::Tip{log.id, head, head.size + 1, log.forked_from};
    return true;
  });
}

std::optional<store::engine::Leader> MemoryEngine::leader() {
  return with([&] { return must_answer(), leader_; });
}

store::engine::Term MemoryEngine::elect(const std::string& node, const std::string& endpoint) {
  return with([&]() -> store::engine::Term {
    must_answer();
    if (leader_) return 0;
    leader_ = store::engine::Leader{++terms_, node, endpoint};
    return believed_ = terms_;
  });
}

void MemoryEngine::resign(store::engine::Term term) {
  with([&] {
    if (leader_ && leader_->term == term) leader_.reset();
    if (believed_ == term) believed_ = 0;
  });
}

bool MemoryEngine::is_leading(store::engine::Term term) {
  return with([&] { return believed_ == term; });
}

store::engine::Outcome MemoryEngine::apply(const store::engine::Batch& batch) {
  if (!leader_ || leader_->term != batch.term) return store::engine::Outcome::stale_leader;
  if (!tip_ || tip_->head != batch.before) return store::engine::Outcome::stale_head;
  tip_->head = batch.after;
  batches_[batch.before.size + 1] = batch;
  has_rung_ = !loses_rings_;
  rung_.notify_all();
  return store::engine::Outcome::ok;
}

store::engine::Outcome MemoryEngine::append(const store::engine::Batch& batch) {
  return with([&] {
    if (is_down_) return ++unanswered_, store::engine::Outcome::unknown;
    if (faults_.empty()) return apply(batch);
    const Fault fault = faults_.front();
    faults_.pop_front();
    if (fault == Fault::applied_unknown) apply(batch);
    if (fault == Fault::delayed) late_.push_back(batch);
    return store::engine::Outcome::unknown;
  });
}

std::vector<store::engine::Batch> MemoryEngine::read(events::Position from, size_t max_bytes) {
  return with([&] {
    must_answer();
    if (tip_ && from < tip_->first) throw store::engine::Trimmed("it is not kept any more");
    std::vector<store::engine::Batch> found;
    size_t bytes = 0;
    for (auto at = batches_.find(from); at != batches_.end() && bytes < max_bytes; ++at) {
      bytes += at->second.body.size();
      found.push_back(at->second);
    }
    return found;
  });
}

bool MemoryEngine::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  rung_.wait_for(lock, longest, [&] { return has_rung_; });
  return std::exchange(has_rung_, false);
}

void MemoryEngine::hold(const std::string& node, events::Position position) {
  with([&] { must_answer(), holds_[node] = position; });
}

std::map<std::string, events::Position> MemoryEngine::holds() {
  return with([&] { return must_answer(), holds_; });
}

void MemoryEngine::trim(store::engine::Term term, events::Position first) {
  with([&] {
    must_answer();
    if (!leader_ || leader_->term != term) return;
    tip_->first = first;
    batches_.erase(batches_.begin(), batches_.lower_bound(first));
  });
}

}  // namespace catlog::tests
