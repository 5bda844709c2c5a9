#include "tests/support/cluster_model.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/engine/steps.h"
#include "tests/support/cluster_model_world.h"

namespace catlog::tests {

namespace {

using namespace cluster_model;
using store::engine::Candidacy;
using store::engine::Outcome;
using store::engine::Proposal;

class Explorer {
 public:
  Explorer(const ModelBounds& bounds, Mistake mistake) : bounds_(bounds), mistake_(mistake) {}

  Explored run() {
    add(World{}, 0, "");
    for (size_t at = 0; at < worlds_.size() && result_.broken.empty(); ++at) {
      at_ = at;
      // By value: adding moves the others.
      everything_that_can_happen(worlds_[at]);
      worlds_[at] = World{};
    }
    result_.states = worlds_.size();
    return std::move(result_);
  }

 private:
  using Change = std::function<void(World&)>;
  void then(const World& world, const std::string& what, const Change& change) {
    if (!result_.broken.empty()) return;
    World next = world;
    change(next);
    add(std::move(next), at_, what);
  }
  void add(World world, size_t from, const std::string& what) {
    if (!seen_.emplace(world.key(), worlds_.size()).second) return;
    ways_.emplace_back(from, what);
    if (const char* broken = fault_of(world)) return tell(broken);
    note(world);
    worlds_.push_back(std::move(world));
  }
  void tell(const char* broken) {
    std::vector<std::string> way;
    for (size_t at = ways_.size() - 1; at != 0; at = ways_[at].first) way.push_back(ways_[at].second);
    result_.broken = std::string(broken) + ":";
    for (auto step = way.rbegin(); step != way.rend(); ++step) result_.broken += "\n  " + *step;
  }
  const char* fault_of(const World& world) const;
  void note(const World& world);
  void everything_that_can_happen(World world);
  void to_node(const World& world, uint8_t which);
  void to_leader(const World& world, uint8_t which);
  void to_proposal(const World& world, uint8_t which);
  void send(const World& world, uint8_t which);
  void hand_over(Node& node) const;
  void acknowledge(const World& world, uint8_t which);
  void commands(const World& world, uint8_t which);
  void crash(const World& world, uint8_t which);
  Outcome apply(World& world, const Request& request) const;
  static std::string name(uint8_t which, const char* what) { return std::string(1, "ABC"[which]) + " " + what; }

