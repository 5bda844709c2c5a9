#pragma once
#include "commandhandler/rules/refusal.h"
#include "events/bus/allow_list.h"
#include "events/schema/vocabulary.h"

namespace catlog::commandhandler {

// Whether this peer may send anything at all; refuses with `forbidden`.
OrRefusal<void> check_sender(const events::Peer& sender);
// The same of this command, which may speak for a service: by its kind, or because it names no user. What a user may do
// by way of it is judged by the rules (Judge::authorise).
OrRefusal<void> check_sender(const events::Peer& sender, events::schema::Command::Reader command);

}  // namespace catlog::commandhandler
