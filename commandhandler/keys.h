#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "commandhandler/key_folder.h"
#include "commandhandler/key_index.h"
#include "commandhandler/key_sharing.h"
#include "commandhandler/rules/sealing.h"

namespace catlog::commandhandler {

// The sealing keys, one per user, in files of their own outside the log (commandhandler/FORMAT.md has the format of
// files and sealed texts). Destroying a user's file makes what was sealed with it unreadable in every copy.
//
// Durability: a key made by seal() is on disk once sync() has returned, which is called before the commit that needs
// it. With machines to share it with, it is on the disks of a majority of them when seal() returns. Threads: one at a
// time.
class Keys : public Sealing {
 public:
  // `sharing`: of a cluster; null: there is no other machine. Lifetime: refers to it. Failure(failure).
  explicit Keys(std::filesystem::path directory, KeySharing* sharing = nullptr);

  // "sealed:1:<key id>:<base64 of nonce and ciphertext>": XChaCha20-Poly1305 with a nonce that is a keyed BLAKE2b of
  // the text, so the same text under the same key gives the same sealed text. Throws KeyDamaged.
  std::string seal(int64_t user_id, std::string_view text) override;
  // Writes the new keys. Throws StorageFull or Failure(failure): then the next sync() has to write them.
  void sync();

  // Opens a sealed text with the keys in this folder. Failure(usage) when it is none, or its key is gone; KeyDamaged.
  std::string open(std::string_view sealed);

 private:
  std::optional<SealingKey> kept_key(int64_t user_id);
  SealingKey key_of(int64_t user_id);
  SealingKey shared_key_of(int64_t user_id);
  void require_folder() const;

  std::filesystem::path directory_;
  KeySharing* sharing_;
  KeyFolder folder_;
  KeyIndex index_;
  std::map<int64_t, SealingKey> new_;  // not on disk yet
  std::set<std::string> shared_;       // ids of those that a majority has
};

}  // namespace catlog::commandhandler
