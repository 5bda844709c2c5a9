#include "projector/groups/group_messages.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <utility>

#include <capnp/message.h>
#include <fmt/format.h>

#include "events/bus/limits.h"
#include "events/bus/router.h"
#include "events/codec/json.h"
#include "events/codec/message.h"
#include "events/error.h"
#include "events/text/printable.h"

namespace catlog::projector {

namespace schema = events::schema;
using events::Encoding;

namespace {

std::unexpected<GroupRefusal> refuse(GroupFault code, std::string message) {
  return std::unexpected(GroupRefusal{code, std::move(message)});
}

std::unexpected<GroupRefusal> out_of_range(const char* pointer, uint64_t least, uint64_t most) {
  return refuse(GroupFault::invalid, fmt::format("{}: from {} to {}", pointer, least, most));
}

std::string said(capnp::Text::Reader text) { return {text.begin(), text.size()}; }

std::vector<Delivery> read_deliveries(capnp::List<schema::GroupDelivery>::Reader from) {
  std::vector<Delivery> deliveries;
  for (const auto each : from) deliveries.push_back({each.getPosition(), each.getTry()});
  return deliveries;
}

void write_deliveries(std::span<const Delivery> from, capnp::List<schema::GroupDelivery>::Builder into) {
  for (unsigned at = 0; at < from.size(); ++at) {
    into[at].setPosition(from[at].position);
    into[at].setTry(from[at].number);
  }
}

// In whole characters.
std::string cut(std::string words) {
  size_t end = std::min(words.size(), events::max_group_why_bytes);
  while (end < words.size() && end > 0 && (static_cast<unsigned char>(words[end]) & 0xC0U) == 0x80U) --end;
  words.resize(end);
  return words;
}

std::expected<events::Message, GroupRefusal> read_body(const events::Request& request, capnp::StructSchema as) {
  if (!request.malformed.empty()) return refuse(GroupFault::malformed, request.malformed);
  if (request.bytes().size() > events::max_replay_request_bytes)
    return refuse(GroupFault::malformed,
                  fmt::format("a group's request has at most {} bytes", events::max_replay_request_bytes));
  auto message = events::read_message(request.bytes(), request.encoding.value_or(Encoding::json), as);
  if (message) return *std::move(message);
  const auto& fault = message.error();
  return refuse(GroupFault::malformed,
                fault.field.empty() ? fault.message : fmt::format("{}: {}", fault.field, fault.message));
}

std::expected<GroupCall, GroupRefusal> read_join(schema::GroupRequest::Join::Reader from) {
  GroupCall call;
  call.join = {said(from.getName()),
               said(from.getMember()),
               {},
               std::max<Position>(from.getFrom(), 1),
               {GroupWork::Time(from.getAckMs()), from.getTries()}};
  for (const auto topic : from.getTopics()) call.join.topics.push_back(said(topic));
  if (from.getAckMs() < events::least_group_ack_ms || from.getAckMs() > events::max_group_ack_ms)
    return out_of_range("/join/ackMs", events::least_group_ack_ms, events::max_group_ack_ms);
  if (from.getTries() == 0 || from.getTries() > events::max_group_tries)
    return out_of_range("/join/tries", 1, events::max_group_tries);
  return call;
}

std::expected<GroupCall, GroupRefusal> read_fetch(schema::GroupRequest::Fetch::Reader from) {
  GroupCall call;
  call.kind = GroupCall::Kind::fetch;
  call.join.name = said(from.getName());
  call.join.member = said(from.getMember());
  call.limit = from.getLimit();
  call.wait = GroupWork::Time(from.getWaitMs());
  call.deliveries = read_deliveries(from.getHolds());
  if (from.getLimit() == 0 || from.getLimit() > events::max_group_events_held)
    return out_of_range("/fetch/limit", 1, events::max_group_events_held);
  if (from.getWaitMs() > events::max_group_wait_ms) return out_of_range("/fetch/waitMs", 0, events::max_group_wait_ms);
  return call;
}

// An ack, a nack or a leave.
template <class Reader>
GroupCall call_of(GroupCall::Kind kind, Reader from) {
  GroupCall call;
  call.kind = kind;
  call.join.name = said(from.getName());
  call.join.member = said(from.getMember());
  if constexpr (requires { from.getDeliveries(); }) call.deliveries = read_deliveries(from.getDeliveries());
  return call;
}

std::expected<GroupCall, GroupRefusal> read_nack(schema::GroupRequest::Nack::Reader from) {
  GroupCall call = call_of(GroupCall::Kind::give_up, from);
  call.why = cut(events::printable(said(from.getWhy())));
  const int64_t delay_ms = from.getDelayMs();
  if (delay_ms == events::absent_int) return call;
  if (delay_ms < 0 || static_cast<uint64_t>(delay_ms) > events::max_group_ack_ms)
    return out_of_range("/nack/delayMs", 0, events::max_group_ack_ms);
  call.delay = GroupWork::Time(delay_ms);
  return call;
}

// They are the same, in the same order.
schema::GroupRefusalCode code_of(GroupFault fault) {
  using Code = schema::GroupRefusalCode;
  static_assert(static_cast<int>(GroupFault::none) == static_cast<int>(Code::UNSET) &&
                static_cast<int>(GroupFault::not_found) == static_cast<int>(Code::NOT_FOUND) &&
                static_cast<int>(GroupFault::storage_full) == static_cast<int>(Code::STORAGE_FULL) &&
                static_cast<int>(GroupFault::forbidden) == static_cast<int>(Code::FORBIDDEN));
  return static_cast<Code>(fault);
}

}  // namespace

std::expected<GroupCall, GroupRefusal> read_group_call(const events::Request& request) {
  const auto message = read_body(request, capnp::Schema::from<schema::GroupRequest>());
  if (!message) return std::unexpected(message.error());
  const auto root = message->root<schema::GroupRequest>();
  switch (root.which()) {
    case schema::GroupRequest::JOIN:
      return read_join(root.getJoin());
    case schema::GroupRequest::FETCH:
      return read_fetch(root.getFetch());
    case schema::GroupRequest::ACK:
      return call_of(GroupCall::Kind::acknowledge, root.getAck());
    case schema::GroupRequest::NACK:
      return read_nack(root.getNack());
    case schema::GroupRequest::LEAVE:
      return call_of(GroupCall::Kind::leave, root.getLeave());
    default:
      return refuse(GroupFault::malformed, "ask for join, fetch, ack, nack or leave");
  }
}

std::string pointer_to(GroupCall::Kind kind, const std::string& field) {
  using Call = GroupCall::Kind;
  const char* name = kind == Call::join          ? "join"
                     : kind == Call::fetch       ? "fetch"
                     : kind == Call::acknowledge ? "ack"
                     : kind == Call::give_up     ? "nack"
                                                 : "leave";
  return fmt::format("/{}/{}", name, field);
}

std::expected<GroupOrder, GroupRefusal> read_group_order(const events::Request& request) {
  const auto message = read_body(request, capnp::Schema::from<schema::GroupOrder>());
  if (!message) return std::unexpected(message.error());
  const auto root = message->root<schema::GroupOrder>();
  GroupOrder order;
  if (root.isRemove()) {
    order.name = said(root.getRemove().getName());
  } else if (root.isRetry()) {
    order = {GroupOrder::Kind::retry, said(root.getRetry().getName()), {}, 1};
    for (const int64_t position : root.getRetry().getPositions())
      order.positions.push_back(static_cast<Position>(std::max<int64_t>(position, 0)));
  } else if (root.isReset()) {
    order = {GroupOrder::Kind::reset, said(root.getReset().getName()), {}, root.getReset().getFrom()};
  } else {
    return refuse(GroupFault::malformed, "ask for remove, retry or reset");
  }
  return order;
}

std::string write_group_order(const GroupOrder& order) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::GroupOrder>();
  if (order.kind == GroupOrder::Kind::remove) {
    root.initRemove().setName(order.name);
  } else if (order.kind == GroupOrder::Kind::reset) {
    auto reset = root.initReset();
    reset.setName(order.name);
    reset.setFrom(order.from);
  } else {
    auto retry = root.initRetry();
    retry.setName(order.name);
    auto positions = retry.initPositions(static_cast<unsigned>(order.positions.size()));
    for (unsigned at = 0; at < order.positions.size(); ++at)
      positions.set(at, static_cast<int64_t>(order.positions[at]));
  }
  return events::encode(root.asReader(), Encoding::json);
}

