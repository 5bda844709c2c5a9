#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commandhandler/clock.h"
#include "commandhandler/counters.h"
#include "commandhandler/sessions.h"
#include "commandhandler/throttle.h"
#include "commandhandler/time_note.h"
#include "commandhandler/without_room.h"
#include "commandhandler/writer.h"
#include "events/bus/bell.h"
#include "events/bus/bus.h"
#include "events/bus/door.h"
#include "events/bus/router.h"
#include "events/data_directory.h"
#include "store/engine/leadership.h"
#include "store/engine/local_commits.h"
#include "store/files/disk_space.h"
#include "store/files/file_lock.h"

namespace catlog::commandhandler {

constexpr size_t max_batch_commands_drained = 512;  // so that clients fill the next one meanwhile (decision 14)
constexpr size_t max_batch_bytes_drained = size_t{8} << 20;
constexpr size_t max_batch_events = 65'536;  // then a drained batch is committed
constexpr size_t max_batch_rows = 65'536;    // looked at; then the drained batch is answered

struct HandlerOptions {
  events::DataDirectory data_directory;
  uint64_t min_free_bytes = uint64_t{64} << 20;  // of the disk: with less, commands are refused
  // Called when commands begin to be refused for want of space on the disk, and when there is enough again.
  std::function<void(DiskSpace)> on_disk_space = [](DiskSpace) {};
  ClockAtStart clock = ClockAtStart::judged;
  // Called at the start and later: when something else than before is wrong with the clock, with clock_fault's
  // sentence, and when all is right again, with an empty one.
  std::function<void(const std::string&)> on_clock = [](const std::string&) {};
  events::Door intake = {};      // beside run/commands.ipc
  Handover* handover = nullptr;  // the state loop's, where that is in this process; it goes after the handler
  // Of a leader: where its log lacks something for so long, nothing more is acknowledged before it has all.
  std::chrono::milliseconds longest_behind = store::engine::longest_behind;
  LongestWithoutRoom longest_without_room = {};  // of a leader: then it leads no more
};

// What the write side counts. Threads: any.
struct HandlerNumbers {
  HandlerCounters handler;
  WriterCounters writer;
};

// Where producers come, the bell that tells of what was committed, and what is counted: what a node of a cluster has
// before it leads and goes on with when it does. Throws what bind_socket throws.
struct Front {
  Front(zmq::context_t& context, const HandlerOptions& options,
        std::shared_ptr<HandlerNumbers> counted = std::make_shared<HandlerNumbers>());
  events::Router intake;
  events::Bell bell;
  std::shared_ptr<HandlerNumbers> numbers;
};

// The write side's loop: what has arrived on the intake, up to the limits, is one batch; each command is decided, all
// their events are one durable commit, then the receipts go out and the bell rings. While a batch syncs the next one
// gathers; a full one, behind which more waits, is made durable while the next one is decided. When the disk is full
// the receipts are `storageFull`, and nothing of their batch is in the log; any other failed commit ends run() without
// receipts.
//
// Of a cluster's leader durable is what its engine has. The bell rings when the log has it too, which is behind the
// receipts; a log that cannot take it, for a full disk too, ends run(), and the receipts stay true. So does a disk that
// goes below its reserve and stays there: others may have room.
//
// Threads: run() owns its sockets and everything else; one thread. Lifetime: refers to the log and the state store.
class Handler {
 public:
  // Takes the role's lock, reads the tail of the log over the stored state, and binds the intake. Throws Failure(held)
  // that names the holder, and what Writer and bind_socket throw.
  // Of a cluster's leader: with the front that it had as a follower, its leadership, and whom it shares keys with.
  struct Lead {
    std::shared_ptr<Front> front;
    store::engine::Leadership& leadership;
    KeySharing* sharing = nullptr;
  };
  Handler(store::Log& log, store::StateStore& states, zmq::context_t& context, HandlerOptions options,
          std::optional<Lead> lead = {});
  ~Handler();
  // Returns after `stop` was set, when what was decided is durable and answered, and of a message that was begun all of
  // it. Throws Failure, also when the log is not in its place any more; LeadLost.
  void run(events::Stop& stop);

