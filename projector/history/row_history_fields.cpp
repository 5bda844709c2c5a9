#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "projector/history/row_history.h"

namespace catlog::projector {

using events::EntityModel;
using events::Op;

namespace {

// Whether its links are replaced as a whole: then they are shown as a list.
bool is_assigned(events::Entity link) {
  return std::ranges::any_of(events::model().events(), [&](const events::EventType& type) {
    return type.op == Op::ASSIGN && type.entity == link;
  });
}

std::optional<std::string> there(const std::optional<std::string>& value, const char* word) {
  return value ? std::optional<std::string>(word) : std::nullopt;
}

std::optional<std::string> list_of(const std::set<int64_t>& ids) {
  if (ids.empty()) return {};
  return fmt::format("[{}]", fmt::join(ids, ","));
}

}  // namespace

std::optional<std::string> RowHistory::shown(const std::optional<std::string>& value, Showing showing) const {
  return value && showing == Showing::if_secrets_are_shown && secrets_ == events::Secrets::hidden
             ? std::string(events::hidden_text)
             : value;
}

void RowHistory::describe(HistoryEntry& entry) const {
  for (const CellChange& change : changes_) {
    const EntityModel& entity = events::model().entity(change.row.entity);
    if (scope_.extent == Scope::Extent::stream) {
      describe_in_stream(change, entry);
    } else if (scope_.extent == Scope::Extent::links) {
      if (change.column == entity.owner)
        entry.changes.push_back({fmt::format("{}/{},{}", entity.table, change.row.id, change.row.other),
                                 there(change.before, "linked"), there(change.after, "linked")});
    } else {
      const bool is_time = change.column == entity.created || change.column == entity.updated;
      (is_time ? entry.times : entry.changes)
          .push_back({change.column, shown(change.before, change.showing), shown(change.after, change.showing)});
    }
  }
  if (scope_.extent == Scope::Extent::stream) describe_lists(entry);
  if (scope_.extent == Scope::Extent::row) entry.rewritten = rewritten_;
}

void RowHistory::describe_in_stream(const CellChange& change, HistoryEntry& entry) const {
  const EntityModel& entity = events::model().entity(change.row.entity);
  const bool is_own = change.row.entity == scope_.stream.first;
  if (change.column == entity.created || change.column == entity.updated) {
    if (is_own) entry.times.push_back({change.column, change.before, change.after});
  } else if (entity.is_link) {
    if (change.column == entity.owner && !is_assigned(change.row.entity))
      entry.changes.push_back({fmt::format("{}/{}", entity.table, change.row.other), there(change.before, "listed"),
                               there(change.after, "listed")});
  } else if (change.column != "id" && change.column != entity.owner) {
    const std::string of = is_own ? "" : fmt::format("{}/{}.", entity.table, change.row.id);
    entry.changes.push_back(
        {of + change.column, shown(change.before, change.showing), shown(change.after, change.showing)});
  }
}

void RowHistory::describe_lists(HistoryEntry& entry) const {
  std::map<events::Entity, std::pair<std::set<int64_t>, std::set<int64_t>>> lists;  // before, after
  for (const CellChange& change : changes_)
    if (events::model().entity(change.row.entity).is_link && is_assigned(change.row.entity)) lists[change.row.entity];
  for (auto& [link, list] : lists) {
    for (const auto& [key, cells] : rows_)
      if (key.entity == link) list.second.insert(key.other);
    list.first = list.second;
    for (const CellChange& change : changes_) {
      if (change.row.entity != link) continue;
      if (change.before)
        list.first.insert(change.row.other);
      else
        list.first.erase(change.row.other);
    }
    entry.changes.push_back({events::model().entity(link).table, list_of(list.first), list_of(list.second)});
  }
}

}  // namespace catlog::projector
