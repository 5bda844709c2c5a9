#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <optional>

#include <fmt/format.h>

#include "bin/cli/advice.h"
#include "bin/cli/endpoint.h"
#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "events/client/subscriber.h"
#include "events/error.h"
#include "events/text/json_text.h"

namespace catlog::cli {
namespace {

using events::Change;
using events::Exit;

constexpr std::chrono::milliseconds look_for_signals_every{100};

// While it lives, SIGINT and SIGTERM wait until they are asked for (ZeroMQ's threads take no signals).
class HeldSignals {
 public:
  HeldSignals() {
    ::sigemptyset(&held_);
    for (int signal : {SIGINT, SIGTERM}) ::sigaddset(&held_, signal);
    ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  HeldSignals(const HeldSignals&) = delete;
  ~HeldSignals() {
    while (came()) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  bool came() const {
    const timespec now{};
    return ::sigtimedwait(&held_, nullptr, &now) > 0;
  }

 private:
  sigset_t held_{}, before_{};
};

bool has_reader(int fd) {
  pollfd asked{.fd = fd, .events = 0, .revents = 0};
  return ::poll(&asked, 1, 0) <= 0 || (asked.revents & (POLLERR | POLLHUP)) == 0;
}

// As a write would.
[[noreturn]] void end_without_reader() {
  ::raise(SIGPIPE);
  throw events::Failure(Exit::failure, "nobody reads the standard output any more");
}

std::string to_line(const Change& change) {
  std::string line = "{\"topic\":";
  events::write_json_text(change.topic, line);
  line += fmt::format(R"(,"logId":"{}","position":{},"previousInTable":{},"previousInStream":{},"commandId":"{}",)",
                      change.log_id, change.position, change.previous_in_table, change.previous_in_stream,
                      change.command_id);
  if (change.withheld_bytes) line += fmt::format(R"("withheldBytes":{},)", *change.withheld_bytes);
  if (!change.names.empty()) line += "\"names\":" + change.names + ",";
  return line + "\"payload\":" + change.payload + "}\n";
}

void tell_withheld(const Settings& settings, const Change& change) {
  if (change.withheld_bytes)
    tell("{}\n",
         with_data(settings, fmt::format("position {0}: the event has {1} bytes as JSON, more than a message may have, "
                                         "and is left out here; `catlog log --from {0} --to {0}` shows it",
                                         change.position, *change.withheld_bytes)));
}

class Tail : public Subcommand {
 public:
  explicit Tail(Syntax parent)
      : Subcommand(parent.subcommand("tail", "Follow the feed of changes as JSON lines, with catch-up")) {
    syntax().option("topic", topics_, "What to follow: movies/ or movies/42/ (default: everything)");
    syntax().option("--from", from_,
                    "Begin at this position of the log, or at a time or day, for which the log is read (default: with "
                    "what comes next)");
    syntax().option("--log-id", log_id_,
                    "The log that --from is a position in, as its lines name it: another is refused");
    syntax().option("--last-command-id", last_command_id_,
                    "The command of the event before --from, as its line names it: another event there is refused");
    syntax().option("--count", count_, "End after so many changes");
    syntax().option("--changes-endpoint", changes_endpoint_,
                    "Where the daemon publishes (default: run/changes.ipc in the data directory)");
    syntax().option("--replay-endpoint", replay_endpoint_, "Where it answers replay (default: run/replay.ipc)");
    wait_.add_option(syntax());
    syntax().footer(
        "Ctrl-C ends it. With --log-id and --last-command-id, exit 1 when the position is one of another log or "
        "history: start over then.\n"
        "Example: catlog tail movies/ --from 1");
  }

  Exit run(const Settings& settings) override {
    events::SubscriberOptions options;
    options.changes_endpoint = wait_.endpoint(settings, "changes.ipc", changes_endpoint_);
    options.replay_endpoint = wait_.endpoint(settings, "replay.ipc", replay_endpoint_);
    options.keys = wait_.keys(options.replay_endpoint);
    options.answer_within = wait_.limit();
    options.topics = topics_;
    if (!from_.empty()) options.from = position_from(settings);
    options.log_id = log_id_;
    options.last_command_id = last_command_id_;
    // It may have to wait for the daemon, and can be ended as anything else until then.
    events::Subscriber subscriber(std::move(options));
    const HeldSignals signals;
    for (uint64_t left = count_; left > 0 && !signals.came();) {
      if (!has_reader(STDOUT_FILENO)) end_without_reader();
      const auto change = subscriber.next(look_for_signals_every);
      if (!change) continue;
      tell_withheld(settings, *change);
      if (!show_json_now(to_line(*change))) end_without_reader();
      --left;
    }
    return Exit::ok;
  }

 private:
  // A position needs no log here: the daemon knows it.
  events::Position position_from(const Settings& settings) const {
    const Moment moment = moment_named(from_);
    refuse_to_come(moment);
    return moment.position ? *moment.position : first_from(open_log(settings), from_);
  }

  std::vector<std::string> topics_;
  std::string from_, log_id_, last_command_id_, changes_endpoint_, replay_endpoint_;
  uint64_t count_ = UINT64_MAX;
  Wait wait_;
};

}  // namespace

std::unique_ptr<Subcommand> make_tail(Syntax parent) { return std::make_unique<Tail>(parent); }

}  // namespace catlog::cli
