#pragma once
#include <memory>

#include "store/engine/engine.h"

namespace catlog::tests {

// Named points at which a daemon that is made for it (catlogd-mistaken) kills itself, or stops until somebody has it go
// on: what a machine's end, or its long pause, at the worst moment is. The file that the variable CATLOG_KILL_AT names
// says which point, and "kill" or "stop"; of all processes that look at this file the first one to come there takes it
// away, and has that happen. Without the variable nothing happens.
//
//   decided        a batch is decided, and the engine not asked yet
//   in-engine      the engine has it, and its leader has not heard so
//   acknowledged   a receipt has gone out, most likely before the leader's own log took it
//   committing     its leader's own log has not taken it yet; receipts may have gone out
//   committed      its own log has it, and no reader has been told
//   catching-up    a follower has read a batch, or a piece of another node, and its log not taken it yet
//   caught-up      its log has it, and the engine has not been told
//   electing       before the lead is taken
//   elected        it is taken, and nothing done with it
//   resigning      before it is given back
//   trimming       before old batches are taken away
//   trimmed        they are, and whoever asked has not heard so
//   key-given      a key has gone to one node, and to no other
//   key-kept       a node has a key on its disk, and has not said so

// The engine itself, with points.
std::unique_ptr<store::engine::Engine> with_kill_points(std::unique_ptr<store::engine::Engine> engine);

}  // namespace catlog::tests
