#pragma once
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/encoding.h"
#include "projector/groups/group_keeper.h"

namespace catlog::events {
struct Request;
}

namespace catlog::projector {

// What a member asks for, as it was read: names are not looked at yet, all else can be.
struct GroupCall {
  enum class Kind { join, fetch, acknowledge, give_up, leave };
  Kind kind = Kind::join;
  GroupJoin join;    // its name and member: of every kind
  size_t limit = 0;  // of a fetch, as all that follows
  GroupWork::Time wait{};
  std::vector<Delivery> deliveries;  // what it holds, has dealt with, or gives up
  std::string why;                   // of give_up
  std::optional<GroupWork::Time> delay;
};
std::expected<GroupCall, GroupRefusal> read_group_call(const events::Request& request);

// A JSON pointer to a field of such a request: /join/name.
std::string pointer_to(GroupCall::Kind kind, const std::string& field);

std::expected<GroupOrder, GroupRefusal> read_group_order(const events::Request& request);
// The order as a request's body, in JSON.
std::string write_group_order(const GroupOrder& order);
// What the answer to an order says: why nothing was done, or nothing.
std::expected<void, std::string> read_order_answer(std::string_view body);

// Answers.
std::string group_refused(const GroupRefusal& refusal, events::Encoding encoding);
std::string group_joined(const std::string& log_id, const Group& group, events::Encoding encoding);
std::string group_work_answer(std::span<const Delivery> deliveries, const GroupWork::Rules& rules,
                              events::Encoding encoding);
std::string group_done(std::span<const Delivery> late, events::Encoding encoding);

}  // namespace catlog::projector
