#include "projector/quarantine/left_out.h"

#include <algorithm>

#include <fmt/format.h>

#include "events/schema/record.h"
#include "events/text/printable.h"
#include "projector/sqlite/checkpoint.h"

namespace catlog::projector {

namespace {

constexpr size_t named_at_most = 5;

std::string first_few(const std::vector<Position>& positions) {
  const size_t named = std::min(positions.size(), named_at_most);
  return fmt::format("{}{}", fmt::join(positions.begin(), positions.begin() + static_cast<ptrdiff_t>(named), ", "),
                     named < positions.size() ? fmt::format(" and {} more", positions.size() - named) : "");
}

// ": 5 (no title), 9 (..) and 3 more"
std::string named(const std::vector<LeftOut>& events, uint64_t all) {
  std::string text;
  const size_t few = std::min(events.size(), named_at_most);
  for (size_t i = 0; i < few; ++i)
    text += fmt::format("{}{} ({})", i == 0 ? ": " : ", ", events[i].position, events::printable(events[i].why));
  if (few < all) text += fmt::format(" and {} more", all - few);
  return text;
}

enum class TableIs { missing, older, present };

TableIs table_of_left_out(const Database& database) {
  Statement columns(database, "SELECT count(*), total(name = 'cause') FROM pragma_table_info('projection_quarantine')");
  columns.step();
  return columns.integer(0) == 0 ? TableIs::missing : columns.integer(1) == 0 ? TableIs::older : TableIs::present;
}

}  // namespace

LeftOutEvents read_left_out(const Database& database) {
  LeftOutEvents events;
  const TableIs table = table_of_left_out(database);
  if (table == TableIs::missing) return events;
  if (table == TableIs::older) {
    Statement rows(database, "SELECT position, why FROM projection_quarantine ORDER BY position");
    while (rows.step()) events.listed.push_back({static_cast<Position>(rows.integer(0)), std::string(rows.text(1)), 0});
    return events;
  }
  Statement count(database, "SELECT count(*) FROM projection_quarantine WHERE cause NOT IN (0, position)");
  count.step();
  events.with_them_count = static_cast<uint64_t>(count.integer(0));
  const auto read = [&](Sql sql, int64_t limit) {
    std::vector<LeftOut> found;
    Statement rows(database, sql);
    rows.bind(1, limit);
    while (rows.step())
      found.push_back(
          {static_cast<Position>(rows.integer(0)), std::string(rows.text(1)), static_cast<Position>(rows.integer(2))});
    return found;
  };
  events.listed = read(
      "SELECT position, why, cause FROM projection_quarantine WHERE cause IN (0, position) ORDER BY position LIMIT ?1",
      max_quarantined_events);
  events.with_them = read(
      "SELECT position, why, cause FROM projection_quarantine WHERE cause NOT IN (0, position) ORDER BY position "
      "LIMIT ?1",
      named_at_most);
  return events;
}

uint64_t count_left_out_with(const Database& database, Position listed) {
  if (table_of_left_out(database) != TableIs::present) return 0;
  Statement count(database, "SELECT count(*) FROM projection_quarantine WHERE cause = ?1 AND position <> ?1");
  count.bind(1, static_cast<int64_t>(listed)).step();
  return static_cast<uint64_t>(count.integer(0));
}

std::string to_text(const LeftOutEvents& left_out) {
  if (left_out.empty()) return {};
  std::string text = left_out.listed.size() == 1 ? "without 1 quarantined event"
                                                 : fmt::format("without {} quarantined events", left_out.listed.size());
  text += named(left_out.listed, left_out.listed.size());
  if (left_out.with_them_count == 0) return text;
  text += fmt::format(", and {} with {}", left_out.with_them_count, left_out.listed.size() == 1 ? "it" : "them");
  return text + named(left_out.with_them, left_out.with_them_count);
}

QuarantineDrift drift_of(const Quarantine& list, const LeftOutEvents& left_out, Position position) {
  QuarantineDrift drift;
  for (const LeftOut& event : left_out.listed) {
    if (!list.find(event.position))
      drift.left_out_but_off.push_back(event.position);
    else if (event.cause == 0)
      drift.left_out_alone.push_back(event.position);
  }
  for (const QuarantinedEvent& event : list.events()) {
    const bool is_out = std::ranges::binary_search(left_out.listed, event.position, {}, &LeftOut::position);
    if (event.position <= position && !is_out) drift.listed_but_in.push_back(event.position);
  }
  return drift;
}

std::vector<std::string> to_sentences(const QuarantineDrift& drift) {
  std::vector<std::string> sentences;
  if (!drift.listed_but_in.empty())
    sentences.push_back(fmt::format("quarantined but in the read model: {}; `catlog rebuild` takes it out",
                                    first_few(drift.listed_but_in)));
  if (!drift.left_out_but_off.empty())
    sentences.push_back(fmt::format("left out but no longer quarantined: {}; `catlog rebuild` takes it in",
                                    first_few(drift.left_out_but_off)));
  if (!drift.left_out_alone.empty())
    sentences.push_back(
        fmt::format("left out by an earlier release, without the rest of its command: {}; `catlog "
                    "rebuild` leaves out what goes with it",
                    first_few(drift.left_out_alone)));
  return sentences;
}

LeftOutLookup::LeftOutLookup(Quarantine list, std::unique_ptr<Database> read_model)
    : list_(std::move(list)), read_model_(std::move(read_model)) {
  if (!read_model_ || table_of_left_out(*read_model_) != TableIs::present) return;
  passed_ = read_checkpoint(*read_model_).position;
  const Sql sql = "SELECT iif(cause = 0, position, cause) FROM projection_quarantine WHERE position = ?1";
  row_ = std::make_unique<Statement>(*read_model_, sql);
}

Position LeftOutLookup::cause_of(const events::RecordReader& record) const {
  const Position position = record.getPosition();
  if (position <= passed_) {
    const bool is_out = row_->bind(1, static_cast<int64_t>(position)).step();
    const Position cause = is_out ? static_cast<Position>(row_->integer(0)) : 0;
    row_->reset();  // left on its row it would hold a snapshot of the read model, for as long as the caller prints
    return cause;
  }
  if (list_.find(position)) return position;
  const Position first = position - std::min<Position>(position - 1, record.getIndex());
  const QuarantinedEvent* listed = list_.first_in(first, first + record.getCount() - 1);
  return listed ? listed->position : 0;
}

}  // namespace catlog::projector
