#include "tests/support/mistaken/kill_points.h"

#include <dlfcn.h>
#include <lmdb.h>
#include <signal.h>
#include <unistd.h>
#include <zmq.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace catlog::tests {

using namespace store::engine;

namespace {

// Of this thread: what it commits next into its log is what it read.
thread_local bool is_following = false;
// The engine has a batch of ours, and the first receipt, and the first commit, behind that have not come yet.
std::atomic<bool> has_receipt_to_come = false, has_commit_to_come = false;

void come_to(std::string_view point) {
  static const char* const file = std::getenv("CATLOG_KILL_AT");
  if (!file) return;
  std::string wanted, how;
  std::ifstream(file) >> wanted >> how;
  // One process only.
  if (wanted == point && ::unlink(file) == 0) ::kill(::getpid(), how == "stop" ? SIGSTOP : SIGKILL);
}

class Pointed final : public Engine {
 public:
  explicit Pointed(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  std::optional<Tip> tip() override { return engine_->tip(); }
  bool begin(const store::LogIdentity& log, const events::TreeHead& head) override { return engine_->begin(log, head); }
  std::optional<Leader> leader() override { return engine_->leader(); }
  Term elect(const std::string& node, const std::string& endpoint) override {
    come_to("electing");
    const Term term = engine_->elect(node, endpoint);
    if (term != 0) come_to("elected");
    return term;
  }
  void resign(Term term) override {
    come_to("resigning");
    engine_->resign(term);
  }
  bool is_leading(Term term) override { return engine_->is_leading(term); }
  Outcome append(const Batch& batch) override {
    come_to("decided");
    const Outcome outcome = engine_->append(batch);
    if (outcome == Outcome::ok) {
      come_to("in-engine");
      has_receipt_to_come = has_commit_to_come = true;
    }
    return outcome;
  }
  // Of a leader, which looks whether a batch is its own; and of a follower for where pieces end.
  std::vector<Batch> read(events::Position from, size_t max_bytes) override { return engine_->read(from, max_bytes); }
  std::vector<Batch> read_nearest(events::Position from, size_t max_bytes) override try {
    auto batches = engine_->read_nearest(from, max_bytes);
    is_following = !batches.empty();
    return batches;
  } catch (const Trimmed&) {  // a piece of another node's log is taken next
    is_following = true;
    throw;
  }
  bool wait(std::chrono::milliseconds longest) override { return engine_->wait(longest); }
  bool may_have(events::Position from) override { return engine_->may_have(from); }
  void hold(const std::string& node, events::Position position) override { engine_->hold(node, position); }
  std::map<std::string, events::Position> holds() override { return engine_->holds(); }
  void trim(Term term, events::Position first) override {
    come_to("trimming");
    engine_->trim(term, first);
    come_to("trimmed");
  }

 private:
  std::unique_ptr<Engine> engine_;
};

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

bool is_into_a_log(MDB_txn* transaction) {
  const char* path = nullptr;
  return ::mdb_env_get_path(::mdb_txn_env(transaction), &path) == 0 && std::string_view(path).ends_with("/log");
}

// Of the handler; or another's that comes just then.
bool is_last_of_an_answer(void* socket, int flags) {
  int type = 0;
  size_t size = sizeof type;
  return (flags & ZMQ_SNDMORE) == 0 && ::zmq_getsockopt(socket, ZMQ_TYPE, &type, &size) == 0 && type == ZMQ_ROUTER;
}

}  // namespace

std::unique_ptr<Engine> with_kill_points(std::unique_ptr<Engine> engine) {
  return std::make_unique<Pointed>(std::move(engine));
}

}  // namespace catlog::tests

// In the place of the libraries' own, which they call.
extern "C" int mdb_txn_commit(MDB_txn* transaction) {
  using namespace catlog::tests;
  static auto* const commit = next<int(MDB_txn*)>("mdb_txn_commit");
  const bool is_of_others = std::exchange(is_following, false);
  const bool is_ours = !is_of_others && is_into_a_log(transaction) && has_commit_to_come.exchange(false);
  if (is_ours) come_to("committing");
  if (is_of_others) come_to("catching-up");
  const int code = commit(transaction);
  if (is_ours) come_to("committed");
  if (is_of_others) come_to("caught-up");
  return code;
}

// The last frame of an answer.
extern "C" int zmq_msg_send(zmq_msg_t* message, void* socket, int flags) {
  using namespace catlog::tests;
  static auto* const send = next<int(zmq_msg_t*, void*, int)>("zmq_msg_send");
  const std::string_view frame(static_cast<const char*>(::zmq_msg_data(message)), ::zmq_msg_size(message));
  if (frame == "kept") come_to("key-kept");
  const bool is_receipt = is_last_of_an_answer(socket, flags) && has_receipt_to_come.exchange(false);
  const int sent = send(message, socket, flags);
  if (is_receipt) come_to("acknowledged");
  return sent;
}

extern "C" int zmq_send(void* socket, const void* bytes, size_t size, int flags) {
  using namespace catlog::tests;
  static auto* const send = next<int(void*, const void*, size_t, int)>("zmq_send");
  const std::string_view frame(static_cast<const char*>(bytes), size);
  const int sent = send(socket, bytes, size, flags);
  if (sent >= 0 && frame.starts_with("put user-")) come_to("key-given");
  return sent;
}
