#include "bin/cli/group_view.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bin/cli/output.h"
#include "events/text/json_text.h"

namespace catlog::cli {

namespace {

std::string quoted_json(const std::string& text) {
  std::string json;
  events::write_json_text(text, json);
  return json;
}

std::string topics_to_json(const std::vector<std::string>& topics) {
  std::string json;
  for (const auto& topic : topics) json += (json.empty() ? "" : ",") + quoted_json(topic);
  return '[' + json + ']';
}

// The members of an object, without braces.
std::string members_to_json(const GroupView& group) {
  const auto& work = group.record.work;
  return fmt::format(
      R"("name":"{}","topics":{},"cursor":{},"lag":{},"held":{},"membersHolding":{},"setAside":{},"ackMs":{},"tries":{},)"
      R"("fault":{})",
      group.name, topics_to_json(group.record.topics), work.cursor, group.lag, group.held, group.members,
      work.set_aside.size(), group.record.rules.ack_within.count(), group.record.rules.tries,
      group.fault.empty() ? "null" : quoted_json(group.fault));
}

}  // namespace

GroupView look_at_group(const Settings& settings, const store::Log& log, const std::string& name) {
  GroupView view;
  view.name = name;
  auto record = projector::read_group(settings.data.groups(), name);
  if (!record) {
    view.fault = record.error();
    return view;
  }
  view.record = *std::move(record);
  view.fault = projector::history_fault(view.record, log);
  const auto head = log.head();
  view.lag = head - std::min(head, view.record.work.cursor);
  std::set<std::string> members;
  for (const auto& [position, open] : view.record.work.open) {
    if (open.member.empty()) continue;
    ++view.held;
    members.insert(open.member);
  }
  view.members = members.size();
  return view;
}

std::vector<GroupView> look_at_groups(const Settings& settings, const store::Log& log) {
  std::vector<GroupView> groups;
  for (const auto& name : projector::group_names(settings.data.groups()))
    groups.push_back(look_at_group(settings, log, name));
  return groups;
}

std::string to_json(const GroupView& group) { return '{' + members_to_json(group) + '}'; }

std::string to_json_with_events(const GroupView& group) {
  std::string open, aside;
  for (const auto& [position, each] : group.record.work.open)
    open += fmt::format(R"({}{{"position":{},"stream":{},"tries":{},"failures":{},"member":{}}})",
                        open.empty() ? "" : ",", position, quoted_json(each.stream), each.tries, each.failures,
                        each.member.empty() ? "null" : quoted_json(each.member));
  for (const auto& [position, each] : group.record.work.set_aside)
    aside += fmt::format(R"({}{{"position":{},"stream":{},"tries":{},"why":{}}})", aside.empty() ? "" : ",", position,
                         quoted_json(each.stream), each.tries, quoted_json(each.why));
  return fmt::format(R"({{{},"open":[{}],"eventsSetAside":[{}]}})", members_to_json(group), open, aside);
}

std::string to_text(const GroupView& group) {
  if (!group.fault.empty()) return to_lines("{}: serves nobody: {}\n", group.name, group.fault);
  const auto& work = group.record.work;
  std::string text = fmt::format("{}: at {} ({})", group.name, work.cursor,
                                 group.lag == 0 ? "up to date" : fmt::format("{} behind", group.lag));
  if (group.held > 0) text += fmt::format(", {} members hold {} events", group.members, group.held);
  if (!work.set_aside.empty())
    text += fmt::format(", {} set aside (`catlog group show {}`)", work.set_aside.size(), group.name);
  return to_lines("{}\n", text);
}

std::string events_to_text(const GroupView& group) {
  std::string text;
  for (const auto& [position, each] : group.record.work.open)
    text += to_lines("{}  {}  {} tries, {} failed, {}\n", position, each.stream, each.tries, each.failures,
                     each.member.empty() ? "waits" : "held by " + each.member);
  for (const auto& [position, each] : group.record.work.set_aside)
    text += to_lines("{}  {}  {} tries, set aside: {}\n", position, each.stream, each.tries, each.why);
  return text;
}

}  // namespace catlog::cli
