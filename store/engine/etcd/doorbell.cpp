#include "store/engine/etcd/doorbell.h"

#include <utility>

#include "store/engine/etcd/keys.h"

namespace catlog::store::engine {

namespace {

constexpr std::chrono::milliseconds watch_again{200};
constexpr size_t many_found = 8;

}  // namespace

Doorbell::~Doorbell() {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  if (context_) context_->TryCancel();
  changed_.notify_all();
}

bool Doorbell::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  in_a_row_ = 0;
  if (is_busy_ && !std::exchange(has_waited_, true)) {
    changed_.wait_for(lock, longest, [this] { return is_over_; });
    return true;
  }
  if (std::exchange(is_busy_, false)) changed_.notify_all();
  changed_.wait_for(lock, longest, [this] { return has_rung_ || is_over_; });
  return std::exchange(has_rung_, false);
}

void Doorbell::found_nothing() {
  const std::lock_guard lock(mutex_);
  in_a_row_ = 0;
}

void Doorbell::found() {
  const std::lock_guard lock(mutex_);
  has_waited_ = false;
  if (++in_a_row_ < many_found || is_busy_) return;
  is_busy_ = true;
  heard_.reset();
  if (context_) context_->TryCancel();
}

void Doorbell::listen() {
  while (true) {
    grpc::ClientContext context;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_over_ || (!is_deaf_ && !is_busy_); });
      if (is_over_) return;
      context_ = &context;
    }
    EtcdNode& node = nodes_.present();
    if (!node.is_there()) nodes_.pass_on(node);
    nodes_.identify(node, context);  // where that fails the stream ends at once
    const auto stream = node.watch->Watch(&context);
    etcdserverpb::WatchRequest request;
    request.mutable_create_request()->set_key(key_);
    etcdserverpb::WatchResponse response;
    stream->Write(request);
    while (stream->Read(&response)) {
      ring(response);
      if (&nodes_.present() != &node) context.TryCancel();  // where questions go, rings come from
    }
    std::unique_lock lock(mutex_);
    context_ = nullptr;
    changed_.wait_for(lock, watch_again, [this] { return is_over_ || is_deaf_ || is_busy_; });
  }
}

bool Doorbell::may_have(events::Position from) {
  const std::lock_guard lock(mutex_);
  return !heard_ || *heard_ >= from;
}

void Doorbell::be_deaf() {
  const std::lock_guard lock(mutex_);
  is_deaf_ = true;
  heard_.reset();
  if (context_) context_->TryCancel();
}

void Doorbell::listen_again() {
  const std::lock_guard lock(mutex_);
  is_deaf_ = false;
  changed_.notify_all();
}

// An answer without events says that the watch begins: what was before it is not known.
void Doorbell::ring(const etcdserverpb::WatchResponse& heard) {
  std::optional<events::Position> position;
  if (const int events = heard.events_size(); events > 0)
    if (const auto tip = decode_head(heard.events(events - 1).kv().value())) position = tip->head.size;
  const std::lock_guard lock(mutex_);
  if (is_busy_) return;
  heard_ = position;
  has_rung_ = true;
  changed_.notify_all();
}

}  // namespace catlog::store::engine
