#include "tests/bench/in_process.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <thread>

#include "events/bus/bus.h"
#include "events/error.h"
#include "events/text/datetime.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Exit;
using events::Failure;

namespace {

std::filesystem::path made(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory / "run");
  return directory;
}

double cpu_us(clockid_t clock) {
  timespec used{};
  ::clock_gettime(clock, &used);
  return static_cast<double>(used.tv_sec) * 1e6 + static_cast<double>(used.tv_nsec) / 1e3;
}

// Keeps the stored state up with the log, until all that the log holds is in it.
class StateThread {
 public:
  explicit StateThread(commandhandler::StateLoop& loop)
      : loop_(loop), thread_([this] {
          // As catlogd runs it.
          static_cast<void>(
              ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), commandhandler::behind_the_handler));
          try {
            loop_.run(stop_);
          } catch (...) {
            failure_ = std::current_exception();
          }
          cpu_us_ = cpu_us(CLOCK_THREAD_CPUTIME_ID);
        }) {}
  ~StateThread() { join(); }
  StateThread(const StateThread&) = delete;
  // The processor time that it took.
  double finish() {
    join();
    if (failure_) std::rethrow_exception(failure_);
    while (loop_.advance()) {
    }
    loop_.flush();
    return cpu_us_;
  }

 private:
  void join() {
    stop_.set();
    if (thread_.joinable()) thread_.join();
  }
  commandhandler::StateLoop& loop_;
  events::Stop stop_;
  std::exception_ptr failure_;
  double cpu_us_ = 0;
  std::thread thread_;
};

}  // namespace

InProcess::InProcess(const std::filesystem::path& directory)
    : directory_(made(directory)),
      log_(store::Log::open(directory_ / "log", store::Access::write)),
      states_(store::StateStore::open(directory_ / "state", log_.id(), store::Access::write)),
      bell_(context_, events::endpoint_in(directory_, "bell-log.ipc")),
      state_loop_(log_, states_, context_, directory_),
      writer_(log_, states_, directory_ / "keys", {.handover = &state_loop_.handover()}) {}

double InProcess::run(const Bodies& bodies, const Interrupt& interrupt) {
  const double begun_us = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  std::vector<events::Message> commands;
  for (const auto& body : bodies) {
    auto command = events::read_command(body, Encoding::capnp);
    if (!command) throw Failure(Exit::failure, "a command cannot be read: " + command.error().message);
    commands.push_back(std::move(*command));
  }
  std::span<const events::Message> rest(commands);
  commit_us_.clear();
  const double read_us = cpu_us(CLOCK_THREAD_CPUTIME_ID), all_us = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
  int64_t begin_ns = now_ns();
  StateThread state(state_loop_);
  while (!rest.empty()) {
    auto batch = rest.first(std::min(commands_per_commit, rest.size()));
    commit(batch);
    rest = rest.subspan(batch.size());
    interrupt.check();
  }
  settle();
  const double decided_us = cpu_us(CLOCK_THREAD_CPUTIME_ID);
  steps_ = {read_us - begun_us, decided_us - read_us, 0, state.finish()};
  const double seconds = static_cast<double>(now_ns() - begin_ns) / 1e9;
  const double own_us = cpu_us(CLOCK_THREAD_CPUTIME_ID) - read_us;
  steps_.append_us = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - all_us - own_us - steps_.store_us;
  return seconds;
}

// As the handler does it with more waiting: a batch is decided while the one before it is made durable.
void InProcess::commit(std::span<const events::Message> commands) {
  commandhandler::Writer::Batch batch(writer_, events::now_us());
  for (const auto& command : commands) {
    auto receipt = batch.decide(command);
    if (!receipt || receipt->verdict != events::Receipt::Verdict::accepted)
      throw Failure(Exit::failure, "a command was not accepted: " +
                                       (receipt ? encode(*receipt, Encoding::json) : "its id was used twice"));
  }
  settle();
  started_ns_ = now_ns();
  batch.start(commandhandler::Writer::Commit::meanwhile);
}

void InProcess::settle() {
  if (!writer_.is_under_way()) return;
  writer_.settle();
  commit_us_.push_back(static_cast<double>(now_ns() - started_ns_) / 1e3);
  bell_.ring();
}

}  // namespace catlog::bench
