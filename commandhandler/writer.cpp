#include "commandhandler/writer.h"

#include "commandhandler/apply.h"

namespace catlog::commandhandler {
namespace {

constexpr size_t read_batch_events = 10'000;

// Folds events from `from` on, at most one batch; the position of the last.
Position fold(State& state, const store::Log& log, Position from) {
  auto snapshot = log.snapshot();
  Position end = from - 1;
  snapshot.scan(from, [&](Position position, store::Bytes bytes) {
    events::RecordView view(bytes);
    apply(state, view.root());
    end = position;
    return position - from + 1 < read_batch_events;
  });
  return end;
}

store::StateSnapshot advanced(store::StateStore& states, Tail& tail) {
  auto snapshot = states.snapshot();
  tail.stored(snapshot.position());
  return snapshot;
}

}  // namespace

Writer::Writer(store::Log& log, store::StateStore& states, const std::filesystem::path& keys_directory)
    : log_(log), states_(states), keys_(keys_directory), tail_(states.snapshot().position()) {
  auto snapshot = states_.snapshot();
  Layer changes;
  std::vector<Layer*> layers{&changes};
  for (auto* layer : tail_.layers()) layers.push_back(layer);
  State state(layers, &snapshot);
  Position head = log_.head();
  if (snapshot.position() > head)
    throw events::Failure(events::Exit::damaged,
                          "the decision state is ahead of the log; the log was replaced: delete the folder state/");
  if (head - snapshot.position() > max_tail_events)
    throw events::Failure(
        events::Exit::failure,
        "the decision state is too far behind the log; run catlogd --only state until it has caught up");
  for (Position at = snapshot.position(); at < head;) {
    at = fold(state, log_, at + 1);
    tail_.take(changes, at);
    state.forget();
  }
}

int64_t Writer::last_recorded_us() const {
  auto snapshot = log_.snapshot();
  if (snapshot.head() == 0) return 0;
  return events::RecordView(snapshot.read(snapshot.head())).root().getRecordedAt();
}

Writer::Batch::Batch(Writer& writer, int64_t now_us)
    : writer_(writer),
      state_(advanced(writer.states_, writer.tail_)),
      log_(writer.log_.snapshot()),
      decider_(writer.tail_.layers(), &state_, log_, writer.keys_, now_us) {}

Position Writer::Batch::commit() {
  if (events() == 0) return log_.head();
  writer_.keys_.sync();
  Position end = writer_.log_.append(decider_.drafts().head(), decider_.drafts().bytes());
  writer_.tail_.take(decider_.changes(), end);
  return end;
}

}  // namespace catlog::commandhandler
