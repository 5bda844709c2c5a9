#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <map>
#include <set>

#include "events/bus/limits.h"
#include "projector/groups/group_work.h"

BOOST_AUTO_TEST_SUITE(groups_test)

// Members that die, lose answers, acknowledge late, twice and out of order, and restarts of the daemon at any moment:
// whatever happens, each event is dealt with at least once or set aside, in the order of its stream, by one member at a
// time.

using namespace catlog;
using projector::Delivery;
using projector::GroupWork;
using projector::Position;
using projector::WorkState;
using Time = GroupWork::Time;

namespace {

constexpr GroupWork::Rules rules{Time(1'000), 3};
const std::vector<std::string> member_names{"a", "b", "c", "d"};

// A group, its members as they see it, and what must be true of both.
class Life {
 public:
  // Each event's stream; 0: the group is not about it.
  explicit Life(std::vector<int> log) : log_(std::move(log)) {}

  void step() {
    const std::string member = *rc::gen::elementOf(member_names);
    switch (*rc::gen::inRange(0, 11)) {
      case 0:
        now_ += Time(*rc::gen::inRange(0, 600));
        break;
      case 1:
        see(*rc::gen::inRange<size_t>(1, 8));
        break;
      case 2:
      case 3:
      case 4:
        fetch(member, *rc::gen::inRange<size_t>(1, 6), *rc::gen::inRange(0, 4) != 0 ? Answer::comes : Answer::is_lost);
        break;
      case 5:
      case 6:
        acknowledge(member);
        break;
      case 7:
        give_up(member);
        break;
      case 8:
        *rc::gen::inRange(0, 3) == 0 ? work_.leave(member) : seen_by_[member].clear();  // it dies, and comes back
        break;
      case 9:
        restart();
        break;
      default:
        retry();
    }
    work_.expire(now_);
    check();
  }

  // One member that never fails gets through whatever was left.
  void finish() {
    for (int rounds = 0; rounds < 500 && (work_.state().seen < log_.size() || !work_.state().open.empty()); ++rounds) {
      see(log_.size());
      now_ += Time(400);
      work_.expire(now_);
      hear("last");
      for (const Delivery& delivery : hand_out("last", 100)) settle("last", delivery);
      check();
    }
    for (Position position = 1; position <= log_.size(); ++position)
      if (log_[position - 1] != 0)
        RC_ASSERT(dealt_with_.contains(position) || work_.state().set_aside.contains(position));
    RC_ASSERT(work_.state().cursor == log_.size());
  }

 private:
  enum class Answer { comes, is_lost };

  std::string stream(Position position) const { return std::to_string(log_[position - 1]); }

  void see(size_t count) {
    for (; count > 0 && work_.state().seen < log_.size() && work_.wants_more(); --count) {
      const Position next = work_.state().seen + 1;
      work_.see(next, log_[next - 1] == 0 ? std::nullopt : std::optional(stream(next)));
    }
  }

  void hear(const std::string& member) {
    RC_ASSERT(work_.hear(member, now_));
    heard_[member] = now_;
  }

  // What was written is all there is; who held something holds it still.
  void restart() {
    const WorkState before = work_.state();
    work_ = GroupWork(before, rules, now_);
    RC_ASSERT(work_.state().open.size() == before.open.size());
    for (const auto& [position, event] : before.open) {
      const auto& after = work_.state().open.at(position);
      RC_ASSERT(after.member == event.member && after.tries == event.tries && after.failures == event.failures);
      if (!event.member.empty()) heard_[event.member] = now_;
    }
  }

  void fetch(const std::string& member, size_t limit, Answer answer) {
    hear(member);
    auto& has = seen_by_[member];
    work_.keep_only(member, std::vector<Delivery>(has.begin(), has.end()), now_);
    for (const Delivery& delivery : hand_out(member, limit)) {
      if (answer == Answer::comes) has.push_back(delivery);
      all_.push_back({member, delivery});
    }
  }

  std::vector<Delivery> hand_out(const std::string& member, size_t limit) {
    const auto before = work_.state();
    const auto given = work_.hand_out(member, now_, limit);
    RC_ASSERT(given.size() <= limit);
    for (const Delivery& delivery : given) {
      const auto& event = before.open.at(delivery.position);  // so it was not dealt with
      RC_ASSERT(event.member.empty());
      RC_ASSERT(delivery.number == event.tries + 1);
      RC_ASSERT(event.failures == 0 || given.size() == 1);  // what has failed takes nobody with it
      for (const auto& [position, other] : work_.state().open)
        if (position < delivery.position && other.stream == event.stream) RC_ASSERT(other.member == member);
    }
    return given;
  }

  // Any delivery of this member's that ever was, mostly one that it has.
  void with_some_delivery(const std::string& member, const auto& action) {
    auto& has = seen_by_[member];
    if (!has.empty() && *rc::gen::inRange(0, 5) != 0) {
      const auto at = *rc::gen::inRange<size_t>(0, has.size());
      const Delivery delivery = has[at];
      if (*rc::gen::inRange(0, 5) != 0) has.erase(has.begin() + static_cast<std::ptrdiff_t>(at));  // else: twice
      action(member, delivery);
    } else if (!all_.empty()) {
      const auto& [whose, delivery] = *rc::gen::elementOf(all_);
      action(whose, delivery);
    }
  }

  void settle(const std::string& member, Delivery delivery) {
    const auto open = work_.state().open.find(delivery.position);
    const bool is_its =
        open != work_.state().open.end() && open->second.member == member && open->second.tries == delivery.number;
    RC_ASSERT(work_.acknowledge(member, delivery) == is_its);
    if (is_its) dealt_with_.insert(delivery.position);
  }

  void acknowledge(const std::string& member) {
    with_some_delivery(member, [this](const auto& whose, Delivery delivery) { settle(whose, delivery); });
  }

  void give_up(const std::string& member) {
    with_some_delivery(member, [this](const auto& whose, Delivery delivery) {
      work_.give_up(whose, delivery, "", now_, Time(*rc::gen::inRange(0, 300)));
    });
  }

  void retry() {
    if (work_.state().set_aside.empty()) return;
    const Position position = work_.state().set_aside.begin()->first;
    RC_ASSERT(work_.retry(position));
    RC_ASSERT(!work_.retry(position));
    tried_again_.insert(position);
  }

  void check() {
    const WorkState& state = work_.state();
    RC_ASSERT(state.cursor >= last_cursor_);
    RC_ASSERT(state.cursor <= state.seen);
    last_cursor_ = state.cursor;
    std::map<std::string, std::string> holders;
    std::set<std::string> waiting;  // streams of which an event waits
    size_t held = 0;
    for (const auto& [position, event] : state.open) {
      RC_ASSERT(position > state.cursor || tried_again_.contains(position));
      RC_ASSERT(event.failures < rules.tries);
      if (event.member.empty() && !tried_again_.contains(position)) waiting.insert(event.stream);
      if (event.member.empty()) continue;
      ++held;
      RC_ASSERT(!waiting.contains(event.stream));  // nobody has a later one than one that is to be dealt with again
      RC_ASSERT(now_ - heard_.at(event.member) < rules.ack_within);
      RC_ASSERT(holders.emplace(event.stream, event.member).first->second == event.member);
    }
    RC_ASSERT(held == work_.held());
    for (Position position = 1; position <= state.seen; ++position) {
      const bool is_settled = dealt_with_.contains(position) && !tried_again_.contains(position);
      const size_t places = (is_settled ? 1 : 0) + state.open.count(position) + state.set_aside.count(position);
      if (log_[position - 1] != 0) RC_ASSERT(places == 1 || (tried_again_.contains(position) && places == 0));
    }
    const auto deadline = work_.next_deadline();
    RC_ASSERT(held == 0 || deadline);
  }

  std::vector<int> log_;
  Time now_{5'000};
  GroupWork work_{{}, rules, now_};
  std::map<std::string, Time> heard_;
  std::map<std::string, std::vector<Delivery>> seen_by_;  // what a member knows that it has
  std::vector<std::pair<std::string, Delivery>> all_;     // that ever was
  std::set<Position> dealt_with_, tried_again_;
  Position last_cursor_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(whatever_members_do_each_event_is_dealt_with_in_order) {
  BOOST_TEST(rc::check([] {
    const auto size = *rc::gen::inRange<size_t>(1, 60);
    Life life(*rc::gen::container<std::vector<int>>(size, rc::gen::inRange(0, 5)));
    for (int left = *rc::gen::inRange(1, 300); left > 0; --left) life.step();
    life.finish();
  }));
}

// One stream that a member holds, with more behind it than a group may look at.
BOOST_AUTO_TEST_CASE(what_waits_and_what_is_held_is_bounded) {
  GroupWork work({}, rules, Time(0));
  BOOST_TEST(work.hear("a", Time(0)));
  BOOST_TEST(work.hear("b", Time(0)));
  const auto see_all = [&](const std::string& stream) {
    while (work.wants_more()) work.see(work.state().seen + 1, stream);
  };
  work.see(1, "1");
  BOOST_TEST(work.hand_out("a", Time(0), 1).size() == 1u);
  see_all("1");
  BOOST_TEST(work.state().open.size() == 1 + events::max_group_events_waiting);
  BOOST_TEST(work.hand_out("b", Time(0), 10).empty());
  BOOST_TEST(work.hand_out("a", Time(0), 5'000).size() == events::max_group_events_held - 1);
  for (const std::string member : {"b", "c", "d"}) {
    BOOST_TEST(work.hear(member, Time(0)));
    see_all(member);
    work.hand_out(member, Time(0), 5'000);
  }
  BOOST_TEST(work.held() == events::max_group_events_out);
  BOOST_TEST(work.state().open.size() <= events::max_group_events_out + events::max_group_events_waiting);
}

BOOST_AUTO_TEST_CASE(no_more_are_set_aside_than_there_may_be) {
  constexpr GroupWork::Rules once{Time(1'000), 1};
  GroupWork work({}, once, Time(0));
  for (Position position = 1; position <= events::max_group_events_aside + 1; ++position) {
    work.see(position, std::to_string(position));
    BOOST_TEST_REQUIRE(work.hear("a", Time(0)));
    const auto given = work.hand_out("a", Time(0), 1);
    BOOST_TEST_REQUIRE(given.size() == 1u);
    BOOST_TEST(work.give_up("a", given[0], "no", Time(0), Time(0)));
  }
  BOOST_TEST(work.state().set_aside.size() == events::max_group_events_aside);
  BOOST_TEST(work.state().open.size() == 1u);  // it is tried for ever, and the cursor waits for it
  BOOST_TEST(work.state().cursor == events::max_group_events_aside);
}

// Who says something now and then, and never deals with what it has.
BOOST_AUTO_TEST_CASE(an_event_is_not_held_for_ever) {
  GroupWork work({}, rules, Time(0));
  work.see(1, "1");
  BOOST_TEST(work.hear("a", Time(0)));
  BOOST_TEST(work.hand_out("a", Time(0), 1).size() == 1u);
  for (Time now(500); now < GroupWork::longest_hold * rules.ack_within; now += Time(500)) {
    BOOST_TEST(!work.expire(now));
    BOOST_TEST(work.hear("a", now));
  }
  BOOST_TEST(work.expire(GroupWork::longest_hold * rules.ack_within));
  BOOST_TEST(work.held() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