  // Its numbers, and those of its intake. Threads: any.
  const Front& front() const { return *front_; }
  const HandlerCounters& counters() const { return counters_; }

 private:
  // What came in one message: a pack of commands, or one alone. Its receipts go in one message too, when all are due,
  // or in several where they are long.
  struct Message {
    explicit Message(events::Request came) : request(std::move(came)) {}
    bool is_pack() const { return !request.lengths.empty(); }
    size_t commands() const { return is_pack() ? request.lengths.size() : 1; }
    events::Request request;
    std::optional<Refusal> throttled;
    size_t judged = 0, judged_bytes = 0;
    size_t due = 0;                 // of its receipts
    std::vector<uint32_t> lengths;  // of each receipt that is in `receipts`; 0: it was sent, or is not due
    std::string receipts;
  };
  // The next command of a message: where it stands, for as long as the message is there.
  struct Asked {
    std::shared_ptr<Message> of;
    std::string_view body;
    std::optional<events::SessionFrame> session;
  };
  // What a receipt rests on. batch: the one that it was decided in. repeated: the one that the same message of its
  // session was decided in. log: what is committed. nothing: it was not looked at.
  enum class Basis { batch, repeated, log, nothing };
  struct Answer {
    Asked asked;
    Receipt receipt;
    bool wants_head = false;
    size_t kind = 0;  // of the command, as the schema numbers them; 0: it could not be read
    Basis basis = Basis::batch;
  };
  using Answers = std::vector<Answer>;
  void drain();
  bool is_below_reserve(int64_t steady_us);
  void note_disk_space(DiskSpace space);
  void note_clock();
  std::optional<Refusal> closed();
  std::optional<Refusal> throttled(const events::Request& request);
  std::shared_ptr<Message> next_message();
  static Asked next_of(const std::shared_ptr<Message>& message);
  // Empty: to be asked again after this batch is committed.
  std::optional<Answer> answer(Writer::Batch& batch, const Asked& asked, const std::optional<Refusal>& closed_by);
  std::optional<Answer> answer_command(Writer::Batch& batch, const Asked& asked,
                                       const std::optional<Refusal>& closed_by);
  std::optional<Answer> answer_passed(const Writer::Batch& batch, const Asked& asked) const;
  Answers answer_what_waits(Writer::Batch& batch, const std::optional<Refusal>& closed_by);
  bool more_comes(size_t taken, int64_t until_us);
  void finish();
  bool settle();
  void answer_settled(Answers& answers);
  void wait_for_log();
  void refuse_uncommitted(Answers& answers);
  void reply(Answers& answers);
  void reply(Message& message, const Receipt& receipt);
  void send_receipts(Message& message, events::Encoding encoding);
  void write_status();

  store::Log& log_;
  store::StateStore& states_;
  store::engine::Leadership* leadership_;  // null: one machine
  HandlerOptions options_;
  store::FileLock lock_;
  store::FreeSpace free_space_;
  WithoutRoom without_room_;
  std::shared_ptr<HandlerNumbers> numbers_;
  HandlerCounters& counters_;
  Writer writer_;
  TimeNote time_note_;
  Clock clock_;
  std::shared_ptr<Front> front_;
  events::Router& intake_;
  events::Bell& bell_;
  events::BellListener state_bell_;
  Sessions sessions_;
  Throttle throttle_{events::max_bytes_per_second_of_key};
  std::shared_ptr<Message> begun_;  // some of it is to be judged yet, after the commit of the batch before
  bool is_ending_ = false;          // nothing more is begun
  bool wants_log_ = false;          // what is to be judged next depends on what the log may not have yet
  Answers under_way_;               // wait until the writer's batch is durable
  Answers spare_;                   // empty: memory for the next ones
  Moment moment_;
  ClockFault clock_fault_ = ClockFault::none;  // as on_clock was told
  DiskSpace disk_space_ = DiskSpace::enough;   // as `catlog status` shows it
  bool append_found_no_space_ = false;         // the last one, and there is no more of it since
  int64_t next_check_us_ = 0;
  std::string status_;
};

}  // namespace catlog::commandhandler
