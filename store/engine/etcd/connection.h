#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
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

// Asks one node after the other, and the first one, its own machine's best, again as soon as that answers again.
// Threads: any; it has one of its own.
class EtcdNodes {
 public:
  // `key`: one that may be read, by which it is found out whether a node answers.
  EtcdNodes(const std::vector<std::string>& endpoints, EtcdAccess access, std::string key);
  ~EtcdNodes();
  EtcdNodes(const EtcdNodes&) = delete;

  // One question to the node that answered last; when it does not answer, the next question goes to the next.
  grpc::Status ask(const std::function<grpc::Status(EtcdNode&, grpc::ClientContext&)>& question);
  // The same, to each node until one answers. Throws Unreachable. Only for what may be asked twice.
  void ask_all(const std::function<grpc::Status(EtcdNode&, grpc::ClientContext&)>& question);
  EtcdNode& present();
  // Puts who we are into a question to this node, where etcd has users. Asks etcd for it first, when it must.
  grpc::Status identify(EtcdNode& node, grpc::ClientContext& context);
  void pass_on(const EtcdNode& from);

 private:
  void return_to_first();
  bool does_first_answer();

  std::vector<std::unique_ptr<EtcdNode>> nodes_;
  EtcdAccess access_;
  std::string key_;
  std::string token_;  // of the user; empty: to be asked for
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t present_ = 0;
  bool is_over_ = false;
  std::jthread thread_;  // goes first
};

}  // namespace catlog::store::engine
