#pragma once
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "events/bus/topics.h"
#include "projector/groups/group_file.h"
#include "projector/groups/group_work.h"

namespace catlog::projector {

// As GroupRefusalCode of the vocabulary, which says what each means.
enum class GroupFault {
  none,
  malformed,
  invalid,
  not_found,
  too_many,
  history_changed,
  storage_full,
  damaged,
  forbidden
};
struct GroupRefusal {
  GroupFault code = GroupFault::none;
  std::string message;
  std::string field = {};  // that it is about, in what was asked for: name; empty: the whole
};

// Whether it was refused because the log does not go so far. A cluster's may soon: somebody has a receipt for it.
inline bool is_beyond_log(const GroupRefusal& refusal) {
  return refusal.code == GroupFault::invalid && refusal.field == "from";
}

// A group as its keeper has it.
struct Group {
  GroupRecord record;  // as it was written last
  GroupWork work;
  std::string seen_command_id;  // of the event at work.state().seen
  events::TopicFilter filter;
  GroupRefusal fault = {};  // why it serves nobody; code none: it does
  bool is_changed = false;  // since it was written
  bool is_written = false;  // there is a file of it
  bool serves() const { return fault.code == GroupFault::none; }
};

// What a join asks for.
struct GroupJoin {
  std::string name, member;
  std::vector<std::string> topics;
  Position from = 1;
  GroupWork::Rules rules;
};

// What an operator asks for.
struct GroupOrder {
  enum class Kind { remove, retry, reset };
  Kind kind = Kind::remove;
  std::string name;
  std::vector<Position> positions;  // of retry; none: all that are set aside
  Position from = 1;                // of reset: where it goes on, as a new one would begin
};

// The groups of a data directory: their files, and what of the log they have seen. The log is its own source: it needs
// no read model.
//
// Threads: one at a time, in the one process that has the role's lock. Lifetime: refers to the log.
class GroupKeeper {
 public:
  using Time = GroupWork::Time;
  static constexpr Position records_per_look = 2'000;

  // Reads all groups. One whose file cannot be used, or whose history is not the log's, is there with its fault. Throws
  // Failure(failure) when their directory cannot be read.
  GroupKeeper(const store::Log& log, std::filesystem::path directory, Time now);

  const std::map<std::string, Group>& groups() const { return groups_; }
  // The group of this name, if it serves; else why not.
  std::expected<Group*, GroupRefusal> find(const std::string& name);
  // The same for a member, which is heard of now, and is made one.
  std::expected<Group*, GroupRefusal> find_for(const std::string& name, const std::string& member, Time now);
  std::expected<Group*, GroupRefusal> join(const GroupJoin& asked, Time now);

  // Hands out events that were seen, and looks at further records of the log for more, at most records_per_look.
  std::vector<Delivery> hand_out(Group& group, const std::string& member, Time now, size_t limit);
  // Whether the log holds more that the group has not seen, and has room for.
  bool is_behind(const Group& group) const;

  // Whatever time has brought. The next time that it brings something, if nothing else happens.
  void expire(Time now);
  std::optional<Time> next_deadline() const;

  // Groups that have only passed events which they are not about count as changed. (A restart would look at these
  // again.)
  void note_progress();
  // Writes all groups that have changed. Those that could not be written, and why: each is as it was written last, or
  // gone when it is new, and serves nobody from now on where the disk is not just full.
  std::map<std::string, GroupRefusal> save(Time now);

  // It is on the disk when this returns.
  std::expected<void, GroupRefusal> carry_out(const GroupOrder& order, Time now);

 private:
  std::expected<void, GroupRefusal> remove(const std::string& name);
  std::expected<void, GroupRefusal> retry(const std::string& name, std::span<const Position> positions);
  std::expected<void, GroupRefusal> reset(const std::string& name, Position from, Time now);
  void load(const std::string& name, Time now);
  std::optional<GroupRecord> furthest_copy(const std::string& name) const;
  void take_over(const std::string& name, Time now);
  GroupRefusal make(const GroupJoin& asked, const std::vector<std::string>& topics, Time now);
  bool look_ahead(Group& group, size_t wanted);
  std::expected<void, GroupRefusal> do_order(const GroupOrder& order, Time now);
  void write(Group& group);
  GroupRefusal try_write(Group& group);
  GroupRefusal not_found(const std::string& name) const;

  const store::Log& log_;
  std::filesystem::path directory_;
  std::map<std::string, Group> groups_;
};

}  // namespace catlog::projector
