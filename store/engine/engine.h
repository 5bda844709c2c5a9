#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "events/position.h"
#include "events/tree_head.h"
#include "store/engine/batch.h"
#include "store/log_identity.h"

// What replicates the log of several machines, and decides which of them writes; README.md says how it is used.
namespace catlog::store::engine {

// A reign: later ones have larger numbers, none comes twice. 0: none.
using Term = uint64_t;

struct Leader {
  Term term = 0;
  std::string node, endpoint;  // its name, and where it takes commands
  bool operator==(const Leader&) const = default;
};

// What the engine holds: the log's id and head, the position of the first event that is still there, and where the log
// branched off from another.
struct Tip {
  std::string log_id;
  events::TreeHead head;
  events::Position first = 1;
  std::optional<ForkedFrom> forked_from = {};
  bool operator==(const Tip&) const = default;
};

// How an append ended. unknown: it may have happened, may happen yet, or not at all.
enum class Outcome { ok, stale_leader, stale_head, unknown };

// The engine does not answer, or has no majority: ask again later.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The engine, as one node sees it. Every answer is what a majority holds at some moment after the question (linear),
// but for read_nearest and is_leading. All but append throw Unreachable, after which nobody knows whether what was
// asked happened.
//
// Threads: any.
class Engine {
 public:
  virtual ~Engine() = default;

  // Empty: it holds no log yet.
  virtual std::optional<Tip> tip() = 0;
  // Makes it hold this log, which all nodes have up to this head already. False: it holds one.
  virtual bool begin(const LogIdentity& log, const events::TreeHead& head) = 0;

  virtual std::optional<Leader> leader() = 0;
  // Takes the lead where nobody has it: the new term, 0 when somebody else leads. It lasts until resign, or until the
  // engine has not heard from this node for the time of a lease.
  virtual Term elect(const std::string& node, const std::string& endpoint) = 0;
  virtual void resign(Term term) = 0;
  // False: this term is over. True means nothing, it only has not been noticed yet.
  virtual bool is_leading(Term term) = 0;

  // Adds the batch behind the head, on the conditions that its term leads and that the head is batch.before. To ask for
  // the same batch again is safe: it is there once.
  virtual Outcome append(const Batch& batch) = 0;
  // The batches from the one on that begins at `from`, in order, at least one if there is one, else until their bytes
  // reach `max_bytes`; empty: none begins there, yet or at all. Throws Trimmed.
  virtual std::vector<Batch> read(events::Position from, size_t max_bytes) = 0;
  // The same for less, and perhaps without the last of it: what a majority held at some moment before. For who takes
  // what is there and asks again.
  virtual std::vector<Batch> read_nearest(events::Position from, size_t max_bytes) = 0;
  // Waits until something may have been appended, or the time is over; whether something may. Rings get lost: the
  // caller reads now and then in any case.
  virtual bool wait(std::chrono::milliseconds longest) = 0;
  // False: as far as is known without asking, no batch begins at `from` yet, and wait() will tell when one may.
  virtual bool may_have(events::Position from) = 0;

  // A node says up to where its own disk has the log; and what all of them said.
  virtual void hold(const std::string& node, events::Position position) = 0;
  virtual std::map<std::string, events::Position> holds() = 0;
  // Takes away the batches below the one that begins at `first`. Nothing happens where the term does not lead.
  virtual void trim(Term term, events::Position first) = 0;
};

// What was asked for is not kept any more.
class Trimmed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace catlog::store::engine
