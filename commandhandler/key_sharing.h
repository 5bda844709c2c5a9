#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "commandhandler/key_folder.h"
#include "commandhandler/rules/sealing.h"

namespace catlog::commandhandler {

// How a sealing key gets to the other machines of a cluster before anything is sealed with it. It is in no log and in
// no engine: they keep what was destroyed.
class KeySharing {
 public:
  virtual ~KeySharing() = default;
  // A key of this user that another machine has; nothing: of a majority, this machine counted, none has one. Throws
  // KeyNotShared.
  virtual std::optional<SealingKey> find(int64_t user_id) = 0;
  // Returns when a majority, this machine counted, has it on its disk; destroyed: one of them knows that it was. Throws
  // KeyNotShared.
  virtual KeyFolder::Kept share(const SealingKey& key) = 0;
};

// Too few machines answer: the command may be sent again.
class KeyNotShared : public KeyDamaged {
 public:
  using KeyDamaged::KeyDamaged;
};

}  // namespace catlog::commandhandler
