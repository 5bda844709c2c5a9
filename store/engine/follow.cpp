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

void join(Engine& engine, Log& log, IfEmpty if_empty, const Others* others) {
  auto tip = engine.tip();
  if (!tip) {
    if (if_empty == IfEmpty::refuse)
      throw Failure(
          Exit::usage,
          "the engine holds no log: start the one node whose log is to be the cluster's with --cluster-begin, "
          "once; if there was one, the engine has lost it");
    engine.begin({log.id(), log.forked_from()}, log.snapshot().tree_head());
    tip = engine.tip();
    if (!tip) throw Failure(Exit::failure, "the engine holds no log although it was told to");
  }
  const events::TreeHead own = log.snapshot().tree_head();
  if (own.size == 0 && log.id() != tip->log_id) {
    if (tip->first > 1 && !others)
      throw Failure(Exit::usage,
                    fmt::format("the engine keeps the cluster's log from position {} on only: name the other nodes "
                                "(--cluster-peers), which have the rest, or begin with a backup of one (catlog backup "
                                "there, catlog restore here)",
                                tip->first));
    log.identify({tip->log_id, tip->forked_from});
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

std::optional<Piece> piece_of(const Log& log, events::Position from, events::Position trusted, size_t max_bytes) {
  const LogSnapshot snapshot = log.snapshot();
  if (from >= trusted || trusted > snapshot.head()) return {};
  std::vector<std::span<const std::byte>> records;
  size_t bytes = 0;
  snapshot.scan(from + 1, [&](events::Position position, Bytes record) {
    records.push_back(record);
    bytes += record.size();
    return position < trusted && bytes < max_bytes && records.size() < max_batch_records;
  });
  const events::TreeHead after = snapshot.tree_head(from + records.size());
  return Piece{make_batch(0, snapshot.tree_head(from), after, records),
               from > 0 ? snapshot.consistency_proof(from, trusted) : Path(),
               snapshot.consistency_proof(after.size, trusted)};
}

Following::Following(Engine& engine, Log& log, Others* others)
    : engine_(engine), log_(log), others_(others), head_(log.snapshot().tree_head()) {}

size_t Following::take() try {
  const auto batches = engine_.read_nearest(head_.size + 1, read_at_once_bytes);
  if (!append_at_once(batches))
    for (const Batch& batch : batches) append(batch);
  if (batches.empty()) check_end();
  return batches.size();
} catch (const Trimmed&) {
  if (!others_)
    throw Failure(Exit::usage,
                  fmt::format("the engine does not keep event {} any more: name the other nodes (--cluster-peers), "
                              "which have it, or begin with a backup of one (catlog backup there, catlog restore here)",
                              head_.size + 1));
  return take_piece();
}

// Batches are committed whole, so a log of the cluster ends where one of them does, unless the engine keeps it no more
// (then it came from another node, by pieces). In between no root is there to be compared, and nothing ever begins.
void Following::check_end() {
  if (!engine_.may_have(head_.size + 1)) return;
  const auto tip = engine_.tip();
  if (!tip || tip->head.size <= head_.size || !engine_.read(head_.size + 1, 1).empty()) return;
  throw Failure(
      Exit::damaged,
      fmt::format("this node's log ends at position {}, and the cluster's goes on to {} without a batch that begins "
                  "there: batches are taken whole, so what this log has last is not the cluster's, or it came from a "
                  "backup that was cut; nothing more is taken; see \"Three machines\" in ops/RUNBOOK.md",
                  head_.size, tip->head.size));
}

// The leader trims on meanwhile: what the engine is asked for may be gone by then, and is asked for anew.
size_t Following::take_piece() try { return append_piece() ? 1 : 0; } catch (const Trimmed&) {
  return 0;
}

// Up to where the engine's batches begin: what is before them a majority has. The piece is whatever another node says;
// the root that it makes with what is here must be of the log that the engine names.
// False: it is to be asked for again.
bool Following::append_piece() {
  if (trusted_.size <= head_.size) {
    const auto tip = engine_.tip();
    if (!tip || tip->first <= head_.size + 1) return false;  // it is read from the engine next
    const auto kept = engine_.read(tip->first, 1);
    trusted_ = kept.empty() ? tip->head : kept.front().before;
  }
  const events::TreeHead trusted = trusted_;
  const auto piece = others_->piece(head_, trusted);
  if (!piece) {
    if (++without_answer_ < others_->size()) return false;
    without_answer_ = 0;
    throw OthersSilent(fmt::format("the engine does not keep event {} any more, and no other node that has it answers",
                                   head_.size + 1));
  }
  without_answer_ = 0;
  check_own(*piece, trusted);
  const auto records = records_of(piece->batch);
  if (!records) throw OthersSilent("another node's records are damaged: " + records.error());
  events::TreeHead head;
  log_.append(head_.size, *records, [&](const events::TreeHead& after) {
    const bool is_of_it = after == trusted || (after.size < trusted.size && is_consistent(after, trusted, piece->path));
    if (!is_of_it)
      throw OthersSilent(
          fmt::format("another node's records up to position {} are not of the cluster's log: none of "
                      "them is taken",
                      after.size));
    head = after;
  });
  head_ = head;
  return true;
}

// Where another root than this log's is proven to be the cluster's, no node has records that continue this log.
void Following::check_own(const Piece& piece, const events::TreeHead& trusted) const {
  const events::TreeHead& theirs = piece.batch.before;
  if (theirs.size == head_.size && theirs.root != head_.root && is_consistent(theirs, trusted, piece.path_before))
    not_one_history(head_.size, head_.root, theirs.root);
}

// The last root is over all before it. False: something is wrong with one of them; one after the other shows with
// which.
bool Following::append_at_once(std::span<const Batch> batches) {
  struct Differs {};
  std::vector<Bytes> records;
  events::TreeHead end = head_;
  for (const Batch& batch : batches) {
    const auto its = records_of(batch);
    if (!its || !continues(end, batch)) return false;
    records.insert(records.end(), its->begin(), its->end());
    end = batch.after;
  }
  if (batches.empty()) return true;
  try {
    log_.append(head_.size, records, [&end](const events::TreeHead& after) {
      if (after != end) throw Differs();
    });
  } catch (const Differs&) {
    return false;
  }
  head_ = end;
  return true;
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
