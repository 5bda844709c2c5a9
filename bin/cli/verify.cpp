#include <functional>
#include <iostream>
#include <optional>

#include <fmt/format.h>

#include "bin/cli/advice.h"
#include "bin/cli/endpoint.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/progress.h"
#include "bin/cli/quarantine_view.h"
#include "bin/cli/scratch.h"
#include "bin/cli/subcommand.h"
#include "bin/cli/watched.h"
#include "commandhandler/state/check_state.h"
#include "events/client/log_head.h"
#include "events/digest.h"
#include "projector/rebuild/publish.h"
#include "projector/rebuild/verify.h"
#include "store/check_tree.h"
#include "store/files/scratch_memory.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Position;

// What is wrong goes to stdout, so that it can be kept.
Exit say_findings(const std::vector<std::string>& findings, std::string_view what, Exit when_wrong) {
  for (const auto& finding : findings) show("{}: {}\n", what, finding);
  return findings.empty() ? Exit::ok : when_wrong;
}

// Of those that advise commands.
Exit say_findings(const Settings& settings, std::vector<std::string> findings, std::string_view what, Exit when_wrong) {
  for (std::string& finding : findings) finding = with_data(settings, finding);
  return say_findings(findings, what, when_wrong);
}

// Shows on the terminal and on the board how far something is.
class Steps {
 public:
  Steps(Board& board, const char* doing) : board_(board), doing_(doing), bar_(doing) { board_.set(doing_, 0); }
  void operator()(Position done, Position head) {
    board_.set(doing_, done);
    bar_.update(done, head);
  }
  void done() { bar_.clear(); }

 private:
  Board& board_;
  const char* doing_;
  ProgressBar bar_;
};

// What LMDB needs, before anything is read through it: over a page that lies it ends whoever reads, or writes.
template <class Environment>
std::vector<std::string> check_pages(const Environment& environment, const char* doing, Board& board) {
  board.set(doing, 0);
  ProgressBar bar(doing);
  return environment.check_pages(projector::max_findings,
                                 [&bar](uint64_t done, uint64_t all) { bar.update(done, all); });
}

// Then its bytes: what they say is worth reading only if they are what was appended.
Exit check_events(const store::Log& log, std::pmr::memory_resource& memory, Board& board) {
  Steps hashing(board, "hashing the log");
  const auto tree = store::check_tree(log, projector::max_findings, std::ref(hashing));
  hashing.done();
  if (!tree.findings.empty()) return say_findings(tree.findings, "log", Exit::damaged);
  Steps reading(board, "reading the log");
  const auto result = projector::verify_log(log, std::ref(reading), memory);
  reading.done();
  if (result.findings.empty())
    tell("log: {} events read, all whole and in order; Merkle root of {}: {}\n", result.checked, tree.head.size,
         events::hex(tree.head.root));
  return say_findings(result.findings, "log", Exit::damaged);
}

Exit check_log(const store::Log& log, std::pmr::memory_resource& memory, Board& board) {
  const auto pages = check_pages(log, "checking the pages of the log", board);
  say_findings(pages, "log", Exit::damaged);
  const Exit events = check_events(log, memory, board);
  if (pages.empty()) return events;
  if (events == Exit::ok)
    show(
        "log: its file is damaged, but every event is whole: stop catlogd, `catlog backup` and `catlog restore` "
        "make a sound log of them; see \"Damage\" in ops/RUNBOOK.md\n");
  return Exit::damaged;
}

