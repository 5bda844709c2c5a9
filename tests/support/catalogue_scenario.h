#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/catalogue_checks.h"
#include "tests/support/catalogue_life.h"

namespace catlog::tests {

// Some commands (batches, a sealed token, refusals, repeats) and what happens between them: folds and flushes of the
// state at several moments, transactions of the read model, a WAL checkpoint, a rebuild, a restart. The same every
// time: a command that is sent again after a fault gets the receipt that it gets without one.
class Scenario {
 public:
  explicit Scenario(std::filesystem::path data) : data_(std::move(data)) {}

  // Goes through all steps. A full disk is lived through; what ends the daemon ends the process, then `restarting` is
  // called and the next step starts it again.
  void run(const std::function<void()>& restarting = [] {});
  // What a producer and a daemon do once all is well: what has no answer is sent again, state and read model follow,
  // the daemon stops. Throws what is not well.
  void finish();

  // Called as soon as a receipt may go out.
  std::function<void()> acknowledging = [] {};
  const Acknowledged& acknowledged() const { return acknowledged_; }
  // Positions of an accepted command, by its id; "refused …" or "unchanged" otherwise.
  const std::map<std::string, std::string>& answers() const { return answers_; }
  size_t storage_full() const { return storage_full_; }
  size_t failures() const { return failures_; }
  const std::string& last_failure() const { return last_failure_; }

 private:
  Life& life();
  void do_step(size_t step);
  void send_up_to(size_t end);

  std::filesystem::path data_;
  std::unique_ptr<Life> life_;
  Acknowledged acknowledged_;
  std::map<std::string, std::string> answers_;
  size_t answered_ = 0, storage_full_ = 0, failures_ = 0;
  std::string last_failure_;
};

}  // namespace catlog::tests
