#include <algorithm>
#include <iostream>

#include <fmt/format.h>

#include "bin/cli/history_lines.h"
#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/row_name.h"
#include "bin/cli/subcommand.h"

namespace catlog::cli {
namespace {

using events::Exit;
using projector::FieldChange;
using projector::HistoryEntry;

std::string to_json(const HistoryEntry& entry) {
  std::string changes;
  for (const FieldChange& change : entry.changes)
    changes += fmt::format(R"({}{{"field":{},"before":{},"after":{}}})", changes.empty() ? "" : ",",
                           json_of(change.field), json_of(change.before), json_of(change.after));
  return fmt::format(R"({{{},"changes":[{}]}})", head_json(entry), changes);
}

class History : public Subcommand {
 public:
  explicit History(Syntax parent)
      : Subcommand(parent.subcommand("history", "Show what changed in a row, when, by whom, field by field")) {
    syntax()
        .option("row", row_,
                "A row of any table, removed ones too: movies/42 (with its translations and links), movies/tmdb:603, "
                "users/ada, "
                "refresh_tokens/5, movie_genres/42 (all of movie 42), movie_genres/42,16 (one link)")
        .required();
    syntax().option("id", id_, "Behind a table the row: users ada is users/ada");
    syntax().option("--as-of", as_of_, "Only what had happened by a position, a time or a day's beginning");
    syntax().flag("--json", is_json_, "One event per line as JSON");
    syntax().footer(
        "A name is of the row that has it; where none has it any more, of the one that had it last: which row that is, "
        "and\n"
        "which had it before, is said on stderr. With --as-of it is of who had it then. Removed rows in another's "
        "stream\n"
        "(seasons, tokens) have no name any more, but their id.\n"
        "The times that follow from the events (createdAt, updatedAt) are not listed; catlog explain tells of them.\n"
        "Exit code: 1 when there never was such a row.\n"
        "Example: catlog history movies/42");
  }

  Exit run(const Settings& settings) override {
    if (!id_.empty() && row_.find('/') != std::string::npos)
      throw events::Failure(Exit::usage, "which row? Write movies/42, or movies 42");
    if (!id_.empty()) row_ += '/' + id_;
    const store::Log log = open_log(settings);
    const auto up_to = position_if_given(log, as_of_);
    const projector::Scope scope = parse_scope(with_id(settings, log, row_, {.ever = true, .up_to = up_to}));
    bool is_any = false;
    visit_history(settings, log, scope, up_to, [&](const HistoryEntry& entry) {
      is_any = true;
      if (is_json_)
        show_json(to_json(entry) + '\n');
      else
        add(entry);
    });
    show_waiting();
    if (is_any) return Exit::ok;
    tell("{} has no events\n", row_);
    return Exit::refused;
  }

 private:
  // As many as are made as wide as their widest: a history can be of any length.
  static constexpr size_t lines_at_once = 1'000;

  void add(const HistoryEntry& entry) {
    event_width_ = std::max(event_width_, entry.event.size());
    waiting_.push_back(entry);
    if (waiting_.size() == lines_at_once) show_waiting();
  }

  void show_waiting() {
    for (const HistoryEntry& entry : waiting_) {
      show_lines(head_line(entry, event_width_));
      size_t width = 0;
      for (const FieldChange& change : entry.changes) width = std::max(width, change.field.size());
      for (const FieldChange& change : entry.changes)
        show("          {:<{}}  {} -> {}\n", change.field + ":", width + 1, shown(change.before), shown(change.after));
    }
    waiting_.clear();
  }

  std::string row_, id_, as_of_;
  bool is_json_ = false;
  std::vector<HistoryEntry> waiting_;  // to be shown
  size_t event_width_ = 0;
};

}  // namespace

std::unique_ptr<Subcommand> make_history(Syntax parent) { return std::make_unique<History>(parent); }

}  // namespace catlog::cli
