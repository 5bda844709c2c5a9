#include "commandhandler/senders.h"

namespace catlog::commandhandler {

using events::Doing;

OrRefusal<void> check_sender(const events::Peer& sender) {
  const auto why = events::why_not(sender, Doing::send);
  if (why.empty()) return {};
  return refuse(RefusalCode::FORBIDDEN, "", why);
}

OrRefusal<void> check_sender(const events::Peer& sender, events::schema::Command::Reader command) {
  if (command.getActor().getUserId() != events::absent_int) return {};
  const auto why = events::why_not(sender, Doing::serve);
  if (why.empty()) return {};
  return refuse(RefusalCode::FORBIDDEN, "/actor", why);
}

}  // namespace catlog::commandhandler