Exit check_state(const Settings& settings, const store::Log& log, std::pmr::memory_resource& memory, Board& board) try {
  const auto stored = open_state(settings, log);
  if (!stored) {
    tell("decision state: there is none; the daemon builds it when it starts\n");
    return Exit::ok;
  }
  if (const auto pages = check_pages(*stored, "checking the pages of the decision state", board); !pages.empty()) {
    say_findings(pages, "decision state", Exit::damaged);
    show("decision state: it is derived: stop catlogd, delete {} and start; it is built again from the log\n",
         settings.data.state().string());
    return Exit::damaged;
  }
  Steps folding(board, "folding the log and reading the decision state");
  const auto result = commandhandler::check_state(log, *stored, std::ref(folding), memory);
  folding.done();
  if (result.difference) return say_findings({*result.difference}, "decision state", Exit::refused);
  tell("decision state: {} entries are what the log says at position {}\n", result.entries, result.position);
  return Exit::ok;
} catch (const events::Failure& failure) {
  if (failure.code() != Exit::damaged) throw;
  return say_findings(settings, {failure.what()}, "decision state", Exit::damaged);
}

// A read model that was made with another list differs from the log for a reason that is known.
Exit check_quarantine(const Settings& settings, const store::Log& log) {
  const QuarantineView view = look_at_quarantine(settings, log);
  if (!view.list_fault.empty()) throw events::Failure(Exit::damaged, view.list_fault);
  if (!view.list.empty()) tell("quarantine: {} events are on the list\n", view.list.events().size());
  if (!view.left_out.empty()) tell("read model: {}\n", projector::to_text(view.left_out));
  return say_findings(settings, projector::to_sentences(view.drift), "quarantine", Exit::refused);
}

// Whether what the read model does not have yet will come by itself.
Exit check_projector(const Settings& settings, const store::Log& log, const projector::Verification& read_model) {
  auto standstill = look_at_quarantine(settings, log).standstill;
  // Of no event: the list was read, and the schema of what is live now was looked at. The projector has not yet.
  if (standstill && standstill->position == 0 && read_model.findings.empty()) standstill.reset();
  if (!standstill) standstill = read_model.standstill;
  if (standstill) return say_findings(settings, {projector::to_text(*standstill)}, "projector", standstill->code);
  if (const Position head = log.head(); read_model.findings.empty() && read_model.checked < head)
    tell("read model: it stands {} events behind the log; {} says whether a projector runs\n",
         head - read_model.checked, with_data(settings, "`catlog status`"));
  return Exit::ok;
}

Exit check_read_model(const Settings& settings, const store::Log& log, projector::Depth depth,
                      std::pmr::memory_resource& memory, Board& board) {
  const bool is_deep = depth == projector::Depth::deep;
  const Scratch scratch(settings.data.read_model());
  Steps steps(board, is_deep ? "rebuilding to compare" : "folding the log and reading the read model");
  const auto result = projector::verify_read_model(log, open_quarantine(settings, log), settings.data.read_model(),
                                                   scratch.path(), depth, std::ref(steps), memory);
  steps.done();
  const Exit found = say_findings(settings, result.findings, "read model", Exit::refused);
  if (found == Exit::ok)
    tell("read model: {} what the log says at position {}\n",
         is_deep ? "every row is" : "the digests of all tables are", result.checked);
  const Exit projector = check_projector(settings, log, result);
  return found == Exit::ok ? projector : found;
}

Exit check_published(const Settings& settings, const store::Log& log, const std::filesystem::path& file, Board& board) {
  if (!std::filesystem::is_regular_file(file))
    throw events::Failure(Exit::usage,
                          fmt::format("there is no file {}: name one that `catlog publish` made", file.string()));
  const Scratch scratch(settings.data.read_model());
  Steps steps(board, "rebuilding to compare");
  std::vector<std::string> findings;
  const auto visit = [&](const projector::Difference& difference) {
    findings.push_back(projector::to_text(difference, "the published one", "the log"));
    return findings.size() < projector::max_findings;
  };
  const Position position = projector::compare_with_published(log, open_quarantine(settings, log), file, scratch.path(),
                                                              visit, std::ref(steps));
  steps.done();
  if (findings.empty()) tell("published read model: every row is what the log says at position {}\n", position);
  if (findings.empty()) show("ok\n");
  return say_findings(findings, "published read model", Exit::refused);
}

