#include "bin/nodes/copy_loop.h"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <map>
#include <utility>

#include "events/bus/sockets.h"

namespace catlog::nodes {
namespace {

using commandhandler::KeyFolder;

constexpr std::chrono::milliseconds between_looks{1'000};
constexpr std::chrono::seconds answer_within{2};
constexpr size_t keys_a_look = 256;   // each is a write to the disk, and groups wait meanwhile
constexpr int rounds_until_told = 5;  // lists are copied one after the other, a node is started again in a second

}  // namespace

CopyLoop::CopyLoop(Peers& peers, const events::DataDirectory& data, std::string log_id, OnPeer on_peer)
    : peers_(peers),
      data_(data),
      log_id_(std::move(log_id)),
      keys_(data.keys()),
      on_peer_(std::move(on_peer)),
      known_(peers.size()) {}

void CopyLoop::run(events::Stop& stop) {
  while (!stop.is_set()) {
    heartbeat_.beat();
    look(stop);
    events::wait_for_any(stop, {}, between_looks);
  }
}

size_t CopyLoop::look(const events::Stop& stop) try {
  std::map<size_t, Peers::Frames> answers;
  peers_.ask_all(fmt::format("keys {}\n", keys_.digest()), answer_within, [&](size_t peer, Peers::Frames answer) {
    answers[peer] = std::move(answer);
    return true;
  });
  // First what was destroyed, wherever that is known: no key is taken that one of the others knows as destroyed.
  std::map<size_t, KeyFolder::Names> theirs;
  for (const auto& [peer, answer] : answers)
    if (answer.size() == 3 && answer[0] == "ok") theirs.emplace(peer, parse_lines(answer[2]));
  for (const auto& [peer, names] : theirs) destroy(names);
  keys_left_ = keys_a_look;
  for (size_t peer = 0; peer < peers_.size() && !stop.is_set(); ++peer) {
    heartbeat_.beat();
    const auto found = answers.find(peer);
    note(peer, found == answers.end()
                   ? "it does not answer this one: it is down, or its bus-keys/server.key is another one"
                   : look_at(peer, found->second, theirs[peer], stop));
  }
  return answers.size();
} catch (const std::exception& failure) {  // this node's own trouble: a full disk, a folder that is not ours
  for (size_t peer = 0; peer < peers_.size(); ++peer) note(peer, failure.what());
  return 0;
}

// What is wrong with it.
std::string CopyLoop::look_at(size_t peer, const Peers::Frames& answer, const KeyFolder::Names& keys,
                              const events::Stop& stop) try {
  if (answer.size() == 2 && answer[0] == "no") return answer[1];
  take_keys(peer, keys, stop);
  take_groups(peer);
  return compare_lists(peer);
} catch (const std::exception& failure) {  // it is tried again at the next look
  return failure.what();
}

void CopyLoop::note(size_t peer, const std::string& words) {
  Known& known = known_[peer];
  known.rounds = std::exchange(known.words, words) == words ? known.rounds + 1 : 1;
  if (known.told == words || (!words.empty() && known.rounds < rounds_until_told)) return;
  known.told = words;
  on_peer_(peers_.name(peer), words);
}

void CopyLoop::destroy(const KeyFolder::Names& theirs) {
  const auto ours = keys_.names();
  for (const auto& name : theirs.destroyed) {
    if (ours.destroyed.contains(name)) continue;
    heartbeat_.beat();
    keys_.forget();
    keys_.folder().destroy(name);
  }
}

void CopyLoop::take_keys(size_t peer, const KeyFolder::Names& theirs, const events::Stop& stop) {
  const auto ours = keys_.names();
  for (const auto& name : theirs.keys) {
    if (ours.keys.contains(name) || ours.destroyed.contains(name)) continue;
    if (keys_left_ == 0 || stop.is_set()) return;
    --keys_left_;
    heartbeat_.beat();
    keys_.forget();
    const auto answer = peers_.ask(peer, fmt::format("key {}\n", commandhandler::to_text(name)), answer_within);
    if (!answer) return;
    if (answer->size() == 2 && (*answer)[0] == "ok" && (*answer)[1].size() == commandhandler::sealing_key_bytes)
      keys_.folder().keep({name, (*answer)[1]});
  }
}

void CopyLoop::take_groups(size_t peer) {
  Known& known = known_[peer];
  const auto answer = peers_.ask(peer, fmt::format("groups {}\n", known.groups), answer_within);
  if (!answer || answer->size() < 3 || (*answer)[0] != "ok") return;
  const Groups groups = parse_groups(*answer, 2);
  keep_copies(data_.groups(), peers_.name(peer), groups);
  known.groups = digest_of(groups);
}

std::string CopyLoop::compare_lists(size_t peer) {
  const auto answer = peers_.ask(peer, "lists\n", answer_within);
  if (!answer || answer->size() != 2 || (*answer)[0] != "ok") return {};
  const std::string own = describe_lists(data_, log_id_);
  if ((*answer)[1] == own) return {};
  return "its quarantine.json or bus-keys/allowed/ are not as they are here: copy them, or give the same orders there "
         "(ops/RUNBOOK.md, \"Three machines\")";
}

}  // namespace catlog::nodes
