#pragma once
#include <optional>

#include "events/counters.h"
#include "events/data_directory.h"
#include "store/log.h"
#include "store/state_store.h"

namespace catlog {

// What no loop counts: how the files of a data directory are, as the main thread finds them each second. So that a
// scrape asks neither files nor LMDB. Threads: one gathers, any reads the gauges. Lifetime: refers to log and states.
class Gathered {
 public:
  // `states`: null where this process has none open.
  Gathered(const store::Log& log, const store::StateStore* states, events::DataDirectory data);

  // `projected`: up to which the read model holds the log, where this process knows it. Throws as the log does.
  void gather(std::optional<events::Position> projected);

  events::Gauge head;
  events::Gauge lag_us;  // how long the first event has been in the log that the read model lacks; 0: it lacks none
  events::Gauge log_bytes, state_bytes, read_model_bytes, free_bytes;
  events::Gauge oldest_reader_commits;  // that the log's oldest reader is behind

 private:
  const store::Log& log_;
  const store::StateStore* states_;
  events::DataDirectory data_;
};

}  // namespace catlog
