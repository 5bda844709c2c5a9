#include "store/engine/etcd/connection.h"

#include <absl/synchronization/mutex.h>
#include <fmt/format.h>

#include <utility>

#include "store/engine/engine.h"

namespace catlog::store::engine {

namespace {

// An etcd that has a majority answers in milliseconds; one that elects its own leader, in a second or two.
constexpr std::chrono::seconds longest_answer{2};
constexpr std::chrono::milliseconds soon{500};  // what a new connection may take
constexpr std::chrono::seconds look_again{1};   // whether the first node answers again

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const EtcdAccess& access) {
  if (access.authorities.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({access.authorities, access.key, access.certificate});
}

std::shared_ptr<grpc::Channel> channel_to(const std::string& endpoint, const EtcdAccess& access) {
  grpc::ChannelArguments with;
  with.SetMaxReceiveMessageSize(-1);  // several batches come in one answer
  with.SetMaxSendMessageSize(-1);
  with.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);  // so long a connection may take
  with.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  with.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  with.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // what is asked again is said in steps.h
  with.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(endpoint, credentials_of(access), with);
}

}  // namespace

EtcdNode::EtcdNode(const std::string& at, const EtcdAccess& access) : endpoint(at), channel(channel_to(at, access)) {
  kv = etcdserverpb::KV::NewStub(channel);
  lease = etcdserverpb::Lease::NewStub(channel);
  watch = etcdserverpb::Watch::NewStub(channel);
  auth = etcdserverpb::Auth::NewStub(channel);
}

bool EtcdNode::is_there() const { return channel->WaitForConnected(std::chrono::system_clock::now() + soon); }

EtcdNodes::EtcdNodes(const std::vector<std::string>& endpoints, EtcdAccess access, std::string key)
    : access_(std::move(access)), key_(std::move(key)) {
  // Debian's Abseil looks for cycles at each of gRPC's locks: a tenth of what a transaction costs here.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  for (const auto& endpoint : endpoints) nodes_.push_back(std::make_unique<EtcdNode>(endpoint, access_));
  thread_ = std::jthread([this] { return_to_first(); });
}

EtcdNodes::~EtcdNodes() {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  changed_.notify_all();
}

void EtcdNodes::return_to_first() {
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    changed_.wait(lock, [this] { return is_over_ || present_ != 0; });
    if (changed_.wait_for(lock, look_again, [this] { return is_over_; })) return;
    lock.unlock();
    const bool answers = does_first_answer();
    lock.lock();
    if (answers) present_ = 0;
  }
}

// For a majority, as for what it would be asked: one that is cut off from the others is of no use.
bool EtcdNodes::does_first_answer() {
  EtcdNode& first = *nodes_.front();
  if (!first.is_there()) return false;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + soon);
  if (!identify(first, context).ok()) return false;
  etcdserverpb::RangeRequest request;
  request.set_key(key_);
  request.set_count_only(true);
  etcdserverpb::RangeResponse response;
  return first.kv->Range(&context, request, &response).ok();
}

grpc::Status EtcdNodes::identify(EtcdNode& node, grpc::ClientContext& context) {
  if (access_.user.empty()) return grpc::Status::OK;
  std::string token;
  {
    const std::lock_guard lock(mutex_);
    token = token_;
  }
  if (token.empty()) {
    etcdserverpb::AuthenticateRequest request;
    request.set_name(access_.user);
    request.set_password(access_.password);
    etcdserverpb::AuthenticateResponse response;
    grpc::ClientContext asking;
    asking.set_deadline(std::chrono::system_clock::now() + longest_answer);
    const grpc::Status status = node.auth->Authenticate(&asking, request, &response);
    if (!status.ok()) return status;
    token = response.token();
    const std::lock_guard lock(mutex_);
    token_ = token;
  }
  context.AddMetadata("token", token);
  return grpc::Status::OK;
}

EtcdNode& EtcdNodes::present() {
  const std::lock_guard lock(mutex_);
  return *nodes_[present_];
}

void EtcdNodes::pass_on(const EtcdNode& from) {
  const std::lock_guard lock(mutex_);
  if (nodes_[present_].get() == &from) present_ = (present_ + 1) % nodes_.size();
  changed_.notify_all();
}

grpc::Status EtcdNodes::ask(const std::function<grpc::Status(EtcdNode&, grpc::ClientContext&)>& question) {
  EtcdNode& node = present();
  if (!node.is_there()) {
    pass_on(node);
    return {grpc::StatusCode::UNAVAILABLE, "no connection"};
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + longest_answer);
  grpc::Status status = identify(node, context);
  if (status.ok()) status = question(node, context);
  if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) {  // an etcd that was started again knows no token
    const std::lock_guard lock(mutex_);
    token_.clear();
  }
  if (!status.ok()) pass_on(node);
  return status;
}

void EtcdNodes::ask_all(const std::function<grpc::Status(EtcdNode&, grpc::ClientContext&)>& question) {
  std::string faults;
  for (size_t tried = 0; tried < nodes_.size(); ++tried) {
    const std::string endpoint = present().endpoint;
    const grpc::Status status = ask(question);
    if (status.ok()) return;
    faults += fmt::format("{}{}: {}", faults.empty() ? "" : "; ", endpoint, status.error_message());
  }
  throw Unreachable("etcd does not answer (" + faults + ")");
}

}  // namespace catlog::store::engine
