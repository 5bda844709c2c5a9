// The figures of the log's length: replay.
#include "events/schema/vocabulary.h"

#include <fmt/format.h>

#include "store/records.h"
#include "tests/bench/figures.h"
#include "tests/bench/statistics.h"

namespace catlog::bench {

using events::Position;

LongLog& Figures::long_log(Position events) {
  auto& made = long_logs_[events];
  if (!made)
    made = std::make_unique<LongLog>(scratch_ / fmt::format("long-{}", events), long_log_streams, events,
                                     Projected::state_and_read_model, interrupt_);
  return *made;
}

void Figures::many_streams() {
  if (!many_streams_) {
    LongLog made(scratch_ / "many-streams", counts_.many_streams, counts_.many_streams, Projected::state, interrupt_);
    many_streams_.emplace(made.data());
  }
  measure_in_process(*many_streams_,
                     in_process_workload_.ratings(Encoding::capnp, counts_.decided, counts_.many_streams),
                     fmt::format("in process, 512 a commit, {} streams", counts_.many_streams), "");
}

void Figures::replay() {
  const Position last = counts_.shorter_log;
  const auto log = store::Log::open(long_log(last).data() / "log", store::Access::read);
  if (!raw_replay_) raw_replay_.emplace(scratch_ / "raw-replay", log, last);
  const auto scan = [&] {
    Replayed replayed;
    store::for_each_record(log, 1, last, [&](const events::schema::Record::Reader& record) {
      replayed.add(record);
      return true;
    });
    return replayed;
  };
  // Once before, so that either finds its pages mapped: one of the two files was just opened.
  Replayed ours = scan(), plain = raw_replay_->run();
  const Spent scanned = spent_on([&] { ours = scan(); });
  const Spent raw = spent_on([&] { plain = raw_replay_->run(); });
  CATLOG_CHECK(ours == plain && ours.events == last);
  const auto events = static_cast<double>(last);
  const std::string of_raw = "LMDB cursor + Cap'n Proto reader, same bytes";
  table_.add({"replay in order, four fields: events/s", of_raw, ">= 2.0"}, events / scanned.seconds,
             events / raw.seconds);
  table_.add({"replay in order, four fields: events a second of processor time", of_raw},
             events / scanned.processor_seconds, events / raw.processor_seconds);
}

}  // namespace catlog::bench
