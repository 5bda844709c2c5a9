#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "bin/cli/subcommand.h"
#include "events/text/uuid.h"
#include "store/log.h"

namespace catlog::events {
class RecordReader;
}

namespace catlog::cli {

// Which events `catlog log` shows: those that agree with every option that is given.
class LogFilter {
 public:
  // Registers --type, --table, --actor, --command, --correlation, --since and --until. Lifetime: the parser writes into
  // this object.
  explicit LogFilter(Syntax syntax);
  LogFilter(const LogFilter&) = delete;

  // Looks up what the options name. Before the following. Throws Failure(usage) for what names nothing.
  void prepare(const Settings& settings, const store::Log& log);
  // The positions between which events can agree, both included.
  events::Position first() const { return first_; }
  events::Position last() const { return last_; }
  // As --since and --until are given; empty: they are not.
  const std::string& since() const { return since_; }
  const std::string& until() const { return until_; }
  bool agrees(const events::RecordReader& record) const;

 private:
  std::string type_, table_, actor_, command_, correlation_, since_, until_;
  std::optional<int64_t> actor_id_;
  std::optional<events::Uuid> command_id_;
  events::Position first_ = 1, last_ = UINT64_MAX;
};

}  // namespace catlog::cli
