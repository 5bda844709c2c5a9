#include "store/engine/etcd/lease.h"

namespace catlog::store::engine {

namespace {

// The next etcd is asked so soon where one did not answer: it may answer all but this.
constexpr std::chrono::milliseconds keep_again{100};

}  // namespace

Lease::~Lease() {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  changed_.notify_all();
}

void Lease::begin(int64_t id, Term term, Clock::time_point asked) {
  const std::lock_guard lock(mutex_);
  id_ = id;
  term_ = term;
  ends_ = asked + time_;
}

std::optional<int64_t> Lease::end(Term term) {
  const std::lock_guard lock(mutex_);
  if (term == 0 || term_ != term) return {};
  term_ = 0;
  return id_;
}

bool Lease::is_kept(Term term) {
  const std::lock_guard lock(mutex_);
  return term_ == term && Clock::now() < ends_;
}

void Lease::keep() {
  std::unique_lock lock(mutex_);
  bool is_answered = true;
  while (!is_over_) {
    const auto pause = is_answered || term_ == 0 ? std::chrono::milliseconds(time_) / 4 : keep_again;
    changed_.wait_for(lock, pause, [this] { return is_over_; });
    if (is_over_ || term_ == 0) continue;
    const int64_t id = id_;
    lock.unlock();
    const auto asked = Clock::now();
    int64_t seconds = 0;
    is_answered = ask_to_keep(id, seconds);
    lock.lock();
    if (!is_answered || id != id_) continue;
    if (seconds > 0)
      ends_ = asked + time_;
    else
      term_ = 0;
  }
}

bool Lease::ask_to_keep(int64_t id, int64_t& seconds) {
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(id);
  etcdserverpb::LeaseKeepAliveResponse response;
  const auto status = nodes_.ask([&](EtcdNode& node, grpc::ClientContext& context) {
    const auto stream = node.lease->LeaseKeepAlive(&context);
    const bool is_answered = stream->Write(request) && stream->Read(&response);
    context.TryCancel();
    return is_answered ? grpc::Status::OK : grpc::Status(grpc::StatusCode::UNAVAILABLE, "no answer");
  });
  seconds = response.ttl();
  return status.ok();
}

}  // namespace catlog::store::engine
