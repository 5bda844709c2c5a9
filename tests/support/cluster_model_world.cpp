#include "tests/support/cluster_model_world.h"

#include <algorithm>

namespace catlog::tests::cluster_model {

namespace {

void put(std::string& to, uint8_t byte) { to += static_cast<char>(byte); }
void put(std::string& to, const Entry& entry) {
  put(to, entry.command);
  put(to, entry.term);
  put(to, entry.nonce);
}
void put(std::string& to, const History& history) {
  put(to, static_cast<uint8_t>(history.size()));
  for (const Entry& entry : history) put(to, entry);
}

}  // namespace

using store::engine::Backlog;
using store::engine::Proposal;

events::TreeHead head_of(const History& history) {
  events::TreeHead head{history.size(), {}};
  for (size_t at = 0; at < history.size(); ++at) head.root[at % head.root.size()] = history[at].nonce;
  return head;
}

History Node::known() const {
  History all = log;
  all.insert(all.end(), behind.begin(), behind.end());
  return all;
}

Backlog Node::backlog() const {
  Backlog backlog(log.size());
  for (size_t at = 0; at < behind.size(); ++at) backlog.add(log.size() + at + 1, 1);
  return backlog;
}

void Node::commit() {
  Backlog left = backlog();
  left.committed(left.end());
  log = known();
  log.resize(left.durable());
  behind.clear();
}

std::string Node::key() const {
  std::string key;
  put(key, log);
  put(key, behind);
  put(key, static_cast<uint8_t>(candidacy.term()));
  put(key, candidacy.tip() ? static_cast<uint8_t>(candidacy.tip()->size) : 255);
  put(key, proposal ? static_cast<uint8_t>(proposal->next()) : 255);
  // Whether an answer was lost before decides what a refusal means.
  put(key, proposal && proposal->next() == Proposal::Step::send && *proposal != Proposal() ? 1 : 0);
  put(key, entry);
  put(key, position);
  put(key, is_answered ? 1 : 0);
  return key;
}

std::string World::key() const {
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

}  // namespace catlog::tests::cluster_model
