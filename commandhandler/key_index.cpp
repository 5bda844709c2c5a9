#include "commandhandler/key_index.h"

namespace catlog::commandhandler {

std::optional<std::string> KeyIndex::key_of(int64_t user_id) {
  refresh();
  const auto found = of_user_.find(user_id);
  if (found == of_user_.end()) return {};
  return found->second;
}

std::optional<KeyName> KeyIndex::name_of(const std::string& key_id) {
  refresh();
  const auto found = of_key_.find(key_id);
  if (found == of_key_.end()) return {};
  return KeyName{found->second, key_id};
}

void KeyIndex::add(const KeyName& name) {
  of_user_.try_emplace(name.user_id, name.id);
  of_key_.try_emplace(name.id, name.user_id);
  changes_.made_one();
}

void KeyIndex::refresh() {
  if (!changes_.is_to_be_listed()) return;
  of_user_.clear();
  of_key_.clear();
  for (const auto& [user_id, id] : folder_.list().keys) {
    of_user_.try_emplace(user_id, id);
    of_key_.try_emplace(id, user_id);
  }
}

}  // namespace catlog::commandhandler
