#include "bin/nodes/copy_loop.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <utility>

#include "events/bus/sockets.h"
#include "events/error.h"

namespace catlog::nodes {
namespace {

constexpr std::chrono::milliseconds between_looks{1'000};
constexpr std::chrono::seconds answer_within{2};
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
    look();
    events::wait_for_any(stop, {}, between_looks);
  }
}

size_t CopyLoop::look() {
  std::map<size_t, Peers::Frames> answers;
  peers_.ask_all(fmt::format("keys {}\n", keys_.digest()), answer_within, [&](size_t peer, Peers::Frames answer) {
    answers[peer] = std::move(answer);
    return true;
  });
  for (size_t peer = 0; peer < peers_.size(); ++peer) {
    heartbeat_.beat();
    const auto found = answers.find(peer);
    note(peer, found == answers.end()
                   ? "it does not answer this one: it is down, or its bus-keys/server.key is another one"
                   : look_at(peer, found->second));
  }
  return answers.size();
}

// What is wrong with it.
std::string CopyLoop::look_at(size_t peer, const Peers::Frames& keys) try {
  if (keys.size() == 2 && keys[0] == "no") return keys[1];
  if (keys.size() == 3 && keys[0] == "ok") take_keys(peer, parse_lines(keys[2]));
  take_groups(peer);
  return compare_lists(peer);
} catch (const events::Failure& failure) {  // a full disk, a folder that is not ours: at the next look
  return failure.what();
}

void CopyLoop::note(size_t peer, const std::string& words) {
  Known& known = known_[peer];
  known.rounds = std::exchange(known.words, words) == words ? known.rounds + 1 : 1;
  if (known.told == words || (!words.empty() && known.rounds < rounds_until_told)) return;
  known.told = words;
  on_peer_(peers_.name(peer), words);
}

void CopyLoop::take_keys(size_t peer, const commandhandler::KeyFolder::Names& theirs) {
  const auto ours = keys_.names();
  for (const auto& name : theirs.destroyed)
    if (!ours.destroyed.contains(name)) keys_.folder().destroy(name);
  for (const auto& name : theirs.keys) {
    if (ours.keys.contains(name) || ours.destroyed.contains(name)) continue;
    heartbeat_.beat();
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
