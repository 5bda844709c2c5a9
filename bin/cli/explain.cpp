#include <algorithm>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "bin/cli/advice.h"
#include "bin/cli/history_lines.h"
#include "bin/cli/moment.h"
#include "bin/cli/open.h"
#include "bin/cli/output.h"
#include "bin/cli/row_name.h"
#include "bin/cli/subcommand.h"
#include "projector/history/explain.h"

namespace catlog::cli {
namespace {

using events::Exit;
using events::Failure;
using projector::CellEvent;
using projector::PresentCell;

class Explain : public Subcommand {
 public:
  explicit Explain(Syntax parent)
      : Subcommand(parent.subcommand("explain", "Show the events that set one cell of a table")) {
    syntax().option("table", table_, "The table, movies, or the row, movies/42").required();
    syntax()
        .option("id", id_,
                "Behind a table the row: 42, tmdb:603; of a table of links both ids: 42,16. Behind a row the column")
        .required();
    syntax().option("column", column_, "Behind table and row the column: rating");
    syntax().option("--as-of", as_of_, "As things stood at a position, a time or a day's beginning");
    syntax().flag("--json", is_json_, "One JSON object");
    syntax().footer(
        "The event that set the value which the read model holds is marked.\n"
        "Exit code: 1 when there never was such a row, or the read model does not hold what the events say.\n"
        "Example: catlog explain movies 42 rating\n"
        "         catlog explain users/ada role");
  }

  Exit run(const Settings& settings) override {
    take_row_apart();
    const store::Log log = open_log(settings);
    const auto up_to = position_if_given(log, as_of_);
    projector::Scope scope = projector_scope(settings, log, up_to);
    // The cell first: whatever it follows from is in a log that is read after it.
    const auto cell = cell_of_read_model(settings, scope);
    std::vector<projector::HistoryEntry> history;  // as far as it concerns the cell
    auto before = projector::RowBefore::not_there;
    visit_history(settings, log, scope, up_to, [&](projector::HistoryEntry entry) {
      const bool concerns = projector::concerns(entry, column_, before);
      before = entry.row_is_there ? projector::RowBefore::there : projector::RowBefore::not_there;
      if (concerns) history.push_back(std::move(entry));
    });
    if (history.empty()) {
      tell("{} {} has no events\n", table_, id_);
      return Exit::refused;
    }
    events_ = projector::explain(history, column_);
    is_from_read_model_ = cell.has_value();
    present_ = cell ? *cell : cell_by_events(up_to.value_or(log.head()), history);
    set_by_ = projector::set_by(events_, present_.position);
    is_json_ ? show_json(to_json()) : show_lines(to_text());
    if (!is_from_read_model_ || projector::agrees(history, events_, present_)) return Exit::ok;
    tell("{}\n", with_data(settings,
                           "the read model does not hold what the events up to its position say; run `catlog "
                           "verify`"));
    return Exit::refused;
  }

 private:
  // "movies/42 rating" is "movies 42 rating".
  void take_row_apart() {
    const size_t slash = table_.find('/');
    if (!column_.empty() && slash == std::string::npos) return;
    if (!column_.empty() || slash == std::string::npos || slash + 1 == table_.size())
      throw Failure(Exit::usage, "which cell? Write movies/42 rating, or movies 42 rating");
    column_ = std::exchange(id_, table_.substr(slash + 1));
    table_.resize(slash);
  }

  projector::Scope projector_scope(const Settings& settings, const store::Log& log,
                                   std::optional<events::Position> up_to) const {
    const Among among{.ever = true, .up_to = up_to};
    const bool is_link = table_is_link(table_);
    projector::Scope scope =
        parse_row(table_, is_link ? id_ : std::to_string(row_id_of(settings, log, table_, id_, among)));
    const auto columns = projector::columns_of_table(scope.entity);
    if (std::ranges::find(columns, column_) == columns.end())
      throw Failure(Exit::usage,
                    fmt::format("{} has no column {}; there are {}", table_, column_, fmt::join(columns, " ")));
    return scope;
  }

  // At the read model's checkpoint; nothing when there is none, or as of a position.
  std::optional<PresentCell> cell_of_read_model(const Settings& settings, const projector::Scope& scope) const {
    if (!as_of_.empty() || !std::filesystem::exists(settings.data.current_read_model())) return {};
    const projector::Database database(settings.data.current_read_model(), projector::Open::read);
    return projector::read_cell(database, scope, column_);
  }

  PresentCell cell_by_events(events::Position position, const std::vector<projector::HistoryEntry>& history) const {
    PresentCell cell;
    cell.position = position;
    cell.row_is_there = history.back().row_is_there;
    if (const auto last = projector::set_by(events_, cell.position)) cell.value = events_[*last].after;
    return cell;
  }

  std::string origin() const {
    if (!present_.row_is_there) return "the row is not there";
    if (!set_by_) return fmt::format("{}: the table's default, no event set it", shown(present_.value));
    return fmt::format("{}, set at position {}", shown(present_.value), events_[*set_by_].entry.position);
  }

  std::string to_text() const {
    std::string text;
    size_t width = 0;
    for (const CellEvent& event : events_) width = std::max(width, event.entry.event.size());
    for (size_t i = 0; i < events_.size(); ++i) {
      const CellEvent& event = events_[i];
      text += head_line(event.entry, width) + "          ";
      if (event.did == CellEvent::Did::removed_row)
        text += fmt::format("{}, and the row was removed\n", shown(event.before));
      else if (event.did == CellEvent::Did::rewrote)
        text += fmt::format("{} again{}\n", shown(event.after), i == set_by_ ? "  <- present value" : "");
      else
        text += fmt::format("{} -> {}{}\n", shown(event.before), shown(event.after),
                            i == set_by_ ? "  <- present value" : "");
    }
    return text + fmt::format("{} at position {}: {}\n", is_from_read_model_ ? "the read model" : "by the log",
                              present_.position, origin());
  }

  std::string to_json() const {
    std::string events;
    for (size_t i = 0; i < events_.size(); ++i) {
      const CellEvent& event = events_[i];
      const char* did = event.did == CellEvent::Did::changed   ? "changed"
                        : event.did == CellEvent::Did::rewrote ? "rewrote"
                                                               : "removedRow";
      events += fmt::format(R"({}{{{},"did":"{}","before":{},"after":{}}})", i == 0 ? "" : ",", head_json(event.entry),
                            did, json_of(event.before), json_of(event.after));
    }
    return fmt::format(
        R"({{"table":"{}","id":{},"column":"{}","position":{},"fromReadModel":{},"rowIsThere":{},"value":{},)"
        R"("setBy":{},"events":[{}]}})"
        "\n",
        table_, json_of(id_), column_, present_.position, is_from_read_model_, present_.row_is_there,
        json_of(present_.value), set_by_ ? fmt::format("{}", events_[*set_by_].entry.position) : "null", events);
  }

  std::string table_, id_, column_, as_of_;
  bool is_json_ = false;
  std::vector<CellEvent> events_;
  PresentCell present_;
  std::optional<size_t> set_by_;
  bool is_from_read_model_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_explain(Syntax parent) { return std::make_unique<Explain>(parent); }

}  // namespace catlog::cli
