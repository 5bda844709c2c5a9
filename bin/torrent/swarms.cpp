#include "bin/torrent/swarms.h"

#include <chrono>
#include <utility>

#include "events/text/datetime.h"

namespace catlog::torrent {

namespace {

constexpr std::chrono::milliseconds longest_wait{500};

}  // namespace

Swarms::Swarms(scrape::Reach reach, const std::string& plans, std::function<void()> on_news, scrape::Counters& counters)
    : on_news_(std::move(on_news)), scraper_(reach, {}, &counters) {
  scraper_.read(plans);
  thread_ = std::jthread([this] { run(); });
}

Swarms::~Swarms() {
  stop_.set();
  thread_.join();
}

void Swarms::follow(std::map<std::string, std::string> magnets) {
  const std::lock_guard lock(mutex_);
  to_follow_ = std::move(magnets);
}

std::vector<scrape::Observation> Swarms::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(observations_, {});
}

void Swarms::told(const scrape::Observation& observation) {
  const std::lock_guard lock(mutex_);
  scraper_.told(observation, events::now_us());
}

std::string Swarms::plans() const {
  const std::lock_guard lock(mutex_);
  return scraper_.text();
}

void Swarms::run() {
  while (!stop_.is_set()) {
    if (turn()) on_news_();
    scraper_.wait(stop_.fd(), longest_wait);  // only this thread changes what it reads
  }
}

// Whether something was seen.
bool Swarms::turn() {
  const std::lock_guard lock(mutex_);
  if (to_follow_) scraper_.follow(*std::exchange(to_follow_, {}));
  const auto seen = scraper_.step({events::now_us(), scrape::Clock::now()});
  observations_.insert(observations_.end(), seen.begin(), seen.end());
  return !seen.empty();
}

}  // namespace catlog::torrent
