#pragma once
#include "commandhandler/rules/refusal.h"
#include "events/bus/allow_list.h"

namespace catlog::commandhandler {

// Whether this peer may send commands; refuses with `forbidden`. Who may is believed in what it says of the user on
// whose behalf it sends; what that user may do is judged by the rules (Judge::authorise).
OrRefusal<void> check_sender(const events::Peer& sender);

}  // namespace catlog::commandhandler
