#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/engine/engine.h"

namespace catlog::tests {

// An engine in memory that all nodes of a test share, and that can be told to misbehave. Threads: any.
class MemoryEngine : public store::engine::Engine {
  std::mutex mutex_;
  template <class Do>
  auto with(Do&& act) {
    const std::lock_guard lock(mutex_);
    return act();
  }

 public:
  // What happens to the next append: it happens and nobody is told; it does not; it happens when arrive() is called.
  enum class Fault { applied_unknown, dropped_unknown, delayed };
  void next(Fault fault) {
    with([&] { faults_.push_back(fault); });
  }
  void arrive();
  // The lease of whoever leads ends; he is not told.
  void depose();
  void lose_rings() {
    with([&] { loses_rings_ = true; });
  }
  // It answers to nothing, but for what is_leading says.
  enum class State { up, down };
  void be(State state) {
    with([&] { is_down_ = state == State::down; });
  }
  // How many appends it did not answer, because it was down.
  size_t unanswered() {
    return with([&] { return unanswered_; });
  }

  std::optional<store::engine::Tip> tip() override;
  bool begin(const store::LogIdentity& log, const events::TreeHead& head) override;
  std::optional<store::engine::Leader> leader() override;
  store::engine::Term elect(const std::string& node, const std::string& endpoint) override;
  void resign(store::engine::Term term) override;
  bool is_leading(store::engine::Term term) override;
  store::engine::Outcome append(const store::engine::Batch& batch) override;
  std::vector<store::engine::Batch> read(events::Position from, size_t max_bytes) override;
  std::vector<store::engine::Batch> read_nearest(events::Position from, size_t max_bytes) override {
    return read(from, max_bytes);
  }
  bool may_have(events::Position) override { return true; }
  bool wait(std::chrono::milliseconds longest) override;
  void hold(const std::string& node, events::Position position) override;
  std::map<std::string, events::Position> holds() override;
  void trim(store::engine::Term term, events::Position first) override;

 private:
  void must_answer() const;
  store::engine::Outcome apply(const store::engine::Batch& batch);

  std::condition_variable rung_;
  bool has_rung_ = false, loses_rings_ = false, is_down_ = false;
  size_t unanswered_ = 0;
  std::deque<Fault> faults_;
  std::vector<store::engine::Batch> late_;
  std::optional<store::engine::Tip> tip_;
  std::optional<store::engine::Leader> leader_;
  store::engine::Term terms_ = 0, believed_ = 0;  // believed: who has not heard that he leads no more
  std::map<events::Position, store::engine::Batch> batches_;
  std::map<std::string, events::Position> holds_;
};

}  // namespace catlog::tests
