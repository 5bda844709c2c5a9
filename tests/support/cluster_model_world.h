#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/tree_head.h"
#include "store/engine/steps.h"

// What there is in the model of cluster_model.h: an engine, three nodes, and what clients have heard.
namespace catlog::tests::cluster_model {

constexpr size_t nodes = 3;

// What is in a log: one batch a position. Its nonce tells it from all others.
struct Entry {
  uint8_t command = 255, term = 0, nonce = 0;
  bool operator==(const Entry&) const = default;
};
// Decided by one node at one time, whatever it is known by.
inline bool is_of_one(const Entry& entry, const Entry& other) {
  return entry.command == other.command && entry.term == other.term;
}
using History = std::vector<Entry>;

// A history's head. Its root is its entries themselves, in short: two are equal only if all of them are.
events::TreeHead head_of(const History& history);

struct Request {
  Entry entry;
  uint8_t position;  // of the head that it wants, which is one of the one history or of none
  uint8_t last;      // the nonce there
};

struct Node {
  History log;
  History behind;  // of a leader: the engine has it, and the log lacks it yet
  store::engine::Candidacy candidacy;
  std::optional<store::engine::Proposal> proposal;
  Entry entry;           // the proposal's
  uint8_t position = 0;  // and where it is to be
  bool is_answered = false;

  size_t end() const { return log.size() + behind.size(); }
  History known() const;
  store::engine::Backlog backlog() const;
  // A commit takes all that there is.
  void commit();
  // Nothing of the proposal is left, but for what became of it.
  void forget() {
    proposal.reset();
    entry = {};
    position = 0;
    is_answered = false;
  }

  std::string key() const;
};

struct World {
  // The engine.
  History history;
  uint8_t term = 0, terms = 0, first = 0;  // first: position below which it keeps nothing
  std::vector<Request> under_way;
  std::array<Node, nodes> node;
  std::vector<Entry> lost;                              // what a node was told for sure is not there
  std::vector<std::pair<uint8_t, Entry>> acknowledged;  // at which position
  uint8_t nonces = 0, unknowns = 0, crashes = 0, trims = 0;
  const char* broken = nullptr;  // found while something happened

  std::string key() const;
};

}  // namespace catlog::tests::cluster_model
