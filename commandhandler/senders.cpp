#include "commandhandler/senders.h"

namespace catlog::commandhandler {

OrRefusal<void> check_sender(const events::Peer& sender) {
  const auto why = events::why_not(sender, events::Doing::send);
  if (why.empty()) return {};
  return refuse(RefusalCode::FORBIDDEN, "", why);
}

}  // namespace catlog::commandhandler
