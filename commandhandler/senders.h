#pragma once
#include "commandhandler/rules/refusal.h"
#include "events/bus/allow_list.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler {

// Whether this peer may send commands; refuses with `forbidden`. Who may is believed in what it says of the user on
// whose behalf it sends; what that user may do is judged by the rules (Judge::authorise).
OrRefusal<void> check_sender(const events::Peer& sender);
// Whether it may send this one; refuses with `forbidden` where it names no user and the peer may not speak for a
// service. Of a batch its own actor counts: no command in it may name another (Judge::authorise).
OrRefusal<void> check_sender(const events::Peer& sender, events::schema::Command::Reader command);

}  // namespace catlog::commandhandler
