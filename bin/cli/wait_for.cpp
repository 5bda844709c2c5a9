#include "events/client/wait_for.h"

#include <charconv>
#include <string>

#include <fmt/format.h>

#include "bin/cli/advice.h"
#include "bin/cli/endpoint.h"
#include "bin/cli/output.h"
#include "bin/cli/subcommand.h"
#include "events/error.h"

namespace catlog::cli {
namespace {

using events::Exit;

constexpr unsigned longest_wait_s = 86'400;

events::Position position_of(const std::string& text) {
  if (text == "latest") return events::latest_position;
  events::Position position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc() || end != text.data() + text.size() || position == events::latest_position)
    throw events::Failure(Exit::usage, "the position to wait for is a number, as a receipt names it, or latest");
  return position;
}

class WaitFor : public Subcommand {
 public:
  explicit WaitFor(Syntax parent)
      : Subcommand(parent.subcommand("wait-for", "Wait until SQL has a position of the log, over the bus")) {
    syntax()
        .option("position", position_,
                "As a receipt names it, lastPosition; or latest: up to where the log goes now, of a cluster by what a "
                "majority of its nodes has")
        .required();
    syntax()
        .option("--timeout-s", timeout_s_, "The longest to wait, in seconds")
        .between(0, longest_wait_s)
        .shows_default();
    syntax().option("--log-id", log_id_, "The log that it is a position in: another is refused");
    syntax().option("--replay-endpoint", endpoint_,
                    "Where the daemon answers (default: run/replay.ipc in the data directory)");
    wait_.add_option(syntax());
    syntax().footer(
        "Prints up to which position SQL has the log. Exit 6 when it has not that one in time, 1 when there is no "
        "such\n"
        "position in this log: what a receipt named there was lost.\n"
        "Example: catlog wait-for 42 && catlog sql \"SELECT title FROM movies\"");
  }

  Exit run(const Settings& settings) override {
    events::WaitOptions options;
    options.replay_endpoint = wait_.endpoint(settings, "replay.ipc", endpoint_);
    options.log_id = log_id_;
    options.within = std::chrono::seconds(timeout_s_);
    options.answer_within = wait_.limit();
    options.keys = wait_.keys(options.replay_endpoint);
    const auto position = position_of(position_);
    const auto waited = events::wait_for(position, options);
    show_lines(fmt::format("{}\n", waited.position));
    if (waited.is_there) return Exit::ok;
    tell("SQL is at position {} and did not get to {} within {} s: {} tells why\n", waited.position, position_,
         timeout_s_, with_data(settings, "`catlog status`"));
    return Exit::unreachable;
  }

 private:
  std::string position_;
  unsigned timeout_s_ = 30;
  std::string log_id_, endpoint_;
  Wait wait_;
};

}  // namespace

std::unique_ptr<Subcommand> make_wait_for(Syntax parent) { return std::make_unique<WaitFor>(parent); }

}  // namespace catlog::cli
