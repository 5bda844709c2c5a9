#include "tests/support/mistaken/kill_points.h"

#include <dlfcn.h>
#include <lmdb.h>
#include <signal.h>
#include <unistd.h>
#include <zmq.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace catlog::tests {

using namespace store::engine;

namespace {

// Of this thread: what the next commit into a log is of.
enum class Batches { none, ours, others };
thread_local Batches to_commit = Batches::none;

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
    if (outcome == Outcome::ok) come_to("in-engine");
    if (outcome == Outcome::ok) to_commit = Batches::ours;
    return outcome;
  }
  // Of a leader, which looks whether a batch is its own; and of a follower for where pieces end.
  std::vector<Batch> read(events::Position from, size_t max_bytes) override { return engine_->read(from, max_bytes); }
  std::vector<Batch> read_nearest(events::Position from, size_t max_bytes) override try {
    auto batches = engine_->read_nearest(from, max_bytes);
    to_commit = batches.empty() ? Batches::none : Batches::others;
    return batches;
  } catch (const Trimmed&) {  // a piece of another node's log is taken next
    to_commit = Batches::others;
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

}  // namespace

std::unique_ptr<Engine> with_kill_points(std::unique_ptr<Engine> engine) {
  return std::make_unique<Pointed>(std::move(engine));
}

}  // namespace catlog::tests

// In the place of the libraries' own, which they call.
extern "C" int mdb_txn_commit(MDB_txn* transaction) {
  using namespace catlog::tests;
  static auto* const commit = next<int(MDB_txn*)>("mdb_txn_commit");
  const Batches of = std::exchange(to_commit, Batches::none);
  if (of == Batches::ours) come_to("committing");
  if (of == Batches::others) come_to("catching-up");
  const int code = commit(transaction);
  if (of == Batches::ours) come_to("committed");
  if (of == Batches::others) come_to("caught-up");
  return code;
}

// The last frame of an answer.
extern "C" int zmq_msg_send(zmq_msg_t* message, void* socket, int flags) {
  using namespace catlog::tests;
  static auto* const send = next<int(zmq_msg_t*, void*, int)>("zmq_msg_send");
  const std::string_view frame(static_cast<const char*>(::zmq_msg_data(message)), ::zmq_msg_size(message));
  if (frame == "kept") come_to("key-kept");
  return send(message, socket, flags);
}

extern "C" int zmq_send(void* socket, const void* bytes, size_t size, int flags) {
  using namespace catlog::tests;
  static auto* const send = next<int(void*, const void*, size_t, int)>("zmq_send");
  const std::string_view frame(static_cast<const char*>(bytes), size);
  const int sent = send(socket, bytes, size, flags);
  if (sent >= 0 && frame.starts_with("put user-")) come_to("key-given");
  return sent;
}
