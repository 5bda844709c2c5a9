#include "bin/daemon/loop_metrics.h"

#include "events/schema/vocabulary.h"

#include <algorithm>

#include <capnp/schema.h>
#include <fmt/format.h>

#include "events/bus/connections.h"
#include "events/error.h"
#include "events/schema/model.h"

namespace catlog {

namespace {

constexpr size_t max_nodes_shown = 16;                                         // their names are what the engine holds
constexpr const char* verdict_names[] = {"accepted", "unchanged", "refused"};  // as Receipt::Verdict has them

void show_commands(Families& families, const commandhandler::HandlerCounters& counters) {
  const auto show_kind = [&](const std::string& kind, size_t which) {
    CATLOG_CHECK(which < counters.most_kinds);
    for (size_t verdict = 0; verdict < counters.verdicts; ++verdict)
      families.counter("catlog_commands_total", "Commands that were answered, by their kind and the receipt's verdict.",
                       counters.commands[which][verdict].read(), {{"kind", kind}, {"outcome", verdict_names[verdict]}});
  };
  show_kind("unreadable", 0);
  for (const auto& command : events::model().commands()) show_kind(command.name, command.which);
}

void show_refusals(Families& families, const commandhandler::HandlerCounters& counters) {
  for (auto code : capnp::Schema::from<events::schema::RefusalCode>().getEnumerants()) {
    CATLOG_CHECK(code.getOrdinal() < counters.most_codes);
    if (code.getOrdinal() == 0) continue;
    families.counter("catlog_refusals_total", "Commands that were refused, by the receipt's code.",
                     counters.refusals[code.getOrdinal()].read(), {{"code", code.getProto().getName().cStr()}});
  }
}

void show(Families& families, const projector::FeedCounters& counters, size_t unread_bytes) {
  const char* changes = "Changes that the feed sent, by their encoding; once, however many subscribe.";
  families.counter("catlog_feed_changes_total", changes, counters.json.read(), {{"encoding", "json"}});
  families.counter("catlog_feed_changes_total", changes, counters.capnp.read(), {{"encoding", "capnp"}});
  families.counter("catlog_feed_sent_bytes_total", "Bytes of these changes.", counters.bytes.read());
  families.counter("catlog_feed_cut_off_total", "Subscribers that were cut off because they did not read.",
                   counters.cut_off.read());
  families.gauge("catlog_feed_unread_bytes", "Bytes of changes that subscribers have still to get.",
                 static_cast<double>(unread_bytes));
}

}  // namespace

void show(Families& families, const commandhandler::Front& handler) {
  const auto& counters = handler.numbers->handler;
  const auto& writer = handler.numbers->writer;
  show_commands(families, counters);
  show_refusals(families, counters);
  families.counter("catlog_receipts_dropped_total", "Receipts that were dropped because the producer does not read.",
                   handler.intake.dropped().read());
  families.counter("catlog_commands_throttled_total",
                   "Commands that were busy because their key had sent too many bytes.", counters.throttled.read());
  families.histogram("catlog_batch_commands", "Commands that were answered together.", counters.batch_commands);
  families.histogram("catlog_commit_duration_seconds", "How long an append to the log took, until it was durable.",
                     writer.commit_seconds);
  families.histogram("catlog_commit_events", "Events of an append to the log.", writer.commit_events);
  families.counter("catlog_events_committed_total", "Events that were appended to the log.", writer.events.read());
  const auto in_log = writer.position.read();  // first: so it is not beyond the other
  families.gauge("catlog_cluster_log_behind_events",
                 "Events that this node has acknowledged as its cluster's leader and its own log does not have yet.",
                 static_cast<double>(std::max(writer.acknowledged.read(), in_log) - in_log));
  families.gauge("catlog_handler_tail_events", "Events that the stored decision state does not hold yet.",
                 static_cast<double>(counters.tail_events.read()));
  families.gauge("catlog_storage_full",
                 "1: commands are refused, or a node that follows stands still, for want of space on the disk.",
                 static_cast<double>(counters.storage_full.read()));
  families.gauge("catlog_clock_fault", "1: this machine's clock and the log do not agree.",
                 static_cast<double>(counters.clock_fault.read()));
}

void show(Families& families, const store::engine::EngineCounters& counters) {
  families.gauge("catlog_cluster_leads", "1: this node leads its cluster.", counters.term.read() != 0 ? 1 : 0);
  families.gauge("catlog_cluster_term", "The term in which this node leads; 0: it does not.",
                 static_cast<double>(counters.term.read()));
  families.gauge("catlog_cluster_engine_answers", "1: the engine answered when it was last asked.",
                 static_cast<double>(counters.is_answering.read()));
  families.histogram("catlog_cluster_append_duration_seconds", "How long it took until the engine had a batch.",
                     counters.append_seconds);
  const auto seen = counters.seen();
  for (const auto& [node, words] : seen.troubles)
    families.gauge("catlog_cluster_node_trouble",
                   "1: this other node is silent, or its lists are not as they are here; the log says which.",
                   words.empty() ? 0 : 1, {{"node", node}});
  const auto& holds = seen.holds;
  events::Position most = 0;
  for (const auto& [node, position] : holds) most = std::max(most, position);
  size_t shown = 0;
  for (const auto& [node, position] : holds)
    if (++shown <= max_nodes_shown)
      families.gauge("catlog_cluster_node_lag_events", "Events that this node's disk lacks of what the first one has.",
                     static_cast<double>(most - position), {{"node", node}});
}

void show(Families& families, const commandhandler::StateLoop& loop) {
  const auto& counters = loop.counters();
  families.gauge("catlog_state_position", "The position up to which the stored decision state holds the log.",
                 static_cast<double>(counters.position.read()));
  families.histogram("catlog_state_flush_duration_seconds", "How long a flush of the decision state took.",
                     counters.flush_seconds);
  families.counter("catlog_state_flushes_without_space_total", "Flushes of it that found no space on the disk.",
                   counters.flushes_without_space.read());
}

void show(Families& families, const projector::ProjectorLoop& loop) {
  const auto& counters = loop.counters();
  families.gauge("catlog_read_model_position", "The position up to which the read model holds the log.",
                 static_cast<double>(counters.position.read()));
  families.counter("catlog_events_applied_total", "Events that were applied to the read model.",
                   counters.events.read());
  families.histogram("catlog_apply_duration_seconds", "How long a batch took to be applied and committed.",
                     counters.apply_seconds);
  families.histogram("catlog_apply_events", "Events of a batch that was applied.", counters.batch_events);
  families.gauge("catlog_projector_stands_still", "1: it stands at an event that it cannot apply, or cannot go on.",
                 static_cast<double>(counters.stands_still.read()));
  families.gauge("catlog_projector_waits", "1: for space, or for somebody who holds the read model's file.",
                 static_cast<double>(counters.waits.read()));
  families.gauge("catlog_read_model_wal_bytes", "Bytes in the read model's WAL.",
                 static_cast<double>(counters.wal_bytes.read()));
  families.gauge("catlog_read_model_readers_in_the_way", "Readers that keep the WAL from being used again.",
                 static_cast<double>(counters.readers_in_the_way.read()));
  families.gauge("catlog_read_model_oldest_reader_process",
                 "The process that keeps it for longest, by its id; 0: none does, or it cannot be seen.",
                 static_cast<double>(counters.oldest_reader.read()));
  families.gauge("catlog_read_model_oldest_reader_timestamp_seconds", "Since when it was seen to; 0: none does.",
                 static_cast<double>(counters.oldest_reader_since_s.read()));
  families.gauge("catlog_read_model_files_kept", "Older files of the read model that others have open.",
                 static_cast<double>(counters.files_kept.read()));
  show(families, loop.feed_counters(), loop.unread_feed_bytes());
}

void show(Families& families, const projector::ReplayLoop& loop) {
  const auto& counters = loop.counters();
  const char* requests = "Requests to the replay socket, by their answer.";
  families.counter("catlog_replay_requests_total", requests, counters.chunks.read(), {{"answer", "chunk"}});
  families.counter("catlog_replay_requests_total", requests, counters.statuses.read(), {{"answer", "status"}});
  families.counter("catlog_replay_requests_total", requests, counters.waited.read(), {{"answer", "waited"}});
  families.counter("catlog_replay_requests_total", requests, counters.refused.read(), {{"answer", "refused"}});
  families.counter("catlog_replay_requests_total", requests, loop.dropped().read() + counters.dropped.read(),
                   {{"answer", "dropped"}});
  families.gauge("catlog_replay_waiting_requests", "Requests that wait until SQL has a position.",
                 static_cast<double>(counters.waiting.read()));
  families.counter("catlog_replay_events_total", "Events in its answers.", counters.events.read());
  families.counter("catlog_replay_sent_bytes_total", "Bytes of these events.", counters.bytes.read());
}

void show(Families& families, const projector::GroupsLoop& loop) {
  const auto& counters = loop.counters();
  families.counter("catlog_group_deliveries_total", "Events that were handed out to members of groups.",
                   counters.handed_out.read());
  families.counter("catlog_group_redeliveries_total", "Those of them that had been handed out before.",
                   counters.again.read());
  const char* answers = "What members said of them; late: too late, so that it had no effect.";
  families.counter("catlog_group_answers_total", answers, counters.acknowledged.read(), {{"answer", "acknowledged"}});
  families.counter("catlog_group_answers_total", answers, counters.failed.read(), {{"answer", "failed"}});
  families.counter("catlog_group_answers_total", answers, counters.late.read(), {{"answer", "late"}});
  families.counter("catlog_group_requests_refused_total", "Requests of members that were refused.",
                   counters.refused.read());
  families.counter("catlog_group_saves_without_space_total", "Writes of groups that found no space on the disk.",
                   counters.saves_without_space.read());
  families.gauge("catlog_groups", "Named groups of subscribers.", static_cast<double>(loop.numbers().size()));
}

void show_lags(Families& families, const std::vector<projector::GroupNumbers>& groups, events::Position head) {
  const auto gauge = [&](const char* name, const char* help, const auto& value_of) {
    for (const auto& group : groups)
      families.gauge(name, help, static_cast<double>(value_of(group)), {{"group", group.name}});
  };
  gauge("catlog_group_lag_events", "Events of the log behind the group's cursor, whether it is about them or not.",
        [&](const auto& group) { return head - std::min(head, group.cursor); });
  gauge("catlog_group_members", "Members of the group.", [](const auto& group) { return group.members; });
  gauge("catlog_group_held_events", "Events that members hold.", [](const auto& group) { return group.held; });
  gauge("catlog_group_waiting_events", "Events that were looked at and wait for a member.",
        [](const auto& group) { return group.waiting; });
  gauge("catlog_group_set_aside_events", "Events that failed too often.",
        [](const auto& group) { return group.set_aside; });
  gauge("catlog_group_serves", "0: its history is not the log's, or its file cannot be used.",
        [](const auto& group) { return group.serves ? 1 : 0; });
}

void show(Families& families, const events::Gate& gate) {
  const char* handshakes = "Connections that were asked about, by whether their peer was let in.";
  families.counter("catlog_handshakes_total", handshakes, gate.counters().admitted.read(), {{"outcome", "admitted"}});
  families.counter("catlog_handshakes_total", handshakes, gate.counters().refused.read(), {{"outcome", "refused"}});
  families.gauge("catlog_bus_keys", "Keys and users on the list of who may use the bus.",
                 static_cast<double>(gate.list()->size()));
}

void show_connections(Families& families) {
  const auto counts = events::connection_counts();
  families.gauge("catlog_connections_open", "Connections to the bus's sockets.", static_cast<double>(counts.open));
  families.gauge("catlog_connections_half_open", "Those of them whose handshake is not over.",
                 static_cast<double>(counts.half_open));
  families.gauge("catlog_subscription_bytes", "Bytes that their peers have subscribed by.",
                 static_cast<double>(counts.subscription_bytes));
  families.gauge("catlog_connections_waiting_bytes", "Bytes that peers sent and that are not taken yet.",
                 static_cast<double>(counts.waiting_bytes));
  families.counter("catlog_connections_turned_away_total",
                   "Connections that were closed at once, for want of descriptors or memory.", counts.turned_away);
  families.counter("catlog_connections_cut_off_total",
                   "Connections that were ended for what the peer sent, or did not read.", counts.cut_off);
}

void show(Families& families, const http::ServerCounters& counters) {
  families.gauge("catlog_http_connections_open", "Connections to the HTTP endpoint.",
                 static_cast<double>(counters.open.read()));
  families.counter("catlog_http_connections_total", "Connections that were accepted there.", counters.accepted.read());
  const char* closed = "Those that were closed or turned away, by the reason.";
  families.counter("catlog_http_connections_closed_total", closed, counters.closed_for_others.read(),
                   {{"reason", "others_came"}});
  families.counter("catlog_http_connections_closed_total", closed, counters.turned_away.read(),
                   {{"reason", "too_many"}});
  families.counter("catlog_http_connections_closed_total", closed, counters.timed_out.read(), {{"reason", "time"}});
  for (size_t hundreds = 2; hundreds < counters.answers.size(); ++hundreds)
    families.counter("catlog_http_answers_total", "Answers there, by their status.", counters.answers[hundreds].read(),
                     {{"status", fmt::format("{}xx", hundreds)}});
}

void show(Families& families, const Pulse& pulse) {
  for (const auto& loop : pulse.look())
    families.gauge("catlog_loop_age_seconds", "How long ago the loop was seen to go round.", loop.age.count(),
                   {{"loop", loop.name}});
  for (const auto& loop : pulse.look())
    families.gauge("catlog_loop_stands", "1: the loop has not gone round for too long.",
                   loop.state == Pulse::State::stands ? 1 : 0, {{"loop", loop.name}});
}

}  // namespace catlog
