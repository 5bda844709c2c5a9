#include "events/bus/topics.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/schema/model.h"

namespace catlog::events {

namespace {

// Whether some stream's topic starts with it.
bool can_match(std::string_view topic) {
  const auto& entities = model().entities();
  return std::any_of(entities.begin() + 1, entities.end(), [&](const EntityModel& entity) {
    std::string start = entity.table + "/";
    return entity.stream == entity.entity && (start.starts_with(topic) || topic.starts_with(start));
  });
}

}  // namespace

std::string TopicFilter::fault(const std::vector<std::string>& topics) {
  if (topics.size() > max_topics)
    return fmt::format("/topics: there can be at most {} of them; ask for a shorter prefix", max_topics);
  for (size_t i = 0; i < topics.size(); ++i) {
    if (topics[i].size() > max_topic_bytes || !can_match(topics[i]))
      return fmt::format("/topics/{}: matches no stream; topics start as `movies/42/` does, without an encoding", i);
  }
  return {};
}

bool TopicFilter::matches(std::string_view topic) const {
  return topics_.empty() || std::any_of(topics_.begin(), topics_.end(),
                                        [&](const std::string& start) { return topic.starts_with(start); });
}

void Subscriptions::take(std::string_view message) {
  if (message.empty() || static_cast<unsigned char>(message[0]) > 1) return;
  std::string_view prefix = message.substr(1);
  if (prefix.size() > max_topic_bytes) return;
  if (message[0] == 0) {
    auto found = prefixes_.find(prefix);
    if (found != prefixes_.end()) {
      prefixes_.erase(found);
    } else if (not_remembered_ > 0) {
      --not_remembered_;
    }
  } else if (prefixes_.size() < max_subscriptions) {
    prefixes_.emplace(prefix);
  } else if (!prefixes_.contains(prefix)) {
    ++not_remembered_;
  }
}

bool Subscriptions::wants(std::string_view topic) const {
  if (not_remembered_ > 0) return true;
  if (prefixes_.empty()) return false;
  for (size_t length = 0; length <= topic.size(); ++length)
    if (prefixes_.contains(topic.substr(0, length))) return true;
  return false;
}

bool Subscriptions::wants_any(std::string_view start) const {
  if (wants(start)) return true;
  auto after = prefixes_.lower_bound(start);
  return after != prefixes_.end() && after->starts_with(start);
}

}  // namespace catlog::events
