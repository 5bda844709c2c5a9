#pragma once
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catalogue_checks.h"

namespace catlog::tests {

// A producer that keeps every receipt and sends again, in order, what got none: neither from a daemon that was killed
// nor from one that has no room (`storageFull`; any other refusal ends in unexpected()).
//
// Threads: send_rest() in one; answered(), refused() and wait_for() beside it from any; the rest when it is not
// running.
class Producer {
 public:
  // `pack`: commands in one message, at most; 1: each by itself.
  explicit Producer(std::vector<std::string> lines, size_t window = 128, size_t pack = 1)
      : lines_(std::move(lines)), receipts_(lines_.size()), window_(window), pack_(pack) {}

  enum class Ended { answered, over, silent };
  // Sends over a connection of its own what has no receipt, each once, until all are answered, `is_over` says so (asked
  // each millisecond), or nothing has come for `patience`.
  Ended send_rest(
      const std::filesystem::path& data, std::chrono::milliseconds patience,
      const std::function<bool()>& is_over = [] { return false; });

  size_t size() const { return lines_.size(); }
  size_t answered() const;  // with a receipt that stays
  size_t refused() const;   // for want of room, all in all
  // Waits until so many (or all) have a receipt; false when it takes longer.
  bool wait_for(size_t answered, std::chrono::microseconds longest);

  const std::vector<std::string>& lines() const { return lines_; }
  const std::vector<std::optional<std::string>>& receipts() const { return receipts_; }
  const std::vector<std::string>& unexpected() const { return unexpected_; }
  Acknowledged acknowledged() const;
  events::Position last_acknowledged() const;

 private:
  void take(size_t line, const std::string& receipt);

  const std::vector<std::string> lines_;
  std::vector<std::optional<std::string>> receipts_;
  const size_t window_, pack_;
  std::vector<std::string> unexpected_;
  mutable std::mutex mutex_;
  std::condition_variable progress_;
  size_t answered_ = 0, refused_ = 0;
};

// A producer at work in a thread, connecting anew whenever its daemon says nothing. Ends with this object.
class Load {
 public:
  Load(Producer& producer, const std::filesystem::path& data)
      : thread_([&producer, data](std::stop_token stop) {
          constexpr std::chrono::milliseconds patience{300};
          while (!stop.stop_requested() && producer.answered() < producer.size())
            producer.send_rest(data, patience, [&] { return stop.stop_requested(); });
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace catlog::tests
