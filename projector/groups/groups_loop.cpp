#include "projector/groups/groups_loop.h"

#include "events/schema/record.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "events/bus/limits.h"
#include "events/bus/sockets.h"
#include "store/records.h"

namespace catlog::projector {

using events::Encoding;

namespace {

constexpr int requests_queued_per_member = 64, requests_per_round = 256;
constexpr std::chrono::milliseconds longest_idle{1'000};
constexpr std::chrono::minutes longest_write{10};
constexpr std::chrono::seconds longest_early{30};  // a leader's log is behind its receipts for 10 s at most
constexpr size_t answer_bytes_per_round = size_t{64} << 20;

Encoding encoding_asked(const events::Request& request) { return request.encoding.value_or(Encoding::json); }

// While one lives, what this process makes is its owner's alone.
class OwnerOnly {
 public:
  OwnerOnly() : before_(::umask(S_IRWXG | S_IRWXO)) {}
  OwnerOnly(const OwnerOnly&) = delete;
  ~OwnerOnly() { ::umask(before_); }

 private:
  mode_t before_;
};

events::Router bind_for_operators(zmq::context_t& context, const events::DataDirectory& data) {
  const OwnerOnly nobody_else;
  return {context,
          events::endpoint_in(data, "groups-operator.ipc"),
          {events::group_requests_unanswered, requests_queued_per_member}};
}

}  // namespace

GroupsLoop::GroupsLoop(const store::Log& log, const events::DataDirectory& data, zmq::context_t& context,
                       const events::Door& door, KnownKeys known, LogEnds ends)
    : log_(log),
      lock_(data.lock("groups"), "the groups' loop"),
      names_(log, std::move(known)),
      keeper_(log, data.groups(), Time(0)),
      log_bell_(context, events::endpoint_in(data, "bell-log.ipc")),
      asked_(context, events::endpoint_in(data, "groups.ipc"),
             {events::group_requests_unanswered, requests_queued_per_member}, door, events::Doing::replay),
      ordered_(bind_for_operators(context, data)),
      ends_(ends),
      recheck_(std::chrono::milliseconds(events::recheck_ms)) {
  publish_numbers();
}

void GroupsLoop::run(events::Stop& stop) {
  GroupClock clock;
  while (!stop.is_set()) {
    counters_.heartbeat.beat();
    log_bell_.drain();
    const Time now = clock.look();
    keeper_.expire(now);
    take_early(now);
    take_orders(now);
    take_requests(now);
    serve_waiting(now);
    if (now >= next_progress_) {
      keeper_.note_progress();
      next_progress_ = now + longest_idle;
    }
    save_and_answer(now);
    publish_numbers();
    if (is_behind_) continue;
    if (waiting_.empty() && early_.empty())
      events::wait_for_any(stop, {&asked_.socket(), &ordered_.socket()}, wait_for(now));
    else
      events::wait_for_any(stop, {&asked_.socket(), &ordered_.socket(), &log_bell_}, wait_for(now));
  }
}

std::chrono::milliseconds GroupsLoop::wait_for(Time now) {
  auto wait = waiting_.empty() && early_.empty() ? longest_idle : recheck_.next();
  const auto wake_at = [&](Time when) { wait = std::clamp(when - now, Time(0), wait); };
  for (const Waiting& each : waiting_) wake_at(each.until);
  for (const Early& each : early_) wake_at(each.until);
  if (const auto deadline = keeper_.next_deadline()) wake_at(*deadline);
  return wait;
}

void GroupsLoop::take_requests(Time now) {
  for (int taken = 0; taken < requests_per_round; ++taken) {
    auto request = asked_.receive();
    if (!request) return;
    take(*request, now, now + longest_early);
  }
}

// Whether it is kept until the log comes so far, or `until`: then it is refused.
bool GroupsLoop::waits_for_log(events::Request& request, events::Router& from, const GroupRefusal& why,
                               Position position, Time now, Time until) {
  if (ends_ == LogEnds::here || !is_beyond_log(why) || now >= until) return false;
  early_.push_back({std::move(request), &from, position, until});
  return true;
}

void GroupsLoop::take_early(Time now) {
  const Position head = log_.head();
  for (Early& each : std::exchange(early_, {})) {
    if (each.position > head + 1 && now < each.until)
      early_.push_back(std::move(each));
    else if (each.from == &asked_)
      take(each.request, now, each.until);
    else
      take_order(each.request, now, each.until);
  }
}

void GroupsLoop::take(events::Request& request, Time now, Time early_until) {
  if (!asked_.has_room(request, events::max_chunk_bytes)) return;  // it would be dropped, so it is not made
  if (auto why = events::why_not(request.from, events::Doing::replay); !why.empty())
    return refuse(request, {GroupFault::forbidden, std::move(why)});
  const auto call = read_group_call(request);
  if (!call) return refuse(request, call.error());
  const auto& [name, member, topics, from, rules] = call->join;
  auto group =
      call->kind == GroupCall::Kind::join ? keeper_.join(call->join, now) : keeper_.find_for(name, member, now);
  if (!group) {
    if (waits_for_log(request, asked_, group.error(), from, now, early_until)) return;
    return refuse(request, group.error(), call->kind);
  }
  switch (call->kind) {
    case GroupCall::Kind::join:
      return answer(request, group_joined(log_.id(), **group, encoding_asked(request)), **group);
    case GroupCall::Kind::fetch:
      return fetch(request, *call, **group, now);
    case GroupCall::Kind::leave:
      end_fetch(**group, member);
      (*group)->work.leave(member);
      (*group)->is_changed = true;
      return answer(request, group_done({}, encoding_asked(request)), **group);
    case GroupCall::Kind::acknowledge:
    case GroupCall::Kind::give_up:
      return settle(request, *call, **group, now);
  }
}

// One of this member that waits, which nobody reads any more; what it would be handed would be held in vain.
void GroupsLoop::end_fetch(const Group& group, const std::string& member) {
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    const bool is_the_members = each->group == group.record.name && each->member == member;
    if (is_the_members)
      send(asked_, each->request, group_work_answer({}, group.work.rules(), encoding_asked(each->request)));
    each = is_the_members ? waiting_.erase(each) : std::next(each);
  }
}

void GroupsLoop::fetch(events::Request& request, const GroupCall& call, Group& group, Time now) {
  const std::string& member = call.join.member;
  end_fetch(group, member);
  if (group.work.keep_only(member, call.deliveries, now)) group.is_changed = true;
  request.body.rebuild();
  waiting_.push_back({std::move(request), call.join.name, member, call.limit, now + call.wait});
}

void GroupsLoop::settle(events::Request& request, const GroupCall& call, Group& group, Time now) {
  std::vector<Delivery> late;
  for (const Delivery& delivery : call.deliveries) {
    const bool is_acknowledged = call.kind == GroupCall::Kind::acknowledge;
    const bool counts = is_acknowledged ? group.work.acknowledge(call.join.member, delivery)
                                        : group.work.give_up(call.join.member, delivery, call.why, now, call.delay);
    (!counts ? counters_.late : is_acknowledged ? counters_.acknowledged : counters_.failed).add();
    if (!counts) late.push_back(delivery);
  }
  if (late.size() < call.deliveries.size()) group.is_changed = true;
  answer(request, group_done(late, encoding_asked(request)), group);
}

void GroupsLoop::serve_waiting(Time now) {
  is_behind_ = false;
  bytes_of_round_ = 0;
  auto each = waiting_.begin();
  while (each != waiting_.end() && bytes_of_round_ < answer_bytes_per_round) {
    counters_.heartbeat.beat();
    each = serve(*each, now) ? waiting_.erase(each) : std::next(each);
  }
  if (each == waiting_.end()) return;
  is_behind_ = true;
  waiting_.splice(waiting_.begin(), waiting_, each, waiting_.end());  // the others come first next time
}

// Whether it was answered.
bool GroupsLoop::serve(Waiting& waiting, Time now) {
  const auto found = keeper_.find_for(waiting.group, waiting.member, now);
  if (!found) return refuse(waiting.request, found.error(), GroupCall::Kind::fetch), true;
  Group& group = **found;
  auto deliveries = keeper_.hand_out(group, waiting.member, now, waiting.limit);
  if (deliveries.empty() && (keeper_.is_behind(group) || now < waiting.until)) {
    is_behind_ = is_behind_ || keeper_.is_behind(group);
    return false;
  }
  recheck_.found();
  auto changes = read(group, waiting.member, deliveries, encoding_asked(waiting.request));
  counters_.handed_out.add(deliveries.size());
  counters_.again.add(
      static_cast<uint64_t>(std::ranges::count_if(deliveries, [](const auto& each) { return each.number > 1; })));
  std::string text = group_work_answer(deliveries, group.work.rules(), encoding_asked(waiting.request));
  answers_.push_back({std::move(waiting.request), std::move(text), std::move(changes), waiting.group});
  return true;
}

// As many as fit into one answer; the others are taken back.
std::vector<ChangeFrames> GroupsLoop::read(Group& group, const std::string& member, std::vector<Delivery>& deliveries,
                                           Encoding encoding) {
  std::vector<ChangeFrames> changes;
  size_t bytes = 0;
  const auto snapshot = log_.snapshot();
  for (const auto& [position, number] : deliveries) {
    if (bytes >= events::max_chunk_bytes) break;
    store::visit_record(position, snapshot.read(position), [&](const events::RecordReader& record) {
      changes.push_back(change_of(record, encoding, log_.id(), 0, names_.told(record)));
    });
    bytes += changes.back().size_bytes();
  }
  bytes_of_round_ += bytes;
  group.work.take_back(member, std::span(deliveries).subspan(changes.size()));
  deliveries.resize(changes.size());
  return changes;
}

void GroupsLoop::take_orders(Time now) {
  while (auto request = ordered_.receive()) take_order(*request, now, now + longest_early);
}

void GroupsLoop::take_order(events::Request& request, Time now, Time early_until) {
  const auto order = read_group_order(request);
  auto done = order ? carry_out(*order, now) : std::unexpected(order.error());
  if (!done && order && waits_for_log(request, ordered_, done.error(), order->from, now, early_until)) return;
  const Encoding encoding = encoding_asked(request);
  ordered_.take_credits();
  send(ordered_, request, done ? group_done({}, encoding) : group_refused(done.error(), encoding));
}

std::expected<void, GroupRefusal> GroupsLoop::carry_out(const GroupOrder& order, Time now) {
  const events::Heartbeat::LongStep writing(counters_.heartbeat, longest_write);
  return keeper_.carry_out(order, now);
}

void GroupsLoop::save_and_answer(Time now) {
  std::map<std::string, GroupRefusal> unsaved;
  {
    const events::Heartbeat::LongStep writing(counters_.heartbeat, longest_write);
    unsaved = keeper_.save(now);
  }
  if (std::ranges::any_of(unsaved, [](const auto& each) { return each.second.code == GroupFault::storage_full; }))
    counters_.saves_without_space.add();
  asked_.take_credits();
  for (Answer& each : std::exchange(answers_, {})) {
    if (const auto why = unsaved.find(each.group); why != unsaved.end())
      send(asked_, each.request, group_refused(why->second, encoding_asked(each.request)));
    else
      send(asked_, each.request, std::move(each.text), std::move(each.changes));
  }
}

void GroupsLoop::answer(events::Request& request, std::string text, const Group& group) {
  answers_.push_back({std::move(request), std::move(text), {}, group.record.name});
}

void GroupsLoop::refuse(events::Request& request, const GroupRefusal& refusal) {
  counters_.refused.add();
  std::string text = group_refused(refusal, encoding_asked(request));
  answers_.push_back({std::move(request), std::move(text), {}, {}});
}

// Of what a request of this kind asked for.
void GroupsLoop::refuse(events::Request& request, GroupRefusal refusal, GroupCall::Kind kind) {
  if (!refusal.field.empty()) refusal.field = pointer_to(kind, refusal.field);
  refuse(request, refusal);
}

void GroupsLoop::send(events::Router& router, events::Request& request, std::string text,
                      std::vector<ChangeFrames> changes) {
  std::string last = changes.empty() ? std::move(text) : std::exchange(changes.back().payload, {});
  std::vector<std::string_view> frames;
  if (!changes.empty()) frames.push_back(text);
  for (const ChangeFrames& change : changes) {
    frames.insert(frames.end(), {change.topic, change.header});
    if (&change != &changes.back()) frames.push_back(change.payload);
  }
  router.reply(request, encoding_asked(request), frames, std::move(last));
}

void GroupsLoop::publish_numbers() {
  std::vector<GroupNumbers> numbers;
  for (const auto& [name, group] : keeper_.groups()) {
    const auto& state = group.work.state();
    numbers.push_back({name, state.cursor, group.work.members(), group.work.held(),
                       state.open.size() - group.work.held(), state.set_aside.size(),
                       group.fault.code == GroupFault::none});
  }
  const std::lock_guard lock(numbers_lock_);
  numbers_ = std::move(numbers);
}

std::vector<GroupNumbers> GroupsLoop::numbers() const {
  const std::lock_guard lock(numbers_lock_);
  return numbers_;
}

}  // namespace catlog::projector
