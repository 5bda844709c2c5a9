#include "bin/nodes/shared_keys.h"

#include <fmt/format.h>

#include <utility>

#include "bin/nodes/words.h"

namespace catlog::nodes {
namespace {

using commandhandler::KeyFolder;
using commandhandler::SealingKey;

constexpr std::chrono::seconds patience{10};

bool is_ok(const Peers::Frames& answer, size_t least) { return answer.size() >= least && answer[0] == "ok"; }

}  // namespace

void SharedKeys::check_patience() const {
  if (std::chrono::steady_clock::now() < ask_again_) throw commandhandler::KeyNotShared(why_);
}

void SharedKeys::require(size_t answered, const std::string& why) {
  if (answered >= others_needed_) return;
  ask_again_ = std::chrono::steady_clock::now() + patience;
  why_ = fmt::format(
      "{} of {} other nodes answered, and {} must have a key before anything is sealed with it{}; send "
      "the command again when they are there",
      answered, peers_.size(), others_needed_, why.empty() ? "" : " (" + why + ")");
  throw commandhandler::KeyNotShared(why_);
}

std::optional<SealingKey> SharedKeys::find(int64_t user_id) {
  check_patience();
  std::optional<SealingKey> found;
  size_t answered = 0;
  std::string why;
  peers_.ask_all(fmt::format("find {}\n", user_id), within_, [&](size_t, const Peers::Frames& answer) {
    if (!is_ok(answer, 1)) {
      why = answer.back();
      return true;
    }
    ++answered;
    const auto name = answer.size() == 3 ? commandhandler::parse_key_name(answer[1]) : std::nullopt;
    if (name && name->user_id == user_id && answer[2].size() == commandhandler::sealing_key_bytes)
      found = SealingKey{*name, answer[2]};
    return !found && answered < others_needed_;
  });
  if (!found) require(answered, why);
  return found;
}

KeyFolder::Kept SharedKeys::share(const SealingKey& key) {
  check_patience();
  size_t kept = 0;
  bool is_destroyed = false;
  std::string why;
  peers_.ask_all(fmt::format("put {}\n{}", commandhandler::to_text(key.name), key.bytes), within_,
                 [&](size_t, const Peers::Frames& answer) {
                   if (is_ok(answer, 2) && answer[1] == "kept")
                     ++kept;
                   else if (is_ok(answer, 2) && answer[1] == "destroyed")
                     is_destroyed = true;
                   else
                     why = answer.back();
                   return !is_destroyed && kept < others_needed_;
                 });
  if (is_destroyed) return KeyFolder::Kept::destroyed;
  require(kept, why);
  return KeyFolder::Kept::kept;
}

std::optional<store::engine::Piece> PeersRecords::piece(const events::TreeHead& own, const events::TreeHead& trusted) {
  if (peers_.size() == 0) return {};
  const size_t peer = next_++ % peers_.size();
  auto answer = peers_.ask(peer, fmt::format("records {} {}\n", own.size, trusted.size), within_);
  if (!answer || !is_ok(*answer, 2)) return {};
  answer->erase(answer->begin());
  return decode_piece(*answer);
}

}  // namespace catlog::nodes
