#pragma once
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace catlog::events {

constexpr size_t max_topics = 256;               // of one replay request or subscriber
constexpr size_t max_topic_bytes = 64;           // longer ones match nothing
constexpr size_t max_subscriptions = 64 * 1024;  // so many Subscriptions remembers one by one

// A set of prefixes of streams' topics ("movies/42/", without an encoding); none: everything matches.
class TopicFilter {
 public:
  // `topics` must have no fault.
  explicit TopicFilter(std::vector<std::string> topics) : topics_(std::move(topics)) {}
  // Why these cannot be topics, as a sentence behind the JSON pointer of the one it is about, in what holds them as
  // `topics`; empty when they can.
  static std::string fault(const std::vector<std::string>& topics);

  bool matches(std::string_view topic) const;
  const std::vector<std::string>& topics() const { return topics_; }

 private:
  std::vector<std::string> topics_;
};

// What a feed's peers are subscribed to, as its XPUB socket tells: each prefix once when its first peer comes, and
// once when its last one goes.
class Subscriptions {
 public:
  // A message of the XPUB socket: byte 1 (subscribe) or 0 (unsubscribe), then the prefix. Others are ignored.
  void take(std::string_view message);
  // Whether somebody gets messages with this topic. True too often beyond max_subscriptions, never too seldom.
  bool wants(std::string_view topic) const;
  // Whether any topic that starts so might be wanted.
  bool wants_any(std::string_view start) const;

 private:
  std::set<std::string, std::less<>> prefixes_;
  size_t not_remembered_ = 0;
};

}  // namespace catlog::events
