#include "store/engine/etcd/etcd_engine.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "events/error.h"
#include "store/engine/etcd/connection.h"
#include "store/engine/etcd/doorbell.h"
#include "store/engine/etcd/keys.h"
#include "store/engine/etcd/lease.h"

namespace catlog::store::engine {

namespace {

using etcdserverpb::Compare;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

constexpr int64_t batches_at_once = 64;

[[noreturn]] void damaged(const std::string& key, const std::string& what) {
  throw events::Failure(events::Exit::damaged, fmt::format("etcd's key {} is none of this version's: {}", key, what));
}

void if_leading(TxnRequest& request, const Keys& keys, Term term) {
  Compare& compare = *request.add_compare();
  compare.set_key(keys.leader());
  compare.set_target(Compare::CREATE);
  compare.set_create_revision(static_cast<int64_t>(term));
}

void if_missing(TxnRequest& request, const std::string& key) {
  Compare& compare = *request.add_compare();
  compare.set_key(key);
  compare.set_target(Compare::VERSION);
  compare.set_version(0);
}

etcdserverpb::PutRequest& then_put(TxnRequest& request, const std::string& key, std::string value) {
  auto& put = *request.add_success()->mutable_request_put();
  put.set_key(key);
  put.set_value(std::move(value));
  return put;
}

void then_delete(TxnRequest& request, const std::string& from, const std::string& to) {
  auto& remove = *request.add_success()->mutable_request_delete_range();
  remove.set_key(from);
  remove.set_range_end(to);
}

etcdserverpb::RangeRequest& then_read(TxnRequest& request, const std::string& key) {
  auto& range = *request.add_success()->mutable_request_range();
  range.set_key(key);
  return range;
}

class EtcdEngine final : public Engine {
 public:
  explicit EtcdEngine(const EtcdOptions& options)
      : keys_(options.cluster),
        lease_time_(options.lease),
        nodes_(options.endpoints, options.access, keys_.head()),
        bell_(nodes_, keys_.head()),
        lease_(nodes_, options.lease) {}

  std::optional<Tip> tip() override {
    TxnRequest request;
    then_read(request, keys_.head());
    then_read(request, keys_.first());
    then_read(request, keys_.fork());
    const TxnResponse response = ask(request);
    const auto& head = response.responses(0).response_range();
    if (head.kvs_size() == 0) return {};
    log_id_and_head(head.kvs(0).value());
    auto tip = *decode_head(head.kvs(0).value());
    tip.first = first_in(response.responses(1).response_range());
    if (const auto& fork = response.responses(2).response_range(); fork.kvs_size() > 0) {
      const auto origin = decode_head(fork.kvs(0).value());
      if (!origin) damaged(keys_.fork(), "it is no head of a log");
      tip.forked_from = {origin->log_id, origin->head.size, origin->head.root};
    }
    return tip;
  }

  bool begin(const LogIdentity& log, const events::TreeHead& head) override {
    TxnRequest request;
    if_missing(request, keys_.head());
    then_put(request, keys_.head(), encode_head(log.id, head));
    if (const auto& fork = log.forked_from)
      then_put(request, keys_.fork(), encode_head(fork->log_id, {fork->position, fork->root}));
    then_put(request, keys_.first(), fmt::format("{}", head.size + 1));
    return ask(request).succeeded();
  }

  std::optional<Leader> leader() override {
    etcdserverpb::RangeRequest request;
    request.set_key(keys_.leader());
    const auto response = range(request);
    if (response.kvs_size() == 0) return {};
    const auto& entry = response.kvs(0);
    auto leader = decode_leader(entry.value(), static_cast<Term>(entry.create_revision()));
    if (!leader) damaged(keys_.leader(), "it names no node");
    return leader;
  }

  Term elect(const std::string& node, const std::string& endpoint) override {
    if (leader()) return 0;
    etcdserverpb::LeaseGrantRequest grant;
    grant.set_ttl(lease_time_.count());
    etcdserverpb::LeaseGrantResponse granted;
    const auto asked = std::chrono::steady_clock::now();
    nodes_.ask_all([&](EtcdNode& etcd, grpc::ClientContext& context) {
      return etcd.lease->LeaseGrant(&context, grant, &granted);
    });
    TxnRequest request;
    if_missing(request, keys_.leader());
    then_put(request, keys_.leader(), encode_leader(node, endpoint)).set_lease(granted.id());
    TxnResponse response;
    // Once: whoever does not know whether he leads lets the lease end.
    const auto status = nodes_.ask(
        [&](EtcdNode& etcd, grpc::ClientContext& context) { return etcd.kv->Txn(&context, request, &response); });
    if (!status.ok()) throw Unreachable("etcd does not answer (" + status.error_message() + ")");
    if (!response.succeeded()) return revoke(granted.id()), 0;
    const auto term = static_cast<Term>(response.header().revision());
    lease_.begin(granted.id(), term, asked);
    bell_.be_deaf();
    try {
      clean(term);
    } catch (const Unreachable&) {  // it leads all the same; the next term cleans
    }
    return term;
  }

