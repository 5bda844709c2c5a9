#include "events/client/group_member.h"

#include "events/schema/vocabulary.h"

#include <algorithm>
#include <span>
#include <thread>
#include <utility>

#include <capnp/message.h>
#include <fmt/format.h>
#include <unistd.h>

#include "events/bus/limits.h"
#include "events/codec/message.h"
#include "events/error.h"
#include "events/text/uuid.h"

namespace catlog::events {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr milliseconds longest_fetch{2'000};  // less than the time after which it is asked again
constexpr milliseconds until_there_is_room{500};
constexpr milliseconds acknowledged_every{1'000};  // what was dealt with since then comes again after a crash
constexpr milliseconds longest_farewell{2'000};
constexpr int gone_on_with = 7;  // times ack_within; after eight the daemon hands a batch to others
constexpr const char* groups_answer = "the answer of the groups' socket";

// Its request, of which all kinds name the group and the member.
template <class Fill>
std::string request_of(const GroupOptions& options, const Fill& fill) {
  capnp::MallocMessageBuilder message;
  auto request = message.initRoot<schema::GroupRequest>();
  auto asked = fill(request);
  asked.setName(options.name);
  asked.setMember(options.member);
  return encode(request.asReader(), Encoding::json);
}

template <class List, class Handed>
void set_deliveries(List list, const std::vector<Handed>& handed) {
  for (unsigned i = 0; i < list.size(); ++i) {
    list[i].setPosition(handed[i].position);
    list[i].setTry(handed[i].attempt);
  }
}

std::string code_of(schema::GroupRefusalCode code) {
  const auto names = capnp::Schema::from<schema::GroupRefusalCode>().getEnumerants();
  const auto at = static_cast<unsigned>(code);
  return at < names.size() ? names[at].getProto().getName().cStr() : "unknown";
}

[[noreturn]] void fail_refused_by_group(schema::GroupAnswer::Refused::Reader refused) {
  const bool is_of_history = refused.getCode() == schema::GroupRefusalCode::HISTORY_CHANGED;
  throw Failure(is_of_history ? Exit::refused : Exit::usage,
                fmt::format("the group refuses: {}: {}", code_of(refused.getCode()), refused.getMessage().cStr()));
}

}  // namespace

GroupMember::GroupMember(GroupOptions options)
    : options_(std::move(options)),
      questions_(context_, options_.groups_endpoint, options_.answer_within, options_.ask_again, options_.keys) {
  if (options_.member.empty()) options_.member = fmt::format("{}:{}", ::getpid(), to_string(new_uuid()));
  join();
}

GroupMember::~GroupMember() {
  if (is_broken_) return;
  try {
    leave(Clock::now() + longest_farewell);
  } catch (const Failure&) {
    // What it held goes to others when it has been silent for long enough.
  }
}

void GroupMember::join() {
  const auto frames = ask(request_of(options_,
                                     [&](auto request) {
                                       auto join = request.initJoin();
                                       auto topics = join.initTopics(static_cast<unsigned>(options_.topics.size()));
                                       for (unsigned i = 0; i < topics.size(); ++i) topics.set(i, options_.topics[i]);
                                       join.setFrom(options_.from);
                                       join.setAckMs(static_cast<uint64_t>(options_.ack_within.count()));
                                       join.setTries(options_.tries);
                                       return join;
                                     }),
                          Time::max());
  capnp::MallocMessageBuilder message;
  if (!read_answer<schema::GroupAnswer>(frames.value().front(), message, groups_answer).isJoined())
    fail_unknown(groups_answer);
}

std::optional<GroupChange> GroupMember::next(milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  is_broken_ = true;  // unless this ends well
  settle_last();
  std::optional<GroupChange> change;
  do {
    while (!pending_.empty() && !change) {
      if (is_still_ours(pending_.front())) change = std::move(pending_.front());
      pending_.pop_front();
    }
    if (!change) end_batch();
  } while (!change && fetch(deadline));
  is_broken_ = false;
  if (change) last_ = Handed{change->position, change->attempt, change->topic};
  return change;
}

// Its stream may have gone with an earlier event, or all took too long.
bool GroupMember::is_still_ours(const GroupChange& change) {
  if (Clock::now() < until_) return !gone_.contains(change.topic);
  holds_more_ = true;
  return false;
}

// Whether there is something to be looked at, or to be asked for again, within the time. One may be open from a call
// before, that did not wait so long.
bool GroupMember::fetch(Clock::time_point deadline) {
  if (!questions_.is_open()) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const auto wait = std::clamp(left, milliseconds(0), longest_fetch);
    looked_at_ = Clock::now();
    questions_.ask(request_of(options_, [&](auto request) {
      auto asked = request.initFetch();
      asked.setLimit(options_.limit);
      asked.setWaitMs(static_cast<uint64_t>(wait.count()));
      return asked;
    }));
  }
  auto frames = questions_.answer(Clock::now());  // which may have come at any time since the last look
  told_at_ = looked_at_;
  if (!frames) {
    frames = questions_.answer(deadline);
    told_at_ = looked_at_ = Clock::now();
  }
  if (!frames) return false;
  capnp::MallocMessageBuilder message;
  const auto answer = read_answer<schema::GroupAnswer>(frames->front(), message, groups_answer);
  if (answer.isRefused() && answer.getRefused().getCode() == schema::GroupRefusalCode::STORAGE_FULL) {
    std::this_thread::sleep_for(until_there_is_room);
    return Clock::now() < deadline;
  }
  if (answer.isRefused()) fail_refused_by_group(answer.getRefused());
  if (!answer.isWork() || !are_frames_of(answer.getWork().getDeliveries().size(), frames->size() - 1))
    fail_unknown(groups_answer);
  size_t at = 1;
  for (const auto delivery : answer.getWork().getDeliveries()) {
    pending_.push_back(
        {change_from((*frames)[at], (*frames)[at + 1], (*frames)[at + 2], groups_answer), delivery.getTry()});
    at += 3;
  }
  has_batch_ = !pending_.empty();
  batch_ack_within_ = milliseconds(answer.getWork().getAckMs());
  until_ = told_at_ + gone_on_with * batch_ack_within_;
  return has_batch_ || Clock::now() < deadline;
}

void GroupMember::settle_last() {
  if (!last_) return;
  dealt_with_.push_back(*std::exchange(last_, {}));
  const auto silent = Clock::now() - told_at_;
  // Then this member counts as gone, and what is left may be another one's.
  if (silent >= batch_ack_within_) until_ = {};
  if (silent >= acknowledged_every || failed_.contains(dealt_with_.back().position)) tell(Time::max());
}

void GroupMember::end_batch() {
  if (!has_batch_) return;
  tell(Time::max());
  // It goes to others, or comes again, and did not fail.
  if (holds_more_) leave(Time::max());
  has_batch_ = holds_more_ = false;
  failed_.clear();
  gone_.clear();
}

// Gives up what failed, which takes from this member what is behind it in its stream; then acknowledges the others.
void GroupMember::tell(Clock::time_point until) {
  told_at_ = Clock::now();
  std::vector<Handed> good;
  for (const Handed& each : std::exchange(dealt_with_, {})) {
    if (gone_.contains(each.topic)) continue;
    if (failed_.contains(each.position))
      give_up(each, until);
    else
      good.push_back(each);
  }
  if (good.empty() || acknowledge(good, until)) return;
  holds_more_ = true;
}

void GroupMember::give_up(const Handed& handed, Clock::time_point until) {
  gone_.insert(handed.topic);
  const Failed& failed = failed_.at(handed.position);
  static_cast<void>(ask(request_of(options_,
                                   [&](auto request) {
                                     auto nack = request.initNack();
                                     set_deliveries(nack.initDeliveries(1), std::vector{handed});
                                     nack.setWhy(failed.why);
                                     if (failed.delay) nack.setDelayMs(failed.delay->count());
                                     return nack;
                                   }),
                        until));
}

// Whether all were this member's. One that was not was acknowledged twice, or its stream is another member's.
bool GroupMember::acknowledge(const std::vector<Handed>& handed, Clock::time_point until) {
  const auto frames = ask(request_of(options_,
                                     [&](auto request) {
                                       auto ack = request.initAck();
                                       set_deliveries(ack.initDeliveries(static_cast<unsigned>(handed.size())), handed);
                                       return ack;
                                     }),
                          until);
  if (!frames) return true;
  capnp::MallocMessageBuilder message;
  const auto answer = read_answer<schema::GroupAnswer>(frames->front(), message, groups_answer);
  if (!answer.isDone()) fail_unknown(groups_answer);
  for (const auto late : answer.getDone().getLate())
    for (const Handed& each : handed)
      if (each.position == late.getPosition()) gone_.insert(each.topic);
  return answer.getDone().getLate().size() == 0;
}

// The answer to it, by then; whatever else was asked is of no interest any more.
std::optional<GroupMember::Frames> GroupMember::ask(const std::string& request, Clock::time_point until) {
  for (;;) {
    questions_.ask(request);
    auto frames = questions_.answer(until);
    if (!frames) return frames;
    capnp::MallocMessageBuilder message;
    const auto answer = read_answer<schema::GroupAnswer>(frames->front(), message, groups_answer);
    if (!answer.isRefused()) return frames;
    if (answer.getRefused().getCode() != schema::GroupRefusalCode::STORAGE_FULL)
      fail_refused_by_group(answer.getRefused());
    if (Clock::now() + until_there_is_room >= until) return {};
    std::this_thread::sleep_for(until_there_is_room);
  }
}

void GroupMember::fail(std::string why, std::optional<milliseconds> delay) {
  if (last_) failed_[last_->position] = {std::move(why), delay};
}

void GroupMember::leave(Clock::time_point until) {
  tell(until);
  static_cast<void>(ask(request_of(options_, [](auto request) { return request.initLeave(); }), until));
}

}  // namespace catlog::events
