#include "tests/bench/raw_zmq.h"

#include <vector>

#include "events/codec/receipt.h"
#include "events/text/uuid.h"

namespace catlog::bench {
namespace {

constexpr size_t max_batch_requests = 4'096;

std::string accepted(events::Encoding encoding) {
  events::Effect effect;
  effect.first = effect.last = 1'000'000;
  effect.subject_id = 10'000;
  effect.version = 100;
  return encode(events::Receipt::of(events::to_string(events::new_uuid()), effect), encoding);
}

}  // namespace

RawRouter::RawRouter(const std::string& endpoint, events::Encoding encoding)
    : endpoint_(endpoint), receipt_(accepted(encoding)) {
  start();
}

RawRouter::RawRouter(const std::string& endpoint, events::Encoding encoding, const std::filesystem::path& directory,
                     const std::string& record, size_t others)
    : endpoint_(endpoint), receipt_(accepted(encoding)), record_(record), lmdb_(directory) {
  lmdb_->fill(record_, others);
  start();
}

RawRouter::~RawRouter() {
  stop_.set();
  thread_.join();
}

void RawRouter::start() {
  zmq::socket_t router(context_, zmq::socket_type::router);
  router.set(zmq::sockopt::linger, 0);
  router.bind(endpoint_);
  thread_ = std::thread([this, socket = std::move(router)]() mutable { serve(socket); });
}

void RawRouter::serve(zmq::socket_t& router) {
  while (!stop_.is_set()) {
    zmq::pollitem_t items[] = {{router.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, stop_.fd(), ZMQ_POLLIN, 0}};
    zmq::poll(items, 2, std::chrono::milliseconds(-1));
    answer_what_has_arrived(router);
  }
}

void RawRouter::answer_what_has_arrived(zmq::socket_t& router) {
  std::vector<zmq::message_t> heads;  // three frames a request: identity, tag, encoding
  zmq::message_t body;
  while (heads.size() < 3 * max_batch_requests) {
    zmq::message_t identity;
    if (!router.recv(identity, zmq::recv_flags::dontwait)) break;
    heads.push_back(std::move(identity));
    for (int i = 0; i < 2; ++i) static_cast<void>(router.recv(heads.emplace_back()));
    static_cast<void>(router.recv(body));
  }
  if (lmdb_ && !heads.empty()) lmdb_->append(std::vector<std::string>(heads.size() / 3, record_));
  for (size_t i = 0; i < heads.size(); ++i) {
    router.send(heads[i], zmq::send_flags::sndmore);
    if (i % 3 == 2) router.send(zmq::buffer(receipt_), zmq::send_flags::none);
  }
}

}  // namespace catlog::bench