// The same records, as far as the other has them.
Exit check_other(const store::Log& log, const events::LogHead& other, const std::string& where) {
  if (other.log_id != log.id())
    return say_findings({fmt::format("this is log {}, and {} answers for log {}", log.id(), where, other.log_id)},
                        "other", Exit::refused);
  const auto snapshot = log.snapshot();
  if (other.head.size > snapshot.head())
    throw events::Failure(Exit::unreachable,
                          fmt::format("{} has {} events and this log only {}: try again when it has caught up "
                                      "(catlog status)",
                                      where, other.head.size, snapshot.head()));
  const auto own = snapshot.tree_head(other.head.size);
  if (own != other.head)
    return say_findings(
        {fmt::format("at position {} this log has the root {} and {} says {}: they are not of one history", own.size,
                     events::hex(own.root), where, events::hex(other.head.root))},
        "other", Exit::refused);
  tell("other: the same {} events, by their root\n", own.size);
  return Exit::ok;
}

class Verify : public Subcommand {
 public:
  explicit Verify(Syntax parent)
      : Subcommand(parent.subcommand(
            "verify", "Check that the log is whole, and that decision state and read model agree with it")) {
    syntax().footer(
        "The daemon may run. Exit 1 and the first differences when something does not agree, 5 when the log or the "
        "file of\n"
        "the decision state is damaged, 7 when all agrees but the projector stands still at an event that it cannot "
        "apply.\n"
        "Example: catlog verify");
    auto deep = syntax().flag("--deep", is_deep_, "also build the read model anew and compare every row");
    syntax()
        .option("--published", published_, "compare only this file of `catlog publish`, every row, with the log")
        .excludes(deep);
    syntax().option("--other", other_,
                    "also compare with the log of another daemon, a node of the same cluster, by the root that its "
                    "replay socket tells: ipc:///…/run/replay.ipc or tcp://…");
    wait_.add_option(syntax());
  }

  Exit run(const Settings& settings) override {
    if (!other_.empty()) {
      events::WaitOptions options;
      options.replay_endpoint = other_;
      options.answer_within = wait_.limit();
      options.keys = wait_.keys(other_);
      other_head_ = events::ask_log_head(options);
    }
    outlive_readers();
    Watched watched;
    if (const auto code =
            watched.run([&](Board& board) { return advising(settings, [&] { return check(settings, board); }); }))
      return *code;
    show("damaged: a page that is not what it should be stopped the check: {}\n", watched.sentence());
    return Exit::damaged;
  }

 private:
  Exit check(const Settings& settings, Board& board) const {
    board.set("opening the log", 0);
    const store::Log log = open_log(settings);
    if (!published_.empty()) return check_published(settings, log, published_, board);
    store::ScratchMemory memory(store::ScratchMemory::usual_directory());
    // What is derived from a damaged log proves nothing.
    if (Exit found = check_log(log, memory, board); found != Exit::ok) return found;
    if (other_head_)
      if (const Exit found = check_other(log, *other_head_, other_); found != Exit::ok) return found;
    const Exit state = check_state(settings, log, memory, board);
    const Exit quarantine = check_quarantine(settings, log);
    const Exit read_model =
        check_read_model(settings, log, is_deep_ ? projector::Depth::deep : projector::Depth::digests, memory, board);
    if (state != Exit::ok) return state;
    if (quarantine != Exit::ok) return quarantine;
    if (read_model == Exit::ok) show("ok\n");
    return read_model;
  }

  bool is_deep_ = false;
  std::filesystem::path published_;
  std::string other_;
  std::optional<events::LogHead> other_head_;
  Wait wait_;
};

}  // namespace

std::unique_ptr<Subcommand> make_verify(Syntax parent) { return std::make_unique<Verify>(parent); }

}  // namespace catlog::cli
