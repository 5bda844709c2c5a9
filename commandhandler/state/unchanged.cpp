#include "commandhandler/state/unchanged.h"

#include <string>

namespace catlog::commandhandler {

void UnchangedCommands::add(events::Uuid id, Entity subject, int64_t subject_id, Journal& journal) {
  ++added_;
  halves_[newer_].set(command_key(id), encode_known({0, subject, subject_id}), &journal);
}

std::optional<KnownCommand> UnchangedCommands::find(events::Uuid id) const {
  const auto key = command_key(id);
  for (const auto& half : {&halves_[newer_], &halves_[1 - newer_]})
    if (const auto entry = half->find(key); entry && *entry) return decode_known(**entry);
  return {};
}

void UnchangedCommands::make_room() {
  if (added_ < remembered_unchanged) return;
  added_ = 0;
  newer_ = 1 - newer_;
  halves_[newer_].clear();
}

}  // namespace catlog::commandhandler
