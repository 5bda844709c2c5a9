#include "bin/torrent/scrape/scraper.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include "bin/torrent/scrape/http_words.h"

namespace catlog::scrape {

namespace {

constexpr std::chrono::milliseconds look_for_names{50};
constexpr int64_t scan_every_us = second_us;
constexpr uint8_t most_asked = 4;  // trackers of one source, as long as none of them sees anybody
constexpr int longest_rest = 5;    // so often its time is doubled
constexpr size_t most_a_talk = 2'000;

uint32_t own_number_of(const Hash& hash) {
  uint32_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number;
}

}  // namespace

size_t Scraper::HashOf::operator()(const Hash& hash) const {
  size_t number = 0;
  std::memcpy(&number, hash.data() + 4, sizeof number);
  return number;
}

Scraper::Scraper(Reach reach, Limits limits, Counters* counters)
    : reach_(reach), limits_(limits), counters_(counters) {}

Scraper::~Scraper() = default;

void Scraper::follow(const std::map<std::string, std::string>& magnets) {
  std::set<Hash> there;
  for (const auto& [hex, magnet] : magnets) {
    const auto hash = hash_of(hex);
    if (!hash) continue;
    there.insert(*hash);
    auto& source = sources_[*hash];
    source.hex = hex;
    source.trackers = numbers_of(magnet);
    const auto known = remembered_.find(hex);
    if (known == remembered_.end()) continue;
    source.plan = known->second;
  }
  remembered_.clear();  // of sources that are no more
  std::erase_if(sources_, [&](const auto& one) {
    const bool is_gone = !there.contains(one.first);
    if (is_gone && one.second.is_under_way) --under_way_;
    return is_gone;
  });
  scanned_us_ = 0;
}

std::vector<uint16_t> Scraper::numbers_of(const std::string& magnet) {
  std::vector<uint16_t> numbers;
  for (auto& url : trackers_of(magnet)) {
    auto at = numbers_.find(url);
    if (at == numbers_.end()) {
      if (!may_ask(url, reach_) || trackers_.size() >= limits_.trackers) continue;
      at = numbers_.emplace(url, static_cast<uint16_t>(trackers_.size())).first;
      trackers_.push_back({url});
    }
    numbers.push_back(at->second);
  }
  numbers.shrink_to_fit();
  return numbers;
}

std::vector<Observation> Scraper::step(Now now) {
  now_ = now;
  if (std::abs(now.wall_us - scanned_us_) >= scan_every_us) begin_due();
  for (auto& tracker : trackers_) turn(tracker);
  return std::exchange(observations_, {});
}

void Scraper::begin_due() {
  scanned_us_ = now_.wall_us;
  for (auto& [hash, source] : sources_) {
    if (source.is_under_way || source.trackers.empty() || !is_due(source.plan, now_.wall_us)) continue;
    source.is_under_way = true;
    source.asked = 0;
    source.best.reset();
    ++under_way_;
    ask_next(hash, source);
  }
}

void Scraper::ask_next(const Hash& hash, Source& source) {
  while (source.asked < std::min<size_t>(source.trackers.size(), most_asked)) {
    Tracker& tracker = trackers_[source.trackers[source.asked++]];
    if (now_.steady < tracker.rests_until) continue;
    tracker.waiting.push_back(hash);
    return;
  }
  finish(hash, source);
}

void Scraper::finish(const Hash& hash, Source& source) {
  source.is_under_way = false;
  --under_way_;
  source.plan = looked(source.plan, source.best, now_.wall_us, own_number_of(hash));
  if (counters_) (source.best ? counters_->answered : counters_->unanswered).add();
  if (!source.best || !is_worth_telling(source.plan, now_.wall_us) || !budget_.take(now_.wall_us)) return;
  observations_.push_back({source.hex, *source.best});
}

void Scraper::told(const Observation& observation, int64_t wall_us) {
  const auto hash = hash_of(observation.hash);
  const auto source = hash ? sources_.find(*hash) : sources_.end();
  if (source == sources_.end()) return;
  source->second.plan.told = observation.swarm;
  source->second.plan.told_us = wall_us;
}

void Scraper::turn(Tracker& tracker) {
  if (!tracker.talk && !tracker.waiting.empty() && talks_ < limits_.talks) begin_talk(tracker);
  if (!tracker.talk) return;
  tracker.talk->go_on(now_.steady);
  hear(tracker);
  const auto state = tracker.talk->state();
  if (state == Talk::State::under_way) return;
  tracker.talk.reset();
  --talks_;
  const auto unanswered = std::exchange(tracker.asked, {});
  if (state == Talk::State::failed && counters_) counters_->failed_talks.add();
  if (state == Talk::State::failed)
    fail(tracker);
  else
    tracker.failures = 0;
  give_back(unanswered);
}

// Only of what it was asked: a tracker may tell of anything.
void Scraper::hear(Tracker& tracker) {
  const auto told = tracker.talk->take();
  if (told.empty()) return;
  std::map<Hash, Swarm> swarms(told.begin(), told.end());
  std::erase_if(tracker.asked, [&](const Hash& hash) {
    const auto at = swarms.find(hash);
    if (at == swarms.end()) return false;
    const auto source = sources_.find(hash);
    if (source == sources_.end() || !source->second.is_under_way) return true;
    source->second.best = at->second;
    if (at->second.is_empty())
      ask_next(hash, source->second);
    else
      finish(hash, source->second);
    return true;
  });
}

void Scraper::give_back(const std::vector<Hash>& unanswered) {
  for (const Hash& hash : unanswered) {
    const auto source = sources_.find(hash);
    if (source != sources_.end() && source->second.is_under_way) ask_next(hash, source->second);
  }
}

void Scraper::begin_talk(Tracker& tracker) {
  const auto address = address_of(tracker);
  if (!address) return;
  const bool is_udp = tracker.url.kind == TrackerUrl::Kind::udp;
  const size_t count = std::min(tracker.waiting.size(), is_udp ? most_a_talk : hashes_a_request);
  const auto end = tracker.waiting.begin() + static_cast<std::ptrdiff_t>(count);
  tracker.asked.assign(tracker.waiting.begin(), end);
  tracker.waiting.erase(tracker.waiting.begin(), end);
  tracker.talk = is_udp ? begin_udp(*address, tracker.asked, limits_.talk, now_.steady)
                        : begin_http(tracker.url, *address, tracker.asked, limits_.talk, now_.steady);
  ++talks_;
}

// Looked up for each talk: what is connected to is what was looked at.
std::optional<sockaddr_storage> Scraper::address_of(Tracker& tracker) {
  sockaddr_storage address{};
  if (read_address(tracker.url, address)) return address;
  if (!tracker.lookup) tracker.lookup = std::make_unique<Lookup>(tracker.url.host);
  const auto found = tracker.lookup->addresses();
  if (!found) return {};
  tracker.lookup.reset();
  for (sockaddr_storage one : *found) {
    if (!may_connect(one, reach_)) continue;
    set_port(one, tracker.url.port);
    return one;
  }
  fail(tracker);
  return {};
}

// It rests, and what it was to be asked is asked elsewhere.
void Scraper::fail(Tracker& tracker) {
  tracker.rests_until = now_.steady + limits_.rest * (1 << std::min(tracker.failures++, longest_rest));
  const std::vector<Hash> waiting(tracker.waiting.begin(), tracker.waiting.end());
  tracker.waiting.clear();
  give_back(waiting);
}

void Scraper::wait(int wake, std::chrono::milliseconds longest) const {
  std::vector<pollfd> waits{{wake, POLLIN, 0}};
  for (const auto& tracker : trackers_) {
    if (tracker.lookup) longest = std::min(longest, look_for_names);
    if (!tracker.talk && !tracker.waiting.empty() && talks_ < limits_.talks && !tracker.lookup) longest = {};
    if (!tracker.talk) continue;
    waits.push_back(tracker.talk->awaited());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(tracker.talk->deadline() - Clock::now());
    longest = std::clamp(left, std::chrono::milliseconds(0), longest);
  }
  ::poll(waits.data(), waits.size(), static_cast<int>(longest.count()));
}

}  // namespace catlog::scrape
