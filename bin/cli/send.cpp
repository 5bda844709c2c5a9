#include "events/schema/vocabulary.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "bin/cli/command_id.h"
#include "bin/cli/endpoint.h"
#include "bin/cli/interruption.h"
#include "bin/cli/lines.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "bin/cli/receipts.h"
#include "bin/cli/subcommand.h"
#include "commandhandler/alone.h"
#include "events/client/client.h"
#include "events/codec/message.h"
#include "events/text/blank.h"

namespace catlog::cli {
namespace {

using events::Exit;

constexpr size_t shown_at_once_bytes = size_t{64} << 10;

// Shows receipts, and says what was done when it goes, also when the daemon did not answer any more or nobody reads the
// receipts: then which lines have none that was shown, with the ids that were made for them, and which were never sent.
// Lifetime: the client outlives it.
class Account {
 public:
  explicit Account(const events::Client& client) : client_(client) {}
  Account(const Account&) = delete;
  ~Account() {
    try {
      show();
    } catch (const events::Failure&) {  // what could not be shown is told
    }
    const size_t unanswered = client_.unanswered();
    tell_lines(receipts.summary(unanswered) + "\n");
    if (!unshown_.empty())
      tell("lines {} to {}: their receipts could not be written\n", unshown_.front().number, unshown_.back().number);
    const size_t open = unanswered <= open_.size() ? unanswered : 0;
    if (open > 0)
      tell_open(open);
    else if (unanswered == 0 && !is_all_read_)
      tell("from line {} on nothing was sent\n", open_.empty() ? last_read_ + 1 : open_.front().number);
    tell_to_send_again(open);
  }

  void begin(size_t line, const std::string& made_id) {
    open_.push_back({line, made_id});
    last_read_ = line;
  }
  void end(events::schema::Receipt::Reader receipt) {
    text_ += receipts.take(receipt);
    unshown_.push_back(std::move(open_.front()));
    open_.pop_front();
  }
  void end_of_lines() { is_all_read_ = true; }
  void show_if_much() {
    if (text_.size() >= shown_at_once_bytes) show();
  }
  // Throws Failure when it cannot be written, or as Interruption::look; then it is not tried again.
  void show() {
    if (std::exchange(is_broken_, true)) return;
    if (!show_json_now(text_)) throw events::Failure(Exit::failure, "nobody reads the standard output any more");
    is_broken_ = false;
    text_.clear();
    unshown_.clear();
  }

  Receipts receipts;

 private:
  struct Line {
    size_t number;
    std::string made_id;  // empty: it has one of its own, or can have none
  };

  // The line behind the last of them waited for room in the window.
  void tell_open(size_t unanswered) const {
    const size_t sent = unanswered - std::min(client_.unsent(), unanswered);
    const bool is_one_unsent = open_.size() > sent;
    if (sent > 0)
      tell("lines {} to {}: no receipt, they may have been carried out or not; ", open_.front().number,
           open_[sent - 1].number);
    if (is_one_unsent || !is_all_read_)
      tell("from line {} on nothing was sent\n", is_one_unsent ? open_[sent].number : last_read_ + 1);
    else
      tell("there are none behind them\n");
  }

  // From the first line whose receipt nobody has.
  void tell_to_send_again(size_t unanswered) const {
    std::vector<Line> lines(unshown_.begin(), unshown_.end());
    lines.insert(lines.end(), open_.begin(), open_.begin() + static_cast<std::ptrdiff_t>(unanswered));
    if (lines.empty()) return;
    const size_t first = lines.front().number;
    if (std::ranges::all_of(lines, [](const Line& line) { return line.made_id.empty(); }))
      return tell("send again from line {} on\n", first);
    tell("send again from line {} on, with these ids, which were made here, as the \"id\" of their lines:\n", first);
    for (const Line& line : lines)
      if (!line.made_id.empty()) tell("{{\"line\":{},\"id\":\"{}\"}}\n", line.number, line.made_id);
  }

  const events::Client& client_;
  std::deque<Line> open_;      // no more than the client's window and one
  std::vector<Line> unshown_;  // whose receipts are `text_`
  std::string text_;
  bool is_broken_ = false;  // writing it failed, or was given up
  size_t last_read_ = 0;
  bool is_all_read_ = false;
};

class Send : public Subcommand {
 public:
  explicit Send(Syntax parent)
      : Subcommand(parent.subcommand("send", "Send commands: JSON lines in, receipts as JSON lines out")) {
    syntax().option("file", file_, "A file with one command per line; - is the standard input").shows_default();
    syntax().flag(
        "--dry-run", is_dry_run_,
        "Only look at the commands, and print what would be sent: what their declaration alone refuses is said (of a "
        "torrent, as of one that is new)");
    syntax().option("--endpoint", endpoint_,
                    "Where the daemon listens (default: run/commands.ipc in the data directory)");
    wait_.add_option(syntax());
    syntax().footer(
        "A command without an id gets a new one. When the daemon answers no more, Ctrl-C ends it, or receipts cannot "
        "be\n"
        "written, stderr names the lines without one, and as JSON the ids that they got, to be sent again with them. "
        "To\n"
        "have ids before, use --dry-run, which prints them. Exit 1 when a command was refused.\n"
        "Example: catlog send ops/demo/01-genres.ndjson\n"
        "         echo '{\"putGenre\":{\"tmdbId\":16,\"name\":\"Animation\"}}' | catlog send");
  }

