#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <zmq.hpp>

#include "commandhandler/state/state_loop.h"
#include "commandhandler/writer.h"
#include "events/bus/bell.h"
#include "tests/bench/process.h"
#include "tests/bench/raw_lmdb.h"
#include "tests/bench/workload.h"

namespace catlog::bench {

constexpr size_t commands_per_commit = 512;

// The write side without the bus: a writer in the caller's thread, the state loop in another.
//
// Threads: its own beside the owner's, while it runs.
class InProcess {
 public:
  explicit InProcess(const std::filesystem::path& directory);
  InProcess(const InProcess&) = delete;
  // Decides and appends all commands, commands_per_commit in each durable commit; the seconds it took without
  // decoding, until the stored state has reached the head. Throws Failure(failure) when one is not accepted.
  double run(const Bodies& bodies, const Interrupt& interrupt);
  // Processor time of the last run's steps, each in a thread of its own but the first two.
  struct Steps {
    double read_us = 0, decide_us = 0, append_us = 0, store_us = 0;
  };
  const Steps& steps() const { return steps_; }
  // After how long each batch of the last run was known to be durable; the next one was decided meanwhile.
  const std::vector<double>& commit_us() const { return commit_us_; }
  const store::Log& log() const { return log_; }

 private:
  void commit(std::span<const events::Message> commands);
  void settle();

  std::filesystem::path directory_;
  store::Log log_;
  store::StateStore states_;
  zmq::context_t context_;
  events::Bell bell_;
  commandhandler::StateLoop state_loop_;
  commandhandler::Writer writer_;
  Steps steps_;
  std::vector<double> commit_us_;
  int64_t started_ns_ = 0;
};

}  // namespace catlog::bench
