#include "bin/torrent/bus.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "bin/service/daemon_log.h"
#include "events/client/client.h"
#include "events/client/subscriber.h"
#include "events/error.h"

namespace catlog::torrent {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{100}, answer_within{2'000}, between_tries{200};
constexpr size_t most_heard = 50'000;  // that wait to be taken

// As a position, and why it was refused.
std::pair<uint64_t, std::string> read_receipt(events::schema::Receipt::Reader receipt) {
  if (receipt.isAccepted()) return {receipt.getAccepted().getLastPosition(), {}};
  if (receipt.isRefused()) return {0, receipt.getRefused().getMessage().cStr()};
  return {0, {}};
}

}  // namespace

Bus::Bus(BusOptions options, Cursor from, std::function<void()> on_news)
    : options_(std::move(options)), on_news_(std::move(on_news)), cursor_(std::move(from)) {
  follower_ = std::jthread([this] { follow(); });
  producer_ = std::jthread([this] { produce(); });
}

Bus::~Bus() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  sent_.notify_all();
  changed_.notify_all();
}

std::vector<Heard> Bus::take() {
  const std::lock_guard lock(mutex_);
  if (heard_.empty() && failure_) std::rethrow_exception(failure_);
  changed_.notify_all();
  return std::exchange(heard_, {});
}

bool Bus::has_caught_up() const {
  const std::lock_guard lock(mutex_);
  return has_caught_up_ && heard_.empty();
}

std::string Bus::log_id() const {
  const std::lock_guard lock(mutex_);
  return cursor_.log_id;
}

void Bus::send(int64_t download, std::string command, std::string source) {
  const std::lock_guard lock(mutex_);
  (download == no_download ? observations_ : reports_).emplace_back(download, std::move(command), std::move(source));
  sent_.notify_all();
}

// Thousands of swarms may be told of at once; how a download is comes before them.
Bus::ToSend* Bus::next_queue() {
  return !reports_.empty() ? &reports_ : !observations_.empty() ? &observations_ : nullptr;
}

size_t Bus::waiting() const {
  const std::lock_guard lock(mutex_);
  return reports_.size() + observations_.size();
}

std::vector<Answered> Bus::answers() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

void Bus::finish(milliseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [&] { return reports_.empty(); });
}

// Anything but a daemon that is away ends it.
void Bus::follow() {
  bool is_away = false;
  for (std::unique_lock lock(mutex_); !is_over_; lock.lock()) {
    lock.unlock();
    try {
      follow_once();
      return;
    } catch (const events::Failure& failure) {
      if (failure.code() != events::Exit::unreachable) {
        lock.lock();
        failure_ = events::current_failure();
        break;
      }
      if (!std::exchange(is_away, true)) daemon_log::warn("catlogd does not answer; it is waited for");
    } catch (...) {
      lock.lock();
      failure_ = events::current_failure();
      break;
    }
    lock.lock();
    changed_.wait_for(lock, between_tries, [&] { return is_over_; });
    lock.unlock();
  }
  on_news_();
}

void Bus::follow_once() {
  Cursor from;
  {
    const std::lock_guard lock(mutex_);
    from = cursor_;
  }
  events::Subscriber subscriber({.changes_endpoint = options_.changes_endpoint,
                                 .replay_endpoint = options_.replay_endpoint,
                                 .topics = {"movie_sources/", "storage/"},
                                 .from = from.position + 1,
                                 .answer_within = answer_within,
                                 .log_id = from.log_id,
                                 .last_command_id = from.command_id,
                                 .ask_again = answer_within,
                                 .keys = options_.changes_keys});
  for (std::unique_lock lock(mutex_); !is_over_; lock.lock()) {
    cursor_.log_id = subscriber.log_id();
    changed_.wait(lock, [&] { return is_over_ || heard_.size() < most_heard; });
    lock.unlock();
    auto change = subscriber.next(look_again);
    lock.lock();
    const bool was_behind = !has_caught_up_;
    if (change) {
      cursor_ = {change->log_id, change->position, change->command_id};
      heard_.push_back({std::move(change->topic), std::move(change->payload), change->log_id,
                        std::move(change->command_id), change->position});
    }
    has_caught_up_ = has_caught_up_ || subscriber.has_caught_up();
    const bool is_news = change || (was_behind && has_caught_up_);
    lock.unlock();
    if (is_news) on_news_();
  }
}

void Bus::produce() {
  for (std::unique_lock lock(mutex_); !is_over_; lock.lock()) {
    sent_.wait(lock, [&] { return is_over_ || next_queue(); });
    lock.unlock();
    try {
      produce_once();
    } catch (const events::Failure& failure) {  // the follower says when the daemon is away
      if (failure.code() != events::Exit::unreachable) daemon_log::warn(failure.what());
    }
    lock.lock();
    if (next_queue()) changed_.wait_for(lock, between_tries, [&] { return is_over_; });
    lock.unlock();
  }
}

// One at a time, over one connection: there are few. The same id again has no second effect.
void Bus::produce_once() {
  events::Client client(options_.commands_endpoint,
                        {.timeout = answer_within, .ask_again = answer_within, .keys = options_.commands_keys});
  for (;;) {
    ToSend* queue = nullptr;
    Sent next;
    {
      std::unique_lock lock(mutex_);
      sent_.wait(lock, [&] { return is_over_ || next_queue(); });
      if (is_over_) return;
      queue = next_queue();
      next = queue->front();
    }
    Answered came{.download = next.download, .source = next.source};
    client.send(next.command, events::Encoding::json, [&](events::schema::Receipt::Reader receipt) {
      std::tie(came.position, came.refusal) = read_receipt(receipt);
    });
    client.finish();
    {
      const std::lock_guard lock(mutex_);
      queue->pop_front();  // the others only put in behind
      answers_.push_back(std::move(came));
    }
    changed_.notify_all();
    on_news_();
  }
}

}  // namespace catlog::torrent
