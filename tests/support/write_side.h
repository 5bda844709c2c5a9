#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commandhandler/writer.h"
#include "store/log.h"
#include "store/state_store.h"
#include "tests/support/temporary_directory.h"

namespace catlog::tests {

// The write side on a temporary directory, without sockets: each send() is decided and committed at once.
class WriteSide {
 public:
  WriteSide();

  // Sends one command as JSON ({"putGenre":{…}} is enough: it gets a new id). Time goes on by a millisecond a command.
  events::Receipt send(std::string_view json, std::string_view id = {});
  // The same, and throws std::runtime_error with the refusal when it is not accepted.
  events::Receipt accept(std::string_view json, std::string_view id = {});
  events::Receipt send(const events::Message& command);

  // Decides all of them as one batch, while the batch before it is still made durable, and starts `how`; no receipt
  // when one must wait for what is not committed. The time stands still. May throw what the batch before ended with:
  // then nothing of this one happened.
  std::vector<std::optional<events::Receipt>> send_together(
      const std::vector<std::string>& json,
      commandhandler::Writer::Commit how = commandhandler::Writer::Commit::meanwhile);
  void settle() { writer_->settle(); }

  // Folds the log into the stored state, as the state loop does.
  void flush_state();
  // Closes everything and opens it again, as a restart does. The stored state may be deleted between.
  enum class StateFolder { kept, deleted };
  void restart(StateFolder state = StateFolder::kept);

  const std::filesystem::path& directory() const { return directory_.path(); }
  store::Log& log() { return *log_; }
  store::StateStore& states() { return *states_; }
  int64_t now_us() const { return now_us_; }
  // What the log is dated by besides: a clock that was ahead by so much. What expires is judged by now_us() still.
  void date_ahead_by(int64_t us) { ahead_us_ = us; }

 private:
  void open();

  TemporaryDirectory directory_;
  std::unique_ptr<store::Log> log_;
  std::unique_ptr<store::StateStore> states_;
  std::unique_ptr<commandhandler::Writer> writer_;
  commandhandler::Moment moment() const { return {now_us_ + ahead_us_, now_us_}; }

  int64_t ahead_us_ = 0;
  int64_t now_us_ = 1'790'000'000'000'000;
};

// "accepted", "unchanged", or a refusal as "code field", such as "invalid title": the field within its command, with
// dots (but of what was malformed the whole path, "malformed putMovie.title").
std::string outcome(const events::Receipt& receipt);

}  // namespace catlog::tests
