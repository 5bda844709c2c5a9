#pragma once
#include <string>

#include "events/client/wait_for.h"
#include "events/tree_head.h"

namespace catlog::events {

// How far the log of a daemon is, and its Merkle root, as that daemon says.
struct LogHead {
  std::string log_id;
  TreeHead head;
};

// Asks the replay socket. Throws Failure(unreachable) when it gives no answer, Failure(usage), Failure(failure) as
// Subscriber.
LogHead ask_log_head(const WaitOptions& options);

}  // namespace catlog::events
