// Plain transactions of etcd, one after the other: a condition on one key, and so many bytes under another one.
//   bench-etcd HOST:PORT COUNT BYTES     writes how many a second
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <etcd/etcdserver/etcdserverpb/rpc.grpc.pb.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

namespace {

constexpr const char* head = "/bench/head";

void put(etcdserverpb::TxnRequest& request, const std::string& key, std::string value) {
  auto& put = *request.add_success()->mutable_request_put();
  put.set_key(key);
  put.set_value(std::move(value));
}

double transactions_a_second(const std::string& endpoint, uint64_t count, size_t bytes) {
  grpc::ChannelArguments with;
  with.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto kv =
      etcdserverpb::KV::NewStub(grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), with));
  const auto ask = [&](const etcdserverpb::TxnRequest& request) {
    grpc::ClientContext context;
    etcdserverpb::TxnResponse response;
    const auto status = kv->Txn(&context, request, &response);
    if (!status.ok()) throw std::runtime_error(status.error_message());
    if (!response.succeeded()) throw std::runtime_error("a condition did not hold");
  };
  etcdserverpb::TxnRequest first;
  put(first, head, "0");
  ask(first);
  const auto begun = std::chrono::steady_clock::now();
  for (uint64_t number = 1; number <= count; ++number) {
    etcdserverpb::TxnRequest request;
    auto& compare = *request.add_compare();
    compare.set_key(head);
    compare.set_target(etcdserverpb::Compare::VALUE);
    compare.set_value(std::to_string(number - 1));
    put(request, head, std::to_string(number));
    put(request, fmt::format("/bench/batch/{:016x}", number), std::string(bytes, 'x'));
    ask(request);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  return static_cast<double>(count) / seconds.count();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) return std::fputs("bench-etcd HOST:PORT COUNT BYTES\n", stderr), 2;
  fmt::print("{}\n", transactions_a_second(argv[1], std::stoull(argv[2]), std::stoull(argv[3])));
  return 0;
} catch (const std::exception& failure) {
  fmt::print(stderr, "bench-etcd: {}\n", failure.what());
  return 1;
}
