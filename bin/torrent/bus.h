#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bin/torrent/wishes.h"
#include "events/bus/bus.h"
#include "events/bus/client_keys.h"

namespace catlog::torrent {

struct BusOptions {
  std::string commands_endpoint, changes_endpoint, replay_endpoint;
  std::optional<events::ClientKeys> commands_keys = {},
                                    changes_keys = {};  // where they are asked for; changes: of replay too
};

constexpr int64_t no_download = 0;  // what a swarm's observation is about

struct Heard {
  std::string topic, record, log_id, command_id;
  uint64_t position = 0;
};
// What came of a command; `download` and `source` as it was sent with them.
struct Answered {
  int64_t download = 0;
  std::string source = {};
  uint64_t position = 0;     // of its last event; 0: there was none
  std::string refusal = {};  // why; empty: it was not refused
};

// The feed and the commands, each in a thread of its own: a daemon that is away holds up neither what is loaded nor
// each other. `on_news` is called in those threads. Threads: one at a time calls the rest.
class Bus {
 public:
  Bus(BusOptions options, Cursor from, std::function<void()> on_news);
  ~Bus();
  Bus(const Bus&) = delete;

  // What was heard since it was asked last, in order. Throws what ended the feed: Failure(refused), the log is another
  // one than the cursor's or lost events; any other.
  std::vector<Heard> take();
  // Everything up to the log's end was handed out once; empty before: the daemon was not reached yet.
  bool has_caught_up() const;
  std::string log_id() const;

  // Sent until it is answered, under one id, in order; what is of no download after what is. `source`: what it is about
  // else.
  void send(int64_t download, std::string command, std::string source = {});
  size_t waiting() const;  // that are not answered yet
  std::vector<Answered> answers();
  // Waits until all that is of downloads is answered, or so long.
  void finish(std::chrono::milliseconds longest);

 private:
  struct Sent {
    int64_t download = 0;
    std::string command, source;
  };
  using ToSend = std::deque<Sent>;
  void follow();
  void follow_once();
  void produce();
  void produce_once();
  ToSend* next_queue();  // with the lock

  BusOptions options_;
  std::function<void()> on_news_;
  mutable std::mutex mutex_;
  std::condition_variable sent_, changed_;
  Cursor cursor_;  // of what was heard
  bool has_caught_up_ = false, is_over_ = false;
  std::exception_ptr failure_;
  std::vector<Heard> heard_;
  ToSend reports_, observations_;
  std::vector<Answered> answers_;
  std::jthread follower_, producer_;
};

}  // namespace catlog::torrent
