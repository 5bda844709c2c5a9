#include "store/engine/etcd/doorbell.h"

#include <utility>

namespace catlog::store::engine {

namespace {

constexpr std::chrono::milliseconds watch_again{200};

}  // namespace

Doorbell::~Doorbell() {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  if (context_) context_->TryCancel();
  changed_.notify_all();
}

bool Doorbell::wait(std::chrono::milliseconds longest) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [this] { return has_rung_ || is_over_; });
  return std::exchange(has_rung_, false);
}

void Doorbell::listen() {
  while (true) {
    grpc::ClientContext context;
    {
      const std::lock_guard lock(mutex_);
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
    while (stream->Read(&response)) ring();
    std::unique_lock lock(mutex_);
    context_ = nullptr;
    changed_.wait_for(lock, watch_again, [this] { return is_over_; });
  }
}

void Doorbell::ring() {
  const std::lock_guard lock(mutex_);
  has_rung_ = true;
  changed_.notify_all();
}

}  // namespace catlog::store::engine
