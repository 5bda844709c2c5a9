#include "events/bus/topics.h"

#include <algorithm>
#include <set>

#include "tests/fuzz/targets/target.h"

namespace catlog::tests {
namespace {

using events::TopicFilter;

// Lines, at most so many.
std::vector<std::string> lines_in(std::string_view text, size_t most) {
  std::vector<std::string> lines;
  while (!text.empty() && lines.size() < most) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines.emplace_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

void check_filter(const std::vector<std::string>& topics, std::string_view asked) {
  const std::string fault = TopicFilter::fault(topics);
  const bool is_too_long =
      std::ranges::any_of(topics, [](const auto& topic) { return topic.size() > events::max_topic_bytes; });
  must(!is_too_long || !fault.empty(), "a topic that is too long is taken");
  if (!fault.empty()) return must(fault.starts_with("/topics"), "a fault of topics does not name them");
  const bool matches = TopicFilter(topics).matches(asked);
  const bool is_meant = std::ranges::any_of(topics, [&](const auto& topic) { return asked.starts_with(topic); });
  must(matches == (topics.empty() || is_meant), "a filter matches what it should not, or not what it should");
}

// What a set of prefixes says.
void check_wanted(const events::Subscriptions& subscriptions, const std::set<std::string>& prefixes,
                  std::string_view topic) {
  const auto is_wanted = [&](const std::string& prefix) { return topic.starts_with(prefix); };
  const auto is_near = [&](const std::string& prefix) { return is_wanted(prefix) || prefix.starts_with(topic); };
  must(subscriptions.wants(topic) == std::ranges::any_of(prefixes, is_wanted), "a subscription is lost or made up");
  must(subscriptions.wants_any(topic) == std::ranges::any_of(prefixes, is_near), "a subscription below is not seen");
}

}  // namespace

// Each line is a subscription (+), the end of one (-), or a topic of a filter; with each of them both are asked.
void try_topics(Input input) {
  events::Subscriptions subscriptions;
  std::set<std::string> prefixes;
  std::vector<std::string> topics;
  for (const std::string& line : lines_in(text_of(input), 64)) {
    subscriptions.take(line);  // no message of a socket, or one as it comes
    if (!line.empty() && static_cast<unsigned char>(line[0]) <= 1) return;
    const std::string prefix = line.empty() ? "" : line.substr(1);
    if (line.starts_with('+')) {
      subscriptions.take('\1' + prefix);
      if (prefix.size() <= events::max_topic_bytes) prefixes.insert(prefix);
    } else if (line.starts_with('-')) {
      subscriptions.take('\0' + prefix);
      prefixes.erase(prefix);
    } else {
      topics.push_back(line);
    }
    check_wanted(subscriptions, prefixes, prefix);
    check_filter(topics, prefix);
  }
}

}  // namespace catlog::tests
