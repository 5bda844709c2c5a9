#include "store/engine/follow.h"

#include <fmt/format.h>

#include "events/digest.h"
#include "events/error.h"
#include "store/engine/steps.h"

namespace catlog::store::engine {

using events::Exit;
using events::Failure;
using events::hex;

namespace {

constexpr size_t read_at_once_bytes = size_t{16} << 20;

[[noreturn]] void not_one_history(events::Position position, const events::Digest& ours, const events::Digest& theirs) {
  throw Failure(
      Exit::damaged,
      fmt::format("at position {} this node's log has the root {} and the cluster's has {}: they are not of one "
                  "history, and nothing more is taken; see \"Three machines\" in ops/RUNBOOK.md",
                  position, hex(ours), hex(theirs)));
}

}  // namespace

void join(Engine& engine, Log& log, IfEmpty if_empty) {
  auto tip = engine.tip();
  if (!tip) {
    if (if_empty == IfEmpty::refuse)
      throw Failure(
          Exit::usage,
          "the engine holds no log: start the one node whose log is to be the cluster's with --cluster-begin, "
          "once; if there was one, the engine has lost it");
    engine.begin(log.id(), log.snapshot().tree_head());
    tip = engine.tip();
    if (!tip) throw Failure(Exit::failure, "the engine holds no log although it was told to");
  }
  const events::TreeHead own = log.snapshot().tree_head();
  if (own.size == 0 && log.id() != tip->log_id) {
    if (tip->first > 1)
      throw Failure(Exit::usage,
                    fmt::format("the engine keeps the cluster's log from position {} on only: begin with a "
                                "backup of another node (catlog backup there, catlog restore here)",
                                tip->first));
    log.identify({tip->log_id, {}});
  }
  if (log.id() != tip->log_id)
    throw Failure(Exit::usage, fmt::format("this node has log {} and the cluster log {}: begin with an empty data "
                                           "directory, or with a backup of a node of the cluster",
                                           log.id(), tip->log_id));
  if (own.size > tip->head.size)
    throw Failure(
        Exit::damaged,
        fmt::format("the engine's log ends at position {} and this node's at {}: the engine was set back, and "
                    "what it lost was acknowledged; see \"Three machines\" in ops/RUNBOOK.md",
                    tip->head.size, own.size));
  if (own.size == tip->head.size && own.root != tip->head.root) not_one_history(own.size, own.root, tip->head.root);
}

Following::Following(Engine& engine, Log& log) : engine_(engine), log_(log), head_(log.snapshot().tree_head()) {}

size_t Following::take() try {
  const auto batches = engine_.read(head_.size + 1, read_at_once_bytes);
  for (const Batch& batch : batches) append(batch);
  return batches.size();
} catch (const Trimmed&) {
  throw Failure(Exit::usage, fmt::format("the engine does not keep event {} any more: begin with a backup of another "
                                         "node (catlog backup there, catlog restore here)",
                                         head_.size + 1));
}

void Following::append(const Batch& batch) {
  if (!continues(head_, batch)) not_one_history(head_.size, head_.root, batch.before.root);
  const auto records = records_of(batch);
  if (!records)
    throw Failure(Exit::damaged, fmt::format("the batch behind position {} in the engine is damaged: {}", head_.size,
                                             records.error()));
  log_.append(head_.size, *records, [&batch](const events::TreeHead& after) {
    if (after != batch.after) not_one_history(after.size, after.root, batch.after.root);
  });
  head_ = batch.after;
}

}  // namespace catlog::store::engine
