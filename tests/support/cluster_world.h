#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "events/tree_head.h"
#include "store/engine/steps.h"

// What the model of a cluster is made of (cluster_model.cpp).
namespace catlog::tests::model {

using events::TreeHead;
using store::engine::Candidacy;
using store::engine::Proposal;

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
inline TreeHead head_of(const History& history) {
  TreeHead head{history.size(), {}};
  for (size_t at = 0; at < history.size(); ++at) head.root[at % head.root.size()] = history[at].nonce;
  return head;
}

struct Request {
  Entry entry;
  uint8_t position;  // of the head that it wants, which is one of the one history or of none
  uint8_t last;      // the nonce there
};

struct Node {
  History log;
  History behind;  // what the engine has, of a leader, and its log not yet
  Candidacy candidacy;
  std::optional<Proposal> proposal;
  Entry entry;  // the proposal's
  bool is_answered = false;

  // The last that it knows of, in its log or on the way there.
  size_t end() const { return log.size() + behind.size(); }
  uint8_t last() const { return !behind.empty() ? behind.back().nonce : log.empty() ? uint8_t{0} : log.back().nonce; }
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

inline void put(std::string& to, uint8_t byte) { to += static_cast<char>(byte); }
inline void put(std::string& to, const Entry& entry) {
  put(to, entry.command);
  put(to, entry.term);
  put(to, entry.nonce);
}
inline void put(std::string& to, const History& history) {
  put(to, static_cast<uint8_t>(history.size()));
  for (const Entry& entry : history) put(to, entry);
}

inline std::string Node::key() const {
  std::string key;
  put(key, log);
  put(key, behind);
  put(key, static_cast<uint8_t>(candidacy.term()));
  put(key, candidacy.tip() ? static_cast<uint8_t>(candidacy.tip()->size) : 255);
  put(key, proposal ? static_cast<uint8_t>(proposal->next()) : 255);
  // Whether an answer was lost before decides what a refusal means.
  put(key, proposal && proposal->next() == Proposal::Step::send && *proposal != Proposal() ? 1 : 0);
  put(key, entry);
  put(key, is_answered ? 1 : 0);
  return key;
}

inline std::string World::key() const {
  std::string key;
  put(key, history);
  for (const uint8_t byte : {term, terms, first, nonces, unknowns, crashes, trims}) put(key, byte);
  put(key, static_cast<uint8_t>(under_way.size()));
  for (const Request& request : under_way) {
    put(key, request.entry);
    put(key, request.position);
    put(key, request.last);
  }
  // Which of the nodes is which makes no difference.
  std::array<std::string, nodes> keys;
  for (size_t which = 0; which < nodes; ++which) keys[which] = node[which].key();
  std::sort(keys.begin(), keys.end());
  for (const std::string& each : keys) key += each;
  put(key, lost);
  put(key, static_cast<uint8_t>(acknowledged.size()));
  for (const auto& [position, entry] : acknowledged) {
    put(key, position);
    put(key, entry);
  }
  return key;
}

}  // namespace catlog::tests::model
