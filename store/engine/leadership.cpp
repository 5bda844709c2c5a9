#include "store/engine/leadership.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "events/error.h"

namespace catlog::store::engine {

namespace {

constexpr std::chrono::seconds longest_doubt{30};  // then nobody waits for a receipt any more
constexpr std::chrono::milliseconds ask_again{50};
constexpr size_t earlier_at_once_bytes = size_t{16} << 20;

}  // namespace

Leadership::Leadership(Engine& engine, Member member, Term term, Frontier tree)
    : engine_(engine),
      member_(std::move(member)),
      term_(term),
      tree_(std::move(tree)),
      head_(tree_.head()),
      begun_(head_.size) {}

Batch Leadership::append(std::span<const std::span<const std::byte>> records) {
  CATLOG_CHECK(!proposal_);  // one at a time, and none after one that was lost
  for (const auto record : records) tree_.add(leaf_hash(record));
  Batch batch = make_batch(term_, head_, tree_.head(), records);
  const auto begun = std::chrono::steady_clock::now();
  proposal_.emplace();
  while (true) {
    switch (proposal_->next()) {
      case Proposal::Step::send: {
        const Outcome outcome = engine_.append(batch);
        proposal_->sent(outcome);
        if (outcome != Outcome::unknown) break;
        if (std::chrono::steady_clock::now() - begun > longest_doubt)
          throw LeadLost("the engine does not answer, and whether it has the last commands nobody knows");
        std::this_thread::sleep_for(ask_again);
        break;
      }
      case Proposal::Step::look:
        proposal_->looked(look(batch));
        break;
      case Proposal::Step::acknowledge: {
        if (member_.counters) member_.counters->append_seconds.observe(events::seconds_since(begun));
        const std::lock_guard lock(mutex_);
        kept_.emplace_back(batch.before.size + 1, batch.body.size());
        kept_bytes_ += batch.body.size();
        head_ = batch.after;
        proposal_.reset();
        return batch;
      }
      default:
        throw LeadLost(fmt::format("{} leads no more (term {})", member_.node, term_));
    }
  }
}

Proposal::Found Leadership::look(const Batch& batch) {
  const auto begun = std::chrono::steady_clock::now();
  while (true) {
    try {
      const auto found = engine_.read(batch.before.size + 1, 1);
      return !found.empty() && found.front().nonce == batch.nonce ? Proposal::Found::ours : Proposal::Found::another;
    } catch (const Trimmed&) {
      return Proposal::Found::trimmed;
    } catch (const Unreachable& why) {
      if (std::chrono::steady_clock::now() - begun > longest_doubt) throw LeadLost(why.what());
      std::this_thread::sleep_for(ask_again);
    }
  }
}

bool Leadership::is_lost() const { return !engine_.is_leading(term_); }

void Leadership::count_earlier() {
  const auto tip = engine_.tip();
  std::deque<std::pair<events::Position, uint64_t>> earlier;
  uint64_t bytes = 0;
  for (auto from = tip ? tip->first : begun_ + 1; from <= begun_;) {
    const auto batches = engine_.read(from, earlier_at_once_bytes);
    if (batches.empty()) break;
    for (const Batch& batch : batches) {
      from = batch.after.size + 1;
      if (batch.after.size > begun_) break;
      earlier.emplace_back(batch.before.size + 1, batch.body.size());
      bytes += batch.body.size();
    }
  }
  const std::lock_guard lock(mutex_);
  kept_.insert(kept_.begin(), earlier.begin(), earlier.end());
  kept_bytes_ += bytes;
  has_earlier_ = true;
}

void Leadership::keep(events::Position durable) try {
  if (held_ != durable) engine_.hold(member_.node, durable);
  held_ = durable;
  if (!has_earlier_) count_earlier();
  std::vector<events::Position> held;
  const auto holds = engine_.holds();
  for (const auto& [node, position] : holds) held.push_back(position);
  if (member_.counters) {
    member_.counters->see(holds);
    member_.counters->is_answering.set(1);
  }
  const events::Position needed = keep_from(held, member_.nodes);
  events::Position first = 0;
  {
    const std::lock_guard lock(mutex_);
    while (kept_bytes_ > member_.kept_bytes && kept_.size() > 1 && kept_[1].first <= needed) {
      kept_bytes_ -= kept_.front().second;
      kept_.pop_front();
      first = kept_.front().first;
    }
  }
  if (first != 0) engine_.trim(term_, first);
} catch (const Unreachable&) {
  if (member_.counters) member_.counters->is_answering.set(0);
} catch (const Trimmed&) {  // by who leads now
}

void Leadership::resign() try { engine_.resign(term_); } catch (const Unreachable&) {
}

}  // namespace catlog::store::engine