  Exit run(const Settings& settings) override {
    LineReader lines(file_);
    if (is_dry_run_) return dry_run(lines);
    const auto endpoint = wait_.endpoint(settings, "commands.ipc", endpoint_);
    events::Client client(endpoint, {.timeout = wait_.limit(),
                                     .pack = events::usual_pack,
                                     .keys = wait_.keys(endpoint),
                                     .before_waiting = Interruption::look});
    Account account(client);
    const Interruption interruption;
    outlive_readers();
    send_lines(lines, client, account);
    say_what_it_was();
    return account.receipts.refused() > 0 ? Exit::refused : Exit::ok;
  }

 private:
  void send_lines(LineReader& lines, events::Client& client, Account& account) {
    ProgressBar bar("sending");
    CommandIds ids;
    while (auto line = next_line(lines, client, account)) {
      look_at_first(*line);
      const auto command = ids.give(*line);
      account.begin(lines.number(), ids.made());
      client.send(command, events::Encoding::json, [&bar, &lines, &account](auto receipt) {
        account.end(receipt);
        bar.update(lines.size_bytes() ? lines.bytes_read() : account.receipts.taken(), lines.size_bytes());
      });
      account.show_if_much();
    }
    account.end_of_lines();
    client.finish();
    account.show();
  }

  // Whoever types a command, or waits for its receipt before writing the next one, gets it now.
  static std::optional<std::string_view> next_line(LineReader& lines, events::Client& client, Account& account) {
    for (;;) {
      Interruption::look();
      if (lines.would_wait()) {
        client.finish();
        account.show();
      }
      auto line = lines.next();
      if (!line || !events::is_blank(*line)) return line;
    }
  }

  // A bracket that stands alone as the first line begins a document that goes over several, each of which is refused.
  void look_at_first(std::string_view line) {
    if (std::exchange(is_begun_, true)) return;
    const size_t first = std::min(line.find_first_not_of(" \t"), line.size());
    const std::string_view rest = line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
    begins_document_ = rest == "{" || rest == "[";
  }
  void say_what_it_was() const {
    if (!begins_document_) return;
    tell(
        "note: a JSON document goes over several lines there, and a command is one line: `jq -c .` makes one "
        "line of a command, `jq -c '.[]'` a line of each in an array\n");
  }

  Exit dry_run(LineReader& lines) {
    CommandIds ids;
    size_t good = 0, bad = 0;
    while (auto line = lines.next()) {
      if (events::is_blank(*line)) continue;
      look_at_first(*line);
      if (line->size() > events::max_command_bytes) {
        print_refusal({"", fmt::format("a command has at most {} bytes; split it", events::max_command_bytes)},
                      events::schema::RefusalCode::TOO_LARGE);
        ++bad;
      } else if (auto why = refusal_of(*line, ids)) {
        print_refusal(why->first, why->second);
        ++bad;
      } else {
        show_json(ids.give(*line));
        show_json("\n");
        ++good;
      }
    }
    tell("nothing was sent: {} can be, {} cannot; whether the catalogue takes them, sending tells\n", good, bad);
    say_what_it_was();
    return bad > 0 ? Exit::refused : Exit::ok;
  }

  // Why the daemon would not take a line whatever it holds (alone.h).
  static std::optional<std::pair<events::Malformed, events::schema::RefusalCode>> refusal_of(std::string_view line,
                                                                                             CommandIds& ids) {
    const auto command = events::read_command(line, events::Encoding::json);
    if (!command) return std::pair(command.error(), events::schema::RefusalCode::MALFORMED);
    const auto sent = events::read_command(ids.give(line), events::Encoding::json);
    const auto why = sent ? commandhandler::refused_alone(*sent) : std::nullopt;
    if (!why) return {};
    const std::string id = command->root<events::schema::Command>().getId().cStr();
    return std::pair(events::Malformed{why->field, why->message, id}, why->code);
  }

  static void print_refusal(const events::Malformed& malformed, events::schema::RefusalCode code) {
    capnp::MallocMessageBuilder message;
    auto receipt = message.initRoot<events::schema::Receipt>();
    if (!malformed.id.empty()) receipt.setId(malformed.id);
    auto refused = receipt.initRefused();
    refused.setCode(code);
    if (!malformed.field.empty()) refused.setField(malformed.field);
    refused.setMessage(malformed.message);
    show_json(events::write_json(receipt.asReader(), events::Secrets::hidden) + '\n');
  }

  std::string file_{"-"}, endpoint_;
  Wait wait_;
  bool is_dry_run_ = false;
  bool is_begun_ = false, begins_document_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_send(Syntax parent) { return std::make_unique<Send>(parent); }

}  // namespace catlog::cli
