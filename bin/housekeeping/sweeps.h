#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "bin/housekeeping/commands.h"
#include "bin/housekeeping/task.h"

namespace catlog::housekeeping {

// How many commands one run sends for one thing, each about at most 1,000 rows: then the others have their turn.
constexpr int max_commands_per_run = 200;
constexpr int severities = 4;  // of audit rows, each a thing

// Takes refresh tokens away that have expired.
class ExpireTokens : public Task {
 public:
  // Lifetime: `commands` outlives it.
  explicit ExpireTokens(Commands& commands) : commands_(commands) {}
  const char* name() const override { return "expire-tokens"; }
  Outcome run(int64_t now_us) override;

 private:
  Commands& commands_;
};

// How long audit rows of a severity are kept.
struct Retention {
  std::string severity;  // "INFO", as the vocabulary spells it
  int64_t days = 0;
};

// Takes audit rows away that are older than they are to be kept. What they say stays in the log.
class PurgeAudit : public Task {
 public:
  // Severities that are not named are kept for ever. Lifetime: `commands` outlives it.
  PurgeAudit(Commands& commands, std::vector<Retention> retentions)
      : commands_(commands), retentions_(std::move(retentions)) {}
  const char* name() const override { return "purge-audit"; }
  Outcome run(int64_t now_us) override;

 private:
  Commands& commands_;
  std::vector<Retention> retentions_;
};

}  // namespace catlog::housekeeping
