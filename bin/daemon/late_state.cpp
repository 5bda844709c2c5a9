#include "bin/daemon/late_state.h"

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "bin/service/daemon_log.h"
#include "commandhandler/state/known_keys.h"
#include "events/error.h"
#include "store/state_store.h"

namespace catlog {

namespace {

constexpr std::chrono::seconds look_again{2};

class LateState {
 public:
  LateState(std::filesystem::path directory, std::string log_id)
      : directory_(std::move(directory)), log_id_(std::move(log_id)) {}

  events::KnownKey known(events::Entity entity, int64_t id) {
    const std::lock_guard lock(mutex_);
    look();
    return keys_ ? keys_(entity, id) : events::KnownKey();
  }

 private:
  void look() {
    const auto now = std::chrono::steady_clock::now();
    if (now < look_at_) return;
    look_at_ = now + look_again;
    if (states_ && states_->is_in_place()) return;
    keys_ = {};
    states_.reset();
    try {
      states_.emplace(store::StateStore::open(directory_, log_id_, store::Access::read));
      keys_ = commandhandler::known_keys(*states_);
      daemon_log::info("the decision state is there: what an event names by row id is told with its natural key");
    } catch (const events::Failure&) {  // whoever builds it says what is wrong
    }
  }

  std::mutex mutex_;
  std::filesystem::path directory_;
  std::string log_id_;
  std::chrono::steady_clock::time_point look_at_{};
  std::optional<store::StateStore> states_;
  events::KnownKeys keys_;  // of states_
};

}  // namespace

events::KnownKeys late_keys(const std::filesystem::path& directory, const std::string& log_id) {
  return [late = std::make_shared<LateState>(directory, log_id)](events::Entity entity, int64_t id) {
    return late->known(entity, id);
  };
}

}  // namespace catlog
