#include "store/engine/etcd/connection.h"

#include <fmt/format.h>

#include "store/engine/engine.h"

namespace catlog::store::engine {

namespace {

// An etcd that has a majority answers in milliseconds; one that elects its own leader, in a second or two.
constexpr std::chrono::seconds longest_answer{2};
constexpr std::chrono::milliseconds soon{500};  // what a new connection may take

std::shared_ptr<grpc::Channel> channel_to(const std::string& endpoint) {
  grpc::ChannelArguments with;
  with.SetMaxReceiveMessageSize(-1);  // several batches come in one answer
  with.SetMaxSendMessageSize(-1);
  with.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2'000);  // so long a connection may take
  with.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  with.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  with.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // what is asked again is said in steps.h
  with.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), with);
}

}  // namespace

EtcdNode::EtcdNode(const std::string& at) : endpoint(at), channel(channel_to(at)) {
  kv = etcdserverpb::KV::NewStub(channel);
  lease = etcdserverpb::Lease::NewStub(channel);
  watch = etcdserverpb::Watch::NewStub(channel);
}

bool EtcdNode::is_there() const { return channel->WaitForConnected(std::chrono::system_clock::now() + soon); }

EtcdNodes::EtcdNodes(const std::vector<std::string>& endpoints) {
  for (const auto& endpoint : endpoints) nodes_.push_back(std::make_unique<EtcdNode>(endpoint));
}

EtcdNode& EtcdNodes::present() {
  const std::lock_guard lock(mutex_);
  return *nodes_[present_];
}

void EtcdNodes::pass_on(const EtcdNode& from) {
  const std::lock_guard lock(mutex_);
  if (nodes_[present_].get() == &from) present_ = (present_ + 1) % nodes_.size();
}

grpc::Status EtcdNodes::ask(const std::function<grpc::Status(EtcdNode&, grpc::ClientContext&)>& question) {
  EtcdNode& node = present();
  if (!node.is_there()) {
    pass_on(node);
    return {grpc::StatusCode::UNAVAILABLE, "no connection"};
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + longest_answer);
  const grpc::Status status = question(node, context);
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