  ModelBounds bounds_;
  Mistake mistake_;
  std::unordered_map<std::string, size_t> seen_;
  std::vector<World> worlds_;
  std::vector<std::pair<size_t, std::string>> ways_;
  size_t at_ = 0;
  Explored result_;
};

const char* Explorer::fault_of(const World& world) const {
  if (world.broken) return world.broken;
  const History& history = world.history;
  for (const Node& node : world.node) {
    if (node.log.size() > history.size()) return "LMDB is never ahead";
    if (!std::equal(node.log.begin(), node.log.end(), history.begin())) return "one history";
    // Who leads, has caught up and has nothing under way knows where the head is: nobody else moves it.
    const bool leads = node.candidacy.term() != 0 && node.candidacy.term() == world.term;
    if (leads && !node.proposal && node.candidacy.next(head_of(node.log)) == Candidacy::Step::serve &&
        node.end() != history.size())
      return "a leader knows the head";
  }
  for (const auto& [position, entry] : world.acknowledged)
    if (position > history.size() || history[position - 1] != entry) return "acknowledged is never lost";
  for (size_t at = 0; at < history.size(); ++at) {
    if (at > 0 && history[at].term < history[at - 1].term) return "terms never go back";
    for (size_t other = at + 1; other < history.size(); ++other)
      if (history[at].command == history[other].command) return "each id once";
  }
  for (const Entry& entry : world.lost)
    if (std::any_of(history.begin(), history.end(), [&](const Entry& other) { return is_of_one(entry, other); }))
      return "what was given up never happens";
  const auto holders = std::count_if(world.node.begin(), world.node.end(),
                                     [&](const Node& node) { return node.log.size() >= world.first; });
  if (holders < 2) return "what is trimmed a majority has";
  return nullptr;
}

// That these come about at all.
void Explorer::note(const World& world) {
  if (world.acknowledged.size() == bounds_.commands) ++result_.reached["all acknowledged"];
  if (!world.lost.empty()) ++result_.reached["given up"];
  if (world.first > 0) ++result_.reached["trimmed"];
  if (!world.under_way.empty()) ++result_.reached["a request under way"];
  for (const Node& node : world.node) {
    const bool is_acknowledged = std::any_of(world.acknowledged.begin(), world.acknowledged.end(),
                                             [&](const auto& ack) { return ack.first > node.log.size(); });
    if (!node.behind.empty() && is_acknowledged) ++result_.reached["a receipt before its leader's commit"];
    if (node.behind.size() > 1) ++result_.reached["several batches for one commit"];
  }
  if (world.terms == bounds_.terms) ++result_.reached["all terms"];
  const auto leads = [](const Node& node) { return node.candidacy.term() != 0; };
  if (std::count_if(world.node.begin(), world.node.end(), leads) > 1) ++result_.reached["two believe that they lead"];
}

Outcome Explorer::apply(World& world, const Request& request) const {
  if (request.entry.term != world.term && mistake_ != Mistake::append_without_leader) return Outcome::stale_leader;
  const uint8_t last = world.history.empty() ? 0 : world.history.back().nonce;
  if ((request.position != world.history.size() || request.last != last) && mistake_ != Mistake::append_without_head)
    return Outcome::stale_head;
  world.history.push_back(request.entry);
  return Outcome::ok;
}

void Explorer::everything_that_can_happen(World world) {
  if (world.term != 0) then(world, "the lease ends", [](World& next) { next.term = 0; });
  for (size_t at = 0; at < world.under_way.size(); ++at)
    then(world, "a late request arrives", [&](World& next) {
      const Request request = next.under_way[at];
      next.under_way.erase(next.under_way.begin() + static_cast<ptrdiff_t>(at));
      apply(next, request);
    });
  for (uint8_t which = 0; which < nodes; ++which) to_node(world, which);
}

void Explorer::to_node(const World& world, uint8_t which) {
  crash(world, which);
  const Node& node = world.node[which];
  if (!node.behind.empty()) then(world, name(which, "commits"), [&](World& next) { next.node[which].commit(); });
  if (node.proposal) return to_proposal(world, which);
  const auto step = node.candidacy.next(head_of(node.log));
  const bool is_serving =
      step == Candidacy::Step::serve || (mistake_ == Mistake::serve_before_catch_up && node.candidacy.term() != 0);
  if (is_serving) return to_leader(world, which);
  // Whoever does not serve follows, whatever else it does.
  if (node.log.size() < world.history.size() && node.log.size() >= world.first)
    then(world, name(which, "follows"), [&](World& next) {
      Node& own = next.node[which];
      own.log.push_back(next.history[own.log.size()]);
    });
  if (step == Candidacy::Step::campaign && world.term == 0 && world.terms < bounds_.terms)
    then(world, name(which, "is elected"), [&](World& next) {
      next.term = ++next.terms;
      next.node[which].candidacy.elected(next.term);
    });
  if (step == Candidacy::Step::ask_tip)
    then(world, name(which, "asks for the head"),
         [&](World& next) { next.node[which].candidacy.asked(head_of(next.history)); });
}

void Explorer::to_leader(const World& world, uint8_t which) {
  commands(world, which);
  if (world.trims < bounds_.trims && world.node[which].candidacy.term() == world.term) {
    std::vector<events::Position> held;
    for (const Node& node : world.node)
      held.push_back(mistake_ == Mistake::hold_backlog ? node.backlog().end() : node.backlog().durable());
    auto first = store::engine::keep_from(held, nodes) - 1;
    if (mistake_ == Mistake::trim_what_one_has) first = *std::max_element(held.begin(), held.end());
    if (first > world.first)
      then(world, name(which, "trims"), [&](World& next) {
        next.first = static_cast<uint8_t>(first);
        ++next.trims;
      });
  }
}

// A client sends what it has no receipt for, to whomever.
void Explorer::commands(const World& world, uint8_t which) {
  const Node& node = world.node[which];
  for (uint8_t command = 0; command < bounds_.commands; ++command) {
    const auto is_it = [command](const Entry& entry) { return entry.command == command; };
    if (std::any_of(world.acknowledged.begin(), world.acknowledged.end(), [&](auto& ack) { return is_it(ack.second); }))
      continue;
    const auto known = std::find_if(node.log.begin(), node.log.end(), is_it);
    if (known != node.log.end()) {
      const auto position = static_cast<uint8_t>(known - node.log.begin() + 1);
      then(world, name(which, "repeats a receipt"),
           [&](World& next) { next.acknowledged.emplace_back(position, next.node[which].log[position - 1]); });
      continue;
    }
    // Its answer waits for the commit.
    const bool is_behind = std::any_of(node.behind.begin(), node.behind.end(), is_it);
    if (is_behind && mistake_ != Mistake::backlog_ids_not_seen) continue;
    then(world, name(which, "decides a command"), [&](World& next) {
      Node& own = next.node[which];
      own.entry = {command, static_cast<uint8_t>(own.candidacy.term()), ++next.nonces};
      own.proposal.emplace();
      own.position = static_cast<uint8_t>(own.end() + 1);
      if (mistake_ == Mistake::receipt_before_engine) {
        next.acknowledged.emplace_back(own.position, own.entry);
        own.is_answered = true;
      }
      if (mistake_ == Mistake::commit_before_engine) own.log.push_back(own.entry);
    });
  }
}

void Explorer::send(const World& world, uint8_t which) {
  const Node& own = world.node[which];
  const auto before = static_cast<uint8_t>(own.position - 1);
  const Request request{own.entry, before, before == 0 ? uint8_t{0} : own.known()[before - 1].nonce};
  const auto answered = [&](World& next, Outcome outcome) {
    Node& node = next.node[which];
    if (outcome == Outcome::unknown && mistake_ == Mistake::doubt_taken_for_no)
      node.proposal->sent(Outcome::stale_head);  // without having been in doubt: given up
    else
      node.proposal->sent(outcome);
    if (outcome == Outcome::unknown && mistake_ == Mistake::new_nonce_each_time) node.entry.nonce = ++next.nonces;
    // Nobody but a leader moves the head, so this is nothing that a leader may find.
    if (outcome == Outcome::stale_head && next.term == node.candidacy.term() &&
        node.proposal->next() == Proposal::Step::give_up)
      next.broken = "a leader knows the head";
    if (outcome == Outcome::unknown && mistake_ == Mistake::next_over_unknown) {
      node.behind.push_back(node.entry);
      node.forget();
    } else {
      hand_over(node);
    }
  };
  then(world, name(which, "appends"), [&](World& next) { answered(next, apply(next, request)); });
  if (world.unknowns >= bounds_.unknowns) return;
  then(world, name(which, "appends, and the answer is lost"), [&](World& next) {
    ++next.unknowns;
    apply(next, request);
    answered(next, Outcome::unknown);
  });
  then(world, name(which, "appends, and the request is late"), [&](World& next) {
    ++next.unknowns;
    next.under_way.push_back(request);
    answered(next, Outcome::unknown);
  });
  then(world, name(which, "appends, and the request is lost"), [&](World& next) {
    ++next.unknowns;
    answered(next, Outcome::unknown);
  });
}

// From the engine's answer on receipt and commit go their own ways.
void Explorer::hand_over(Node& node) const {
  if (node.proposal->next() == Proposal::Step::acknowledge && mistake_ != Mistake::commit_before_engine)
    node.behind.push_back(node.entry);
}

void Explorer::acknowledge(const World& world, uint8_t which) {
  for (const bool is_heard : {true, false}) {
    if (!is_heard && world.unknowns >= bounds_.unknowns) continue;
    then(world, name(which, is_heard ? "sends the receipt" : "sends the receipt, which is lost"), [&](World& next) {
      Node& own = next.node[which];
      if (!is_heard) ++next.unknowns;
      if (is_heard && !own.is_answered) next.acknowledged.emplace_back(own.position, own.entry);
      own.proposal->acknowledged();
      own.forget();
    });
  }
}

void Explorer::to_proposal(const World& world, uint8_t which) {
  switch (world.node[which].proposal->next()) {
    case Proposal::Step::send:
      return send(world, which);
    case Proposal::Step::look:
      return then(world, name(which, "looks whether it is there"), [&](World& next) {
        Node& own = next.node[which];
        const size_t at = own.position - 1U;
        const bool is_trimmed = at < next.first && mistake_ != Mistake::trimmed_taken_for_no;
        const bool is_ours = at >= next.first && at < next.history.size() && next.history[at] == own.entry;
        own.proposal->looked(is_trimmed ? Proposal::Found::trimmed
                             : is_ours  ? Proposal::Found::ours
                                        : Proposal::Found::another);
        hand_over(own);
      });
    case Proposal::Step::acknowledge:
      return acknowledge(world, which);
    case Proposal::Step::give_up:
    case Proposal::Step::end:
      return then(world, name(which, "ends"), [&](World& next) {
        Node& own = next.node[which];
        if (own.proposal->next() == Proposal::Step::give_up) next.lost.push_back(own.entry);
        own.forget();
        own.commit();
        own.candidacy = {};
      });
    case Proposal::Step::done:
      return;
  }
}

// At any moment, and with it a disk that is full when a batch would be committed: all but the log is gone.
void Explorer::crash(const World& world, uint8_t which) {
  const Node& node = world.node[which];
  if (world.crashes >= bounds_.crashes || (node.candidacy.term() == 0 && !node.proposal)) return;
  then(world, name(which, "crashes"), [&](World& next) {
    ++next.crashes;
    History log = std::move(next.node[which].log);
    next.node[which] = {};
    next.node[which].log = std::move(log);
  });
}

}  // namespace

Explored explore(const ModelBounds& bounds, Mistake mistake) { return Explorer(bounds, mistake).run(); }

}  // namespace catlog::tests
