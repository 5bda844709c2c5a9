#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <etcd/etcdserver/etcdserverpb/rpc.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include "store/engine/etcd/access.h"

namespace catlog::store::engine {

// etcd's services at one of its nodes.
struct EtcdNode {
  EtcdNode(const std::string& endpoint, const EtcdAccess& access);
  // Whether it is connected, or is soon. gRPC goes on with connecting only while somebody waits for something.
  bool is_there() const;
  std::string endpoint;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<etcdserverpb::KV::Stub> kv;
  std::unique_ptr<etcdserverpb::Lease::Stub> lease;
  std::unique_ptr<etcdserverpb::Watch::Stub> watch;
  std::unique_ptr<etcdserverpb::Auth::Stub> auth;
};

// Asks one node after the other. Threads: any.
class EtcdNodes {
 public:
  EtcdNodes(const std::vector<std::string>& endpoints, EtcdAccess access);

  // One question to the node that answered last; when it does not answer, the next question goes to the next.
  grpc::Status ask(const std::function<grpc::Status(EtcdNode&, grpc::ClientContext&)>& question);
  // The same, to each node until one answers. Throws Unreachable. Only for what may be asked twice.
  void ask_all(const std::function<grpc::Status(EtcdNode&, grpc::ClientContext&)>& question);
  EtcdNode& present();
  // Puts who we are into a question to this node, where etcd has users. Asks etcd for it first, when it must.
  grpc::Status identify(EtcdNode& node, grpc::ClientContext& context);
  void pass_on(const EtcdNode& from);

 private:
  std::vector<std::unique_ptr<EtcdNode>> nodes_;
  EtcdAccess access_;
  std::string token_;  // of the user; empty: to be asked for
  std::mutex mutex_;
  size_t present_ = 0;
};

}  // namespace catlog::store::engine
