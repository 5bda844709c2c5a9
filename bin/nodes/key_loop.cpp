#include "bin/nodes/key_loop.h"

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
constexpr int silent_rounds = 5;  // then somebody is told

}  // namespace

KeyLoop::KeyLoop(Peers& peers, std::filesystem::path keys, OnPeer on_peer)
    : peers_(peers), keys_(std::move(keys)), on_peer_(std::move(on_peer)), told_(peers.size()) {}

void KeyLoop::run(events::Stop& stop) {
  while (!stop.is_set()) {
    heartbeat_.beat();
    look();
    events::wait_for_any(stop, {}, between_looks);
  }
}

size_t KeyLoop::look() {
  std::map<size_t, Peers::Frames> answers;
  peers_.ask_all(fmt::format("keys {}\n", keys_.digest()), answer_within, [&](size_t peer, Peers::Frames answer) {
    answers[peer] = std::move(answer);
    return true;
  });
  for (size_t peer = 0; peer < peers_.size(); ++peer) {
    const auto found = answers.find(peer);
    if (found == answers.end()) {
      if (++told_[peer].silent == silent_rounds)
        note(peer, "it does not answer this one: it is down, or its bus-keys/server.key is another one");
      continue;
    }
    told_[peer].silent = 0;
    const auto& answer = found->second;
    try {
      if (answer.size() == 3 && answer[0] == "ok") take(peer, parse_lines(answer[2]));
      note(peer, answer.size() == 2 && answer[0] == "no" ? answer[1] : "");
    } catch (const events::Failure& failure) {  // a full disk, a folder that is not ours: at the next look
      note(peer, failure.what());
    }
  }
  return answers.size();
}

void KeyLoop::note(size_t peer, const std::string& words) {
  if (std::exchange(told_[peer].words, words) != words) on_peer_(peers_.name(peer), words);
}

void KeyLoop::take(size_t peer, const commandhandler::KeyFolder::Names& theirs) {
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

}  // namespace catlog::nodes
