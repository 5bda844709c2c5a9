#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace catlog::tests {

// Three nodes and an engine as small as they can be: every order of elections, appends, unknown outcomes, delayed
// requests, trims, crashes and full disks up to these bounds. The nodes decide by store/engine/steps.h, as catlogd
// does.
struct ModelBounds {
  unsigned terms = 2;     // how often somebody is elected
  unsigned commands = 2;  // clients send them again and again until they have a receipt
  unsigned unknowns = 2;  // answers of the engine that are lost, or requests that are, or come late; receipts too
  unsigned crashes = 1;   // a node loses all but its log; also: its disk is full when it would commit, and it ends
  unsigned trims = 1;
};

// A mistake, to see that it is found.
enum class Mistake {
  none,
  append_without_leader,  // the engine does not ask whose term it is
  append_without_head,    // nor where the head is
  receipt_before_engine,  // a receipt goes out when the batch is sent
  commit_before_engine,   // LMDB commits when the batch is sent
  next_over_unknown,      // the next batch is sent over one that nobody knows of
  backlog_ids_not_seen,   // a command that comes again is looked for in LMDB only
  hold_backlog,           // a leader says that it has on its disk what the engine has
  doubt_taken_for_no,     // an unknown outcome is taken for: it did not happen
  trimmed_taken_for_no,   // what was asked for and is trimmed is taken for: it did not happen
  serve_before_catch_up,  // a leader serves what it has when it is elected
  new_nonce_each_time,    // the batch is not known again
  trim_what_one_has,      // kept is what no node has, not what a majority has not
};

struct Explored {
  size_t states = 0;
  std::string broken;  // the invariant that does not hold, and the way to it; empty: all hold everywhere
  std::map<std::string, size_t> reached;  // how many states there are of each kind that must come about
};

// Breadth first, so the way to what is broken is a shortest one.
Explored explore(const ModelBounds& bounds, Mistake mistake = Mistake::none);

}  // namespace catlog::tests