std::expected<void, std::string> read_order_answer(std::string_view body) {
  capnp::MallocMessageBuilder message;
  auto answer = message.initRoot<schema::GroupAnswer>();
  if (!events::read_json(body, answer, events::Fields::known) || !(answer.isDone() || answer.isRefused()))
    return std::unexpected(
        "the answer of the groups' socket cannot be read: the other side is no catlog of this version");
  if (answer.isRefused()) return std::unexpected(said(answer.getRefused().getMessage()));
  return {};
}

std::string group_refused(const GroupRefusal& refusal, Encoding encoding) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::GroupAnswer>();
  auto refused = root.initRefused();
  refused.setCode(code_of(refusal.code));
  refused.setMessage(refusal.field.empty() ? refusal.message : refusal.field + ": " + refusal.message);
  return events::encode(root.asReader(), encoding);
}

std::string group_joined(const std::string& log_id, const Group& group, Encoding encoding) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::GroupAnswer>();
  auto joined = root.initJoined();
  joined.setLogId(log_id);
  joined.setCursor(group.work.state().cursor);
  joined.setMembers(group.work.members());
  return events::encode(root.asReader(), encoding);
}

std::string group_work_answer(std::span<const Delivery> deliveries, const GroupWork::Rules& rules, Encoding encoding) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::GroupAnswer>();
  auto work = root.initWork();
  write_deliveries(deliveries, work.initDeliveries(static_cast<unsigned>(deliveries.size())));
  work.setAckMs(static_cast<uint64_t>(rules.ack_within.count()));
  return events::encode(root.asReader(), encoding);
}

std::string group_done(std::span<const Delivery> late, Encoding encoding) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::GroupAnswer>();
  auto done = root.initDone();
  if (!late.empty()) write_deliveries(late, done.initLate(static_cast<unsigned>(late.size())));
  return events::encode(root.asReader(), encoding);
}

}  // namespace catlog::projector
