#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "bin/nodes/peers.h"
#include "commandhandler/key_sharing.h"
#include "store/engine/follow.h"

namespace catlog::nodes {

// A leader's sealing keys, with the other nodes. Where too few answered it asks nobody for some seconds, so that many
// commands that need a key do not wait one after the other.
//
// Threads: one at a time. Lifetime: refers to the peers.
class SharedKeys : public commandhandler::KeySharing {
 public:
  // `nodes`: how many there are, with this one. `within`: the longest that a question waits for answers.
  SharedKeys(Peers& peers, size_t nodes, std::chrono::milliseconds within = std::chrono::seconds(1))
      : peers_(peers), others_needed_(nodes / 2), within_(within) {}
  std::optional<commandhandler::SealingKey> find(int64_t user_id) override;
  commandhandler::KeyFolder::Kept share(const commandhandler::SealingKey& key) override;

 private:
  void require(size_t answered, const std::string& why);
  void check_patience() const;

  Peers& peers_;
  size_t others_needed_;  // beside this one, for a majority
  std::chrono::milliseconds within_;
  std::chrono::steady_clock::time_point ask_again_{};
  std::string why_;
};

// Records that the engine keeps no more, from the other nodes in turn, one each time. Threads, lifetime: the same.
class PeersRecords : public store::engine::Others {
 public:
  // `within`: the longest that one is waited for.
  explicit PeersRecords(Peers& peers, std::chrono::milliseconds within = std::chrono::seconds(3))
      : peers_(peers), within_(within) {}
  size_t size() const override { return peers_.size(); }
  std::optional<store::engine::Piece> piece(const events::TreeHead& own, const events::TreeHead& trusted) override;

 private:
  Peers& peers_;
  std::chrono::milliseconds within_;
  size_t next_ = 0;
};

}  // namespace catlog::nodes