  void resign(Term term) override {
    bell_.listen_again();
    if (const auto lease = lease_.end(term)) revoke(*lease);
  }

  bool is_leading(Term term) override { return lease_.is_kept(term); }

  Outcome append(const Batch& batch) override {
    Encoded encoded = encode(batch);
    for (size_t part = 0; part < encoded.parts.size(); ++part) {
      TxnRequest request;
      if_leading(request, keys_, batch.term);
      then_put(request, keys_.part(batch, part), std::string(encoded.parts[part]));
      const auto response = ask_once(request);
      if (!response) return Outcome::unknown;
      if (!response->succeeded()) return Outcome::stale_leader;
    }
    const std::string log_id = known_log_id();
    TxnRequest request;
    if_leading(request, keys_, batch.term);
    Compare& head = *request.add_compare();
    head.set_key(keys_.head());
    head.set_target(Compare::VALUE);
    head.set_value(encode_head(log_id, batch.before));
    then_put(request, keys_.head(), encode_head(log_id, batch.after));
    then_put(request, keys_.batch(batch.before.size + 1), std::move(encoded.head));
    request.add_failure()->mutable_request_range()->set_key(keys_.leader());
    const auto response = ask_once(request);
    if (!response) return Outcome::unknown;
    if (response->succeeded()) return Outcome::ok;
    const auto& leaders = response->responses(0).response_range();
    const bool is_ours = leaders.kvs_size() > 0 && static_cast<Term>(leaders.kvs(0).create_revision()) == batch.term;
    return is_ours ? Outcome::stale_head : Outcome::stale_leader;
  }

  std::vector<Batch> read(events::Position from, size_t max_bytes) override {
    return read(from, max_bytes, Read::of_majority);
  }
  std::vector<Batch> read_nearest(events::Position from, size_t max_bytes) override {
    auto batches = read(from, max_bytes, Read::of_nearest);
    if (batches.empty())
      bell_.found_nothing();
    else
      bell_.found();
    return batches;
  }
  bool may_have(events::Position from) override { return bell_.may_have(from); }

  bool wait(std::chrono::milliseconds longest) override { return bell_.wait(longest); }

  void hold(const std::string& node, events::Position position) override {
    TxnRequest request;
    then_put(request, keys_.hold(node), fmt::format("{}", position));
    ask(request);
  }

  std::map<std::string, events::Position> holds() override {
    etcdserverpb::RangeRequest request;
    request.set_key(keys_.holds());
    request.set_range_end(Keys::behind(keys_.holds()));
    std::map<std::string, events::Position> held;
    const auto response = range(request);
    for (const auto& entry : response.kvs()) {
      const auto position = decode_position(entry.value());
      if (!position) damaged(entry.key(), "it is no position");
      held[entry.key().substr(keys_.holds().size())] = *position;
    }
    return held;
  }

  void trim(Term term, events::Position first) override {
    TxnRequest request;
    if_leading(request, keys_, term);
    then_put(request, keys_.first(), fmt::format("{}", first));
    then_delete(request, keys_.batch(0), keys_.batch(first));
    then_delete(request, keys_.part(0), keys_.part(first));
    const TxnResponse response = ask(request);
    if (!response.succeeded()) return;
    // What was deleted is in etcd's history until then.
    etcdserverpb::CompactionRequest compact;
    compact.set_revision(response.header().revision());
    etcdserverpb::CompactionResponse compacted;
    nodes_.ask(
        [&](EtcdNode& etcd, grpc::ClientContext& context) { return etcd.kv->Compact(&context, compact, &compacted); });
  }

