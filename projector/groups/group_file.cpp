#include "projector/groups/group_file.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <map>
#include <system_error>

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/bus/limits.h"
#include "events/bus/topics.h"
#include "events/codec/message.h"
#include "events/error.h"
#include "events/text/uuid.h"
#include "store/files/durable_file.h"
#include "store/files/own_file.h"
#include "store/log.h"
#include "store/records.h"

namespace catlog::projector {

namespace fs = std::filesystem;
namespace schema = events::schema;

namespace {

constexpr uint64_t group_format = 1;
constexpr size_t max_group_file_bytes = size_t{8} << 20;
constexpr std::string_view group_suffix = ".json";

std::string text_of(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

WorkState work_of(schema::GroupRecord::Reader from) {
  WorkState work;
  work.cursor = from.getCursor();
  work.seen = from.getSeen();
  for (const auto open : from.getOpen())
    work.open[open.getPosition()] = {text_of(open.getStream()), open.getTries(), open.getFailures(),
                                     text_of(open.getMember())};
  for (const auto aside : from.getSetAside())
    work.set_aside[aside.getPosition()] = {text_of(aside.getStream()), aside.getTries(), text_of(aside.getWhy())};
  return work;
}

// One that nobody holds, or that a member holds as the only one of its stream.
bool is_held_rightly(const WorkState::Open& event, std::map<std::string, std::string>& holders) {
  if (event.member.empty()) return true;
  return is_member_name(event.member) && event.tries > 0 &&
         holders.emplace(event.stream, event.member).first->second == event.member;
}

bool is_possible(const GroupRecord& group) {
  const WorkState& work = group.work;
  const auto is_seen = [&](const auto& each) { return each.first > 0 && each.first <= work.seen; };
  std::map<std::string, std::string> holders;  // by stream
  return work.cursor <= work.seen && std::ranges::all_of(work.open, is_seen) &&
         std::ranges::all_of(work.set_aside, is_seen) &&
         std::ranges::all_of(work.open, [&](const auto& each) { return is_held_rightly(each.second, holders); });
}

// What is told of an open event and of one that is set aside.
template <class Builder, class Event>
void write_event(Position position, const Event& event, Builder into) {
  into.setPosition(position);
  into.setStream(event.stream);
  into.setTries(event.tries);
}

void write_work(const WorkState& work, schema::GroupRecord::Builder into) {
  into.setCursor(work.cursor);
  into.setSeen(work.seen);
  auto all_open = into.initOpen(static_cast<unsigned>(work.open.size()));
  unsigned at = 0;
  for (const auto& [position, open] : work.open) {
    auto each = all_open[at++];
    write_event(position, open, each);
    each.setFailures(open.failures);
    if (!open.member.empty()) each.setMember(open.member);
  }
  auto all_aside = into.initSetAside(static_cast<unsigned>(work.set_aside.size()));
  at = 0;
  for (const auto& [position, aside] : work.set_aside) {
    auto each = all_aside[at++];
    write_event(position, aside, each);
    each.setWhy(aside.why);
  }
}

}  // namespace

fs::path file_of_group(const fs::path& directory, const std::string& name) {
  return directory / (name + std::string(group_suffix));
}

bool is_group_name(std::string_view name) {
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= events::max_group_name_bytes && is_alphanumeric(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_member_name(std::string_view name) {
  return !name.empty() && name.size() <= events::max_group_name_bytes &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::vector<std::string> group_names(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code failed;
  fs::directory_iterator entry(directory, failed);
  if (failed == std::errc::no_such_file_or_directory) return names;
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed))
    if (entry->path().extension() == group_suffix && is_group_name(entry->path().stem().string()))
      names.push_back(entry->path().stem().string());
  if (failed)
    throw events::Failure(
        events::Exit::failure,
        fmt::format("the groups in {} cannot be read: {}. Let the user that catlog runs as read this directory",
                    directory.string(), failed.message()));
  std::ranges::sort(names);
  return names;
}

bool has_group_file(const fs::path& directory, const std::string& name) {
  std::error_code failed;
  return fs::symlink_status(file_of_group(directory, name), failed).type() != fs::file_type::not_found;
}

std::expected<GroupRecord, std::string> read_group(const fs::path& directory, const std::string& name) {
  const fs::path file = file_of_group(directory, name);
  const auto text = store::read_own_file(file, max_group_file_bytes);
  if (!text) return std::unexpected(text.error().sentence);
  const auto unusable = [&](const std::string& why) {
    return std::unexpected(fmt::format("{} cannot be used ({}): bring back a copy of it, or `catlog group remove {}`",
                                       file.string(), why, name));
  };
  const auto message = events::read_message(*text, events::Encoding::json, capnp::Schema::from<schema::GroupRecord>());
  if (!message) return unusable(message.error().field + " " + message.error().message);
  const auto root = message->root<schema::GroupRecord>();
  if (root.getFormat() != group_format) return unusable(fmt::format("its format is {}", root.getFormat()));
  GroupRecord group{name,
                    text_of(root.getLogId()),
                    {},
                    {GroupWork::Time(std::clamp(root.getAckMs(), events::least_group_ack_ms, events::max_group_ack_ms)),
                     std::clamp<uint64_t>(root.getTries(), 1, events::max_group_tries)},
                    work_of(root),
                    text_of(root.getSeenCommandId()),
                    root.getResets()};
  for (const auto topic : root.getTopics()) group.topics.push_back(text_of(topic));
  if (text_of(root.getName()) != name) return unusable("it is another group's");
  if (const auto fault = events::TopicFilter::fault(group.topics); !fault.empty()) return unusable(fault);
  if (!is_possible(group)) return unusable("its positions contradict each other");
  return group;
}

void write_group(const fs::path& directory, const GroupRecord& group) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::GroupRecord>();
  root.setFormat(group_format);
  root.setName(group.name);
  root.setLogId(group.log_id);
  auto topics = root.initTopics(static_cast<unsigned>(group.topics.size()));
  for (unsigned at = 0; at < group.topics.size(); ++at) topics.set(at, group.topics[at]);
  root.setAckMs(static_cast<uint64_t>(group.rules.ack_within.count()));
  root.setTries(group.rules.tries);
  write_work(group.work, root);
  root.setSeenCommandId(group.seen_command_id);
  root.setResets(group.resets);
  store::write_durably(file_of_group(directory, group.name),
                       events::encode(root.asReader(), events::Encoding::json) + '\n', store::shared_file);
}

void remove_group(const fs::path& directory, const std::string& name) {
  std::error_code failed;
  fs::remove(file_of_group(directory, name), failed);
  if (failed)
    throw events::Failure(
        events::Exit::failure,
        fmt::format("cannot remove {}: {}", file_of_group(directory, name).string(), failed.message()));
  store::sync_path(directory);
}

std::string command_id_at(const store::Log& log, Position position) {
  const auto snapshot = log.snapshot();
  if (position == 0 || position > snapshot.head()) return {};
  return store::visit_record(position, snapshot.read(position), [](const events::RecordReader& record) {
    return events::to_string(events::uuid_of(record.getCommandId()));
  });
}

std::string history_fault(const GroupRecord& group, const store::Log& log) {
  const std::string advice =
      fmt::format("; what was made of it is of another history. `catlog group reset {}` begins anew", group.name);
  if (group.log_id != log.id())
    return fmt::format("this is log {}, and group {} is of log {}{}", log.id(), group.name, group.log_id, advice);
  if (const Position head = log.head(); group.work.seen > head)
    return fmt::format("log {} ends at position {}, and group {} has seen {}: the log was restored to before that{}",
                       log.id(), head, group.name, group.work.seen, advice);
  if (command_id_at(log, group.work.seen) != group.seen_command_id)
    return fmt::format(
        "the event at position {} is another one than group {} has seen there: the log was restored to "
        "before that{}",
        group.work.seen, group.name, advice);
  return {};
}

}  // namespace catlog::projector
