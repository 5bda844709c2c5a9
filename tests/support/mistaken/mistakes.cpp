#include "tests/support/mistaken/mistakes.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace catlog::tests {

using namespace store::engine;

namespace {

constexpr std::chrono::milliseconds late_by{200};

class Hasty final : public Engine {
 public:
  explicit Hasty(std::unique_ptr<Engine> engine) : engine_(std::move(engine)), thread_([this] { work(); }) {}

  std::optional<Tip> tip() override { return engine_->tip(); }
  bool begin(const std::string& log_id, const events::TreeHead& head) override { return engine_->begin(log_id, head); }
  std::optional<Leader> leader() override { return engine_->leader(); }
  Term elect(const std::string& node, const std::string& endpoint) override { return engine_->elect(node, endpoint); }
  void resign(Term term) override { engine_->resign(term); }
  bool is_leading(Term term) override { return engine_->is_leading(term); }
  Outcome append(const Batch& batch) override {
    const std::lock_guard lock(mutex_);
    batches_.push_back(batch);
    changed_.notify_all();
    return Outcome::ok;
  }
  std::vector<Batch> read(events::Position from, size_t max_bytes) override { return engine_->read(from, max_bytes); }
  bool wait(std::chrono::milliseconds longest) override { return engine_->wait(longest); }
  void hold(const std::string& node, events::Position position) override { engine_->hold(node, position); }
  std::map<std::string, events::Position> holds() override { return engine_->holds(); }
  void trim(Term term, events::Position first) override { engine_->trim(term, first); }

 private:
  [[noreturn]] void work() {
    while (true) {
      Batch batch;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !batches_.empty(); });
        batch = std::move(batches_.front());
        batches_.pop_front();
      }
      std::this_thread::sleep_for(late_by);
      while (engine_->append(batch) == Outcome::unknown) {
      }
    }
  }

  std::unique_ptr<Engine> engine_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> batches_;
  std::thread thread_;  // never joined: such a daemon is killed
};

}  // namespace

bool is_made(std::string_view mistake) {
  const char* made = std::getenv("CATLOG_MISTAKE");
  return made && made == mistake;
}

std::unique_ptr<Engine> with_mistake(std::unique_ptr<Engine> engine) {
  if (!is_made(receipt_before_engine)) return engine;
  return std::make_unique<Hasty>(std::move(engine));
}

}  // namespace catlog::tests