 private:
  // of_nearest: what the etcd that is asked knows that a majority has, without its asking the others.
  enum class Read { of_majority, of_nearest };
  std::vector<Batch> read(events::Position from, size_t max_bytes, Read how) {
    TxnRequest request;
    auto& first = then_read(request, keys_.first());
    first.set_serializable(how == Read::of_nearest);
    auto& range = then_read(request, keys_.batch(from));
    range.set_serializable(how == Read::of_nearest);
    range.set_range_end(keys_.batches_end());
    range.set_limit(batches_at_once);
    const TxnResponse response = ask(request);
    if (first_in(response.responses(0).response_range()) > from)
      throw Trimmed(fmt::format("etcd does not keep event {} any more", from));
    std::vector<Batch> batches;
    size_t bytes = 0;
    for (const auto& entry : response.responses(1).response_range().kvs()) {
      if (bytes >= max_bytes) break;
      if (batches.empty() && entry.key() != keys_.batch(from)) break;
      auto decoded = decode(entry.value());
      if (!decoded) damaged(entry.key(), decoded.error());
      if (entry.key() != keys_.batch(from)) damaged(entry.key(), fmt::format("event {} is missing", from));
      if (decoded->parts > 0) read_parts(*decoded);
      from = decoded->batch.after.size + 1;
      bytes += decoded->batch.body.size();
      batches.push_back(std::move(decoded->batch));
    }
    return batches;
  }

  // For what may be asked twice.
  TxnResponse ask(const TxnRequest& request) {
    TxnResponse response;
    nodes_.ask_all(
        [&](EtcdNode& etcd, grpc::ClientContext& context) { return etcd.kv->Txn(&context, request, &response); });
    return response;
  }
  std::optional<TxnResponse> ask_once(const TxnRequest& request) {
    TxnResponse response;
    const auto status = nodes_.ask(
        [&](EtcdNode& etcd, grpc::ClientContext& context) { return etcd.kv->Txn(&context, request, &response); });
    if (!status.ok()) return {};
    return response;
  }
  etcdserverpb::RangeResponse range(const etcdserverpb::RangeRequest& request) {
    etcdserverpb::RangeResponse response;
    nodes_.ask_all(
        [&](EtcdNode& etcd, grpc::ClientContext& context) { return etcd.kv->Range(&context, request, &response); });
    return response;
  }

  void revoke(int64_t lease) {
    etcdserverpb::LeaseRevokeRequest request;
    request.set_id(lease);
    etcdserverpb::LeaseRevokeResponse response;
    nodes_.ask([&](EtcdNode& etcd, grpc::ClientContext& context) {
      return etcd.lease->LeaseRevoke(&context, request, &response);
    });
  }

  // Parts that a former leader wrote for a batch that never was.
  void clean(Term term) {
    const auto at = tip();
    if (!at) return;
    TxnRequest request;
    if_leading(request, keys_, term);
    then_delete(request, keys_.part(at->head.size + 1), keys_.parts_end());
    ask(request);
  }

  void read_parts(Decoded& decoded) {
    Batch& batch = decoded.batch;
    for (size_t part = 0; part < decoded.parts; ++part) {
      etcdserverpb::RangeRequest request;
      request.set_key(keys_.part(batch, part));
      const auto response = range(request);
      if (response.kvs_size() == 0) {
        if (const auto at = tip(); at && at->first > batch.before.size + 1)
          throw Trimmed(fmt::format("etcd does not keep event {} any more", batch.before.size + 1));
        damaged(request.key(), "it is missing");
      }
      batch.body += response.kvs(0).value();
    }
    if (batch.body.size() != decoded.body_bytes) damaged(keys_.part(batch, 0), "it is not as long as its batch says");
  }

  events::Position first_in(const etcdserverpb::RangeResponse& response) const {
    if (response.kvs_size() == 0) return 1;
    const auto first = decode_position(response.kvs(0).value());
    if (!first) damaged(keys_.first(), "it is no position");
    return *first;
  }

  void log_id_and_head(const std::string& value) {
    const auto tip = decode_head(value);
    if (!tip) damaged(keys_.head(), "it is no head of a log");
    const std::lock_guard lock(mutex_);
    log_id_ = tip->log_id;
  }
  std::string known_log_id() {
    {
      const std::lock_guard lock(mutex_);
      if (!log_id_.empty()) return log_id_;
    }
    const auto at = tip();
    return at ? at->log_id : "";
  }

  Keys keys_;
  std::chrono::seconds lease_time_;
  EtcdNodes nodes_;
  std::mutex mutex_;
  std::string log_id_;
  Doorbell bell_;
  Lease lease_;
};

}  // namespace

std::unique_ptr<Engine> make_etcd_engine(const EtcdOptions& options) { return std::make_unique<EtcdEngine>(options); }

}  // namespace catlog::store::engine
