#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <zmq.hpp>

#include "commandhandler/state/state_loop.h"
#include "commandhandler/writer.h"
#include "projector/model/read_model.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog::tests {

// What catlogd does from its start to its end, in one thread and step by step: the write side, the state loop and the
// live read model on one data directory. Every function throws StorageFull, which the daemon would live through, and
// what would end it (Failure and other exceptions): then only end() and the destructor may follow.
class Life {
 public:
  // Opens everything, and makes what is missing, in catlogd's order.
  explicit Life(const std::filesystem::path& data);
  ~Life();

  // Decides the commands (JSON) and commits them together; their receipts. `now_us` as the clock's: no event is
  // recorded before the last one.
  std::vector<events::Receipt> send(std::span<const std::string> commands, int64_t now_us);
  // Folds what the log holds into the state, in memory; flush() stores that.
  void fold();
  void flush();
  // Applies up to so many events, whole commands, to the live read model in one transaction.
  void project(projector::Position at_most_events);
  // Copies the WAL into the file, as after many pages.
  void checkpoint();
  void rebuild();
  // A clean stop.
  void close();
  // The process ends because one part has failed: the others stop as cleanly as they can.
  void end() noexcept;

  const store::Log& log() const { return *log_; }

 private:
  void follow_link();

  std::filesystem::path data_;
  zmq::context_t context_;
  std::unique_ptr<store::Log> log_;
  std::unique_ptr<store::StateStore> states_;
  std::unique_ptr<commandhandler::StateLoop> state_loop_;
  std::unique_ptr<projector::ReadModel> model_;
  std::unique_ptr<commandhandler::Writer> writer_;
};

}  // namespace catlog::tests
