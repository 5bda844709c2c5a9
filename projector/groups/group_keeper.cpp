#include "projector/groups/group_keeper.h"

#include "events/schema/record.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "events/bus/limits.h"
#include "events/error.h"
#include "events/text/uuid.h"
#include "projector/feed/change_frames.h"
#include "store/files/durable_file.h"
#include "store/log.h"
#include "store/records.h"

namespace catlog::projector {

namespace {

// The state of a group that begins, or begins anew, at this position.
WorkState beginning_at(Position from) {
  WorkState work;
  work.cursor = work.seen = std::max<Position>(from, 1) - 1;
  return work;
}

using Reach = std::pair<uint64_t, Position>;  // how often it began anew, and how far it came since
Reach reach_of(const GroupRecord& record) { return {record.resets, record.work.cursor}; }
Reach reach_of(const Group& group) { return {group.record.resets, group.work.state().cursor}; }

std::vector<std::string> in_order(std::vector<std::string> topics) {
  std::ranges::sort(topics);
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  return topics;
}

std::string list_of(const std::vector<std::string>& topics) {
  std::string list;
  for (const auto& topic : topics) list += (list.empty() ? "" : ", ") + topic;
  return list.empty() ? "everything" : list;
}

GroupRefusal beyond(const store::Log& log, Position from) {
  return {GroupFault::invalid, fmt::format("the log ends at position {}, before {}", log.head(), from), "from"};
}

const GroupRefusal no_space{GroupFault::storage_full, "the disk is full, and nothing was done: send it again later"};

GroupRefusal cannot_be_written(const std::string& name, const events::Failure& failure) {
  return {GroupFault::damaged, fmt::format("group {} cannot be written, and nothing was done: {}. Mend that, then "
                                           "restart the daemon",
                                           name, failure.what())};
}

GroupRefusal no_member_name() { return {GroupFault::invalid, std::string(member_name_rule), "member"}; }

}  // namespace

GroupKeeper::GroupKeeper(const store::Log& log, std::filesystem::path directory, Time now)
    : log_(log), directory_(std::move(directory)) {
  for (const std::string& name : group_names(directory_)) load(name, now);
}

void GroupKeeper::load(const std::string& name, Time now) {
  auto record = read_group(directory_, name);
  GroupRefusal fault;
  if (!record) {
    fault = {GroupFault::damaged, record.error()};
    record = GroupRecord();
    record->name = name;
  } else if (auto changed = history_fault(*record, log_); !changed.empty()) {
    fault = {GroupFault::history_changed, std::move(changed)};
  }
  GroupWork work(record->work, record->rules, now);
  events::TopicFilter filter(record->topics);
  std::string seen = record->seen_command_id;
  groups_
      .emplace(name, Group{*std::move(record), std::move(work), std::move(seen), std::move(filter), std::move(fault)})
      .first->second.is_written = true;
}

// Of the copies that there are of other nodes' groups of this name. One that an operator made to begin anew is later
// than one that was not, however far that is.
std::optional<GroupRecord> GroupKeeper::furthest_copy(const std::string& name) const {
  std::optional<GroupRecord> furthest;
  std::error_code missing;
  for (const auto& folder : std::filesystem::directory_iterator(directory_ / of_other_nodes, missing)) {
    if (!has_group_file(folder.path(), name)) continue;
    auto record = read_group(folder.path(), name);
    if (!record || record->log_id != log_.id()) continue;
    if (!furthest || reach_of(*record) > reach_of(*furthest)) furthest = std::move(*record);
  }
  return furthest;
}

// A name that nobody uses here goes on from where another node of the cluster had it, if that was further. What that
// node has seen of the log, and this one has not yet, goes out again.
void GroupKeeper::take_over(const std::string& name, Time now) {
  const auto own = groups_.find(name);
  const bool is_here = own != groups_.end();
  if (!is_group_name(name) || (!is_here && groups_.size() >= events::max_groups)) return;
  if (is_here && (!own->second.serves() || own->second.work.members() > 0)) return;
  auto furthest = furthest_copy(name);
  if (!furthest || (is_here && reach_of(own->second) >= reach_of(*furthest))) return;
  if (const Position head = log_.head(); furthest->work.seen > head) {
    auto& work = furthest->work;
    work.cursor = std::min(work.cursor, head);
    work.seen = head;
    std::erase_if(work.open, [head](const auto& each) { return each.first > head; });
    std::erase_if(work.set_aside, [head](const auto& each) { return each.first > head; });
    furthest->seen_command_id = command_id_at(log_, head);
  }
  write_group(directory_, *furthest);
  if (is_here) groups_.erase(own);
  load(name, now);
}

GroupRefusal GroupKeeper::not_found(const std::string& name) const {
  if (!is_group_name(name)) return {GroupFault::invalid, std::string(group_name_rule), "name"};
  return {GroupFault::not_found, fmt::format("there is no group {}: join it", name)};
}

std::expected<Group*, GroupRefusal> GroupKeeper::find(const std::string& name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return std::unexpected(not_found(name));
  if (found->second.fault.code != GroupFault::none) return std::unexpected(found->second.fault);
  return &found->second;
}

std::expected<Group*, GroupRefusal> GroupKeeper::find_for(const std::string& name, const std::string& member,
                                                          Time now) {
  if (!is_member_name(member)) return std::unexpected(no_member_name());
  auto group = find(name);
  if (group && !(*group)->work.hear(member, now))
    return std::unexpected(
        GroupRefusal{GroupFault::too_many,
                     fmt::format("group {} has {} members, and can have no more", name, (*group)->work.members())});
  return group;
}

std::expected<Group*, GroupRefusal> GroupKeeper::join(const GroupJoin& asked, Time now) {
  const auto topics = in_order(asked.topics);
  if (auto fault = events::TopicFilter::fault(topics); !fault.empty())
    return std::unexpected(GroupRefusal{GroupFault::invalid, "/join" + fault});
  try {
    take_over(asked.name, now);
  } catch (const events::StorageFull&) {
    return std::unexpected(no_space);
  } catch (const events::Failure& failure) {
    return std::unexpected(cannot_be_written(asked.name, failure));
  }
  if (!groups_.contains(asked.name) && is_group_name(asked.name) && has_group_file(directory_, asked.name))
    load(asked.name, now);  // somebody has brought it back
  const auto found = groups_.find(asked.name);
  if (found == groups_.end()) {
    if (auto refusal = make(asked, topics, now); refusal.code != GroupFault::none)
      return std::unexpected(std::move(refusal));
  } else if (found->second.fault.code == GroupFault::none && found->second.record.topics != topics) {
    return std::unexpected(GroupRefusal{
        GroupFault::invalid,
        fmt::format(
            "/join/topics: group {} is about {} and stays so, for what it has dealt with is of these; take another "
            "name, or have an operator remove it",
            asked.name, list_of(found->second.record.topics))});
  }
  auto group = find_for(asked.name, asked.member, now);
  if (!group) return group;
  const auto rules = (*group)->work.rules();
  if (rules.ack_within != asked.rules.ack_within || rules.tries != asked.rules.tries) {
    (*group)->work.set_rules(asked.rules);
    (*group)->is_changed = true;
  }
  return group;
}

// Code none: it is there now.
GroupRefusal GroupKeeper::make(const GroupJoin& asked, const std::vector<std::string>& topics, Time now) {
  if (!is_group_name(asked.name)) return not_found(asked.name);
  if (!is_member_name(asked.member)) return no_member_name();
  if (groups_.size() >= events::max_groups)
    return {GroupFault::too_many, fmt::format("there are {} groups, and can be no more: an operator removes one that "
                                              "nobody needs (`catlog group remove NAME`)",
                                              groups_.size())};
  if (asked.from > log_.head() + 1) return beyond(log_, asked.from);
  GroupRecord record{asked.name, log_.id(), topics, asked.rules, beginning_at(asked.from), {}};
  std::string seen = command_id_at(log_, record.work.seen);
  GroupWork work(record.work, asked.rules, now);
  groups_.emplace(asked.name, Group{std::move(record), std::move(work), std::move(seen), events::TopicFilter(topics)})
      .first->second.is_changed = true;
  return {};
}

std::vector<Delivery> GroupKeeper::hand_out(Group& group, const std::string& member, Time now, size_t limit) {
  auto given = group.work.hand_out(member, now, limit);
  if (given.size() < limit && look_ahead(group, limit - given.size())) {
    const auto more = group.work.hand_out(member, now, limit - given.size());
    given.insert(given.end(), more.begin(), more.end());
  }
  if (!given.empty()) group.is_changed = true;
  return given;
}

bool GroupKeeper::is_behind(const Group& group) const {
  return group.work.wants_more() && group.work.state().seen < log_.head();
}

// Until so many more match; whether one does.
bool GroupKeeper::look_ahead(Group& group, size_t wanted) {
  if (!is_behind(group)) return false;
  const Position from = group.work.state().seen + 1;
  size_t matched = 0;
  events::Uuid last;
  store::for_each_record(log_, from, from + records_per_look - 1, [&](const events::RecordReader& record) {
    std::string stream = fmt::format("{}/{}/", table_of(record), record.getStreamId());
    const bool matches = group.filter.matches(stream);
    group.work.see(record.getPosition(), matches ? std::optional(std::move(stream)) : std::nullopt);
    last = events::uuid_of(record.getCommandId());
    if (matches) ++matched;
    return matched < wanted && group.work.wants_more();
  });
  if (group.work.state().seen >= from) group.seen_command_id = events::to_string(last);
  return matched > 0;
}

void GroupKeeper::note_progress() {
  for (auto& [name, group] : groups_)
    if (group.work.state().seen != group.record.work.seen) group.is_changed = true;
}

void GroupKeeper::expire(Time now) {
  for (auto& [name, group] : groups_)
    if (group.serves() && group.work.expire(now)) group.is_changed = true;
}

std::optional<GroupWork::Time> GroupKeeper::next_deadline() const {
  std::optional<Time> next;
  for (const auto& [name, group] : groups_) {
    if (!group.serves()) continue;
    const auto deadline = group.work.next_deadline();
    if (deadline && (!next || *deadline < *next)) next = deadline;
  }
  return next;
}

void GroupKeeper::write(Group& group) {
  GroupRecord next = group.record;
  next.rules = group.work.rules();
  next.work = group.work.state();
  next.seen_command_id = group.seen_command_id;
  store::make_directories(directory_);
  write_group(directory_, next);
  group.record = std::move(next);
  group.is_changed = false;
  group.is_written = true;
}

// Code none: it is on the disk.
GroupRefusal GroupKeeper::try_write(Group& group) {
  try {
    write(group);
    return {};
  } catch (const events::StorageFull&) {
    return no_space;
  } catch (const events::Failure& failure) {
    return cannot_be_written(group.record.name, failure);
  }
}

std::map<std::string, GroupRefusal> GroupKeeper::save(Time now) {
  std::map<std::string, GroupRefusal> unsaved;
  for (auto& [name, group] : groups_) {
    if (!group.is_changed) continue;
    auto why = try_write(group);
    if (why.code == GroupFault::none) continue;
    group.work = GroupWork(group.record.work, group.record.rules, now);
    group.seen_command_id = group.record.seen_command_id;
    group.is_changed = false;
    if (why.code == GroupFault::damaged) group.fault = why;
    unsaved.emplace(name, std::move(why));
  }
  std::erase_if(groups_, [](const auto& each) { return !each.second.is_written; });
  return unsaved;
}

std::expected<void, GroupRefusal> GroupKeeper::carry_out(const GroupOrder& order, Time now) {
  try {
    return do_order(order, now);
  } catch (const events::StorageFull&) {
    return std::unexpected(no_space);
  } catch (const events::Failure& failure) {
    return std::unexpected(cannot_be_written(order.name, failure));
  }
}

std::expected<void, GroupRefusal> GroupKeeper::do_order(const GroupOrder& order, Time now) {
  switch (order.kind) {
    case GroupOrder::Kind::remove:
      return remove(order.name);
    case GroupOrder::Kind::retry:
      return retry(order.name, order.positions);
    case GroupOrder::Kind::reset:
      break;
  }
  return reset(order.name, std::max<Position>(order.from, 1), now);
}

std::expected<void, GroupRefusal> GroupKeeper::remove(const std::string& name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return std::unexpected(not_found(name));
  remove_group(directory_, name);
  groups_.erase(found);
  return {};
}

std::expected<void, GroupRefusal> GroupKeeper::retry(const std::string& name, std::span<const Position> positions) {
  const auto group = find(name);
  if (!group) return std::unexpected(group.error());
  const auto& aside = (*group)->work.state().set_aside;
  for (const Position position : positions)
    if (!aside.contains(position))
      return std::unexpected(GroupRefusal{
          GroupFault::invalid,
          fmt::format("position {} is not set aside; `catlog group show {}` lists those that are", position, name)});
  std::vector<Position> all(positions.begin(), positions.end());
  if (all.empty())
    for (const auto& [position, what] : aside) all.push_back(position);
  Group next = **group;  // which takes its place when it is on the disk
  for (const Position position : all) next.work.retry(position);
  write(next);
  **group = std::move(next);
  return {};
}

std::expected<void, GroupRefusal> GroupKeeper::reset(const std::string& name, Position from, Time now) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return std::unexpected(not_found(name));
  if (found->second.fault.code == GroupFault::damaged) return std::unexpected(found->second.fault);
  if (from > log_.head() + 1) return std::unexpected(beyond(log_, from));
  Group next = found->second;
  next.work = GroupWork(beginning_at(from), next.work.rules(), now);
  next.record.log_id = log_.id();
  const auto copy = furthest_copy(name);
  next.record.resets = std::max(next.record.resets, copy ? copy->resets : 0) + 1;
  next.seen_command_id = command_id_at(log_, next.work.state().seen);
  next.fault = {};
  write(next);
  found->second = std::move(next);
  return {};
}

}  // namespace catlog::projector
