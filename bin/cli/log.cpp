#include "events/schema/vocabulary.h"

#include <algorithm>
#include <optional>
#include <ranges>

#include <fmt/format.h>

#include "bin/cli/event_lines.h"
#include "bin/cli/log_filter.h"
#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/row_name.h"
#include "bin/cli/subcommand.h"
#include "commandhandler/state/known_keys.h"
#include "store/records.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using events::Position;
using events::schema::Record;

// Written out between snapshots of the log: whoever reads our output slowly must not hold up the log's pages.
constexpr Position events_per_write = 1'000;
// Nobody waits for this process: without a state the log is read from its beginning on, in some 200 MB of memory.
constexpr projector::Names::Reach reach{.behind = UINT64_MAX, .rows = 1'000'000};

class Log : public Subcommand {
 public:
  explicit Log(Syntax parent)
      : Subcommand(parent.subcommand("log", "Show events, whether the daemon runs or not")), filter_(syntax()) {
    syntax().option("--from", first_, "The first position, or the time or day (UTC) to begin with (default: 1)");
    syntax().option("--to", last_, "The last position, or a time, or a day's beginning (default: the head)");
    syntax().option("--stream", stream_, "Only the events of one stream: movies/42, movies/tmdb:603, users/ada");
    syntax().option("--limit", limit_, "At most so many events");
    syntax()
        .option("--format", format_,
                "jsonl (an event a line, as it is in the log, and its names) or json (an array of these); csv, table "
                "or markdown: a row "
                "an event")
        .one_of({"table", "csv", "json", "jsonl", "markdown"})
        .shows_default();
    syntax().footer(
        "Secrets are left out. A range may end, and begin, at what is still to come, which is said; nothing is there\n"
        "yet. That no event matches is said too.\n"
        "Example: catlog log --stream movies/42 --type movieRated\n"
        "         catlog log --actor ada --since 2026-11-01 --format csv");
  }

  Exit run(const Settings& settings) override {
    const store::Log log = open_log(settings);
    for (const std::string& first : {first_, filter_.since()})
      for (const std::string& last : {last_, filter_.until()}) refuse_backwards(first, last);
    filter_.prepare(settings, log);
    from_ = std::max(first_.empty() ? 1 : first_from(log, first_), filter_.first());
    to_ = std::min(last_.empty() ? UINT64_MAX : last_until(log, last_), filter_.last());
    left_ = limit_;
    std::vector<Position> stream;
    if (!stream_.empty())
      stream = chain(log, last_in_stream(settings, log,
                                         parse_stream(with_id(settings, log, stream_, {.ever = true, .up_to = {}}))));
    const auto state = state_or_none(settings, log);  // LMDB wants it opened once at a time
    projector::Names names(log, state ? commandhandler::known_keys(*state) : events::KnownKeys(), reach);
    lines_.emplace(projector::Style{projector::format_named(format_).value()}, names);
    if (stream_.empty())
      show_range(log);
    else
      show_stream(log, stream);
    lines_->finish();
    if (left_ == limit_ && limit_ > 0) tell("no event matches\n");
    return Exit::ok;
  }

 private:
  // Without it what events refer to is looked for in the log.
  static std::optional<store::StateStore> state_or_none(const Settings& settings, const store::Log& log) try {
    return usable_state(settings, log);
  } catch (const Failure&) {
    return {};  // not readable for who may read the log
  }

  void show_range(const store::Log& log) {
    const Position last = std::min(to_, log.head());
    for (Position at = std::max<Position>(from_, 1); at <= last && left_ > 0; at += events_per_write) {
      store::for_each_record(log, at, std::min(last, at + events_per_write - 1), [&](Record::Reader record) {
        take(record);
        return left_ > 0;
      });
      lines_->write();
    }
  }

  void show_stream(const store::Log& log, const std::vector<Position>& newest_first) {
    for (Position at : newest_first | std::views::reverse) {
      if (left_ == 0) return;
      store::for_each_record(log, at, at, [&](Record::Reader record) {
        take(record);
        return false;
      });
      lines_->write();
    }
  }

  // The stream's positions, its last first, along the back-positions.
  std::vector<Position> chain(const store::Log& log, Position last) const {
    std::vector<Position> positions;
    for (Position at = last; at != 0 && at >= from_;) {
      if (at <= to_) positions.push_back(at);
      Position previous = 0;
      store::for_each_record(log, at, at, [&](Record::Reader record) {
        previous = record.getPreviousInStream();
        return false;
      });
      if (previous >= at)
        throw Failure(Exit::damaged,
                      fmt::format("the event at position {} says that position {} came before it", at, previous));
      at = previous;
    }
    return positions;
  }

  void take(Record::Reader record) {
    if (!filter_.agrees(record)) return;
    lines_->take(record);
    --left_;
  }

  Position from_ = 1, to_ = UINT64_MAX;
  uint64_t limit_ = UINT64_MAX, left_ = 0;
  std::string first_, last_, stream_, format_{"jsonl"};
  std::optional<EventLines> lines_;
  LogFilter filter_;
};

}  // namespace

std::unique_ptr<Subcommand> make_log(Syntax parent) { return std::make_unique<Log>(parent); }

}  // namespace catlog::cli
