#include "tests/support/mistaken/mistakes.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "tests/support/mistaken/kill_points.h"

namespace catlog::tests {

using namespace store::engine;

namespace {

constexpr std::chrono::milliseconds late_by{200};

// Batches on their way to an engine, which stays as long as they come.
struct Late {
  [[noreturn]] void work() {
    while (true) {
      Batch batch;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return !batches.empty(); });
        batch = std::move(batches.front());
        batches.pop_front();
      }
      std::this_thread::sleep_for(late_by);
      while (engine->append(batch) == Outcome::unknown) {
      }
    }
  }

  std::shared_ptr<Engine> engine;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Batch> batches;
};

class Hasty final : public Engine {
 public:
  explicit Hasty(std::unique_ptr<Engine> engine) : engine_(std::move(engine)), late_(std::make_shared<Late>()) {
    late_->engine = engine_;
    std::thread([late = late_] { late->work(); }).detach();  // such a daemon is killed
  }

  std::optional<Tip> tip() override { return engine_->tip(); }
  bool begin(const store::LogIdentity& log, const events::TreeHead& head) override { return engine_->begin(log, head); }
  std::optional<Leader> leader() override { return engine_->leader(); }
  Term elect(const std::string& node, const std::string& endpoint) override { return engine_->elect(node, endpoint); }
  void resign(Term term) override { engine_->resign(term); }
  bool is_leading(Term term) override { return engine_->is_leading(term); }
  Outcome append(const Batch& batch) override {
    const std::lock_guard lock(late_->mutex);
    late_->batches.push_back(batch);
    late_->changed.notify_all();
    return Outcome::ok;
  }
  std::vector<Batch> read(events::Position from, size_t max_bytes) override { return engine_->read(from, max_bytes); }
  std::vector<Batch> read_nearest(events::Position from, size_t max_bytes) override {
    return engine_->read_nearest(from, max_bytes);
  }
  bool wait(std::chrono::milliseconds longest) override { return engine_->wait(longest); }
  bool may_have(events::Position from) override { return engine_->may_have(from); }
  void hold(const std::string& node, events::Position position) override { engine_->hold(node, position); }
  std::map<std::string, events::Position> holds() override { return engine_->holds(); }
  void trim(Term term, events::Position first) override { engine_->trim(term, first); }

 private:
  std::shared_ptr<Engine> engine_;
  std::shared_ptr<Late> late_;
};

}  // namespace

bool is_made(std::string_view mistake) {
  const char* made = std::getenv("CATLOG_MISTAKE");
  return made && made == mistake;
}

std::unique_ptr<Engine> with_mistake(std::unique_ptr<Engine> engine) {
  if (is_made(receipt_before_engine)) engine = std::make_unique<Hasty>(std::move(engine));
  return with_kill_points(std::move(engine));
}

}  // namespace catlog::tests
