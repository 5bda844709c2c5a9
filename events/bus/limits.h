#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

// The bus's limits; events/PROTOCOL.md says what they mean to somebody outside.
namespace catlog::events {

// Limits of messages.
constexpr size_t max_command_bytes = size_t{1} << 20;  // more is `tooLarge`
// A command in canonical form, where pointers that overlap are written apart; in a batch each command by itself. JSON
// takes at most six bytes for one, so an event in either encoding is within max_frame_bytes.
constexpr size_t max_canonical_bytes = 2 * max_command_bytes;
constexpr size_t max_frame_bytes = size_t{16} << 20;  // more is cut by ZeroMQ, with the connection
constexpr size_t max_tag_bytes = 256;
constexpr unsigned max_batch_commands = 10'000;
// Of a pack: so that it takes of others' time and of memory about what one command may.
constexpr size_t max_pack_commands = 256, max_pack_bytes = max_command_bytes;
// Of the receipts of a pack in one message, where it holds more than one.
constexpr size_t max_pack_receipt_bytes = max_command_bytes;
constexpr size_t max_envelope_text_bytes = 1'024;  // kept with each event, and a command may have thousands
constexpr int commands_queued_per_peer = 64;       // of the intake, each up to max_frame_bytes
constexpr int commands_unanswered = 1'024;         // of one peer (router.h)
constexpr size_t max_bytes_per_second_of_key = size_t{32} << 20;  // of commands; more are `busy`
constexpr size_t max_ipc_path_bytes = 107;                        // sun_path of a Unix socket
constexpr int recheck_ms = 50;                                    // after which a loop looks again when no bell rings
constexpr int max_handshake_ms = 10'000;                          // of a peer that connects; then it is cut off

// Limits of replay.
constexpr uint64_t max_events_per_chunk = 4'096;
constexpr size_t max_chunk_bytes = 1 << 20;          // a chunk ends with the event that goes over
constexpr uint64_t max_records_per_chunk = 100'000;  // looked at, whether they match or not
constexpr size_t max_replay_request_bytes = size_t{64} << 10;
constexpr int replays_unanswered = 4;                          // of one peer; requests beyond are dropped
constexpr size_t max_replay_bytes_waiting = size_t{64} << 20;  // of all peers' requests; more are dropped
constexpr std::chrono::milliseconds longest_chunk{10};         // then it ends, so that others have their turn
constexpr size_t max_waiters = 1'024;                          // requests that wait for a position, of all peers
constexpr uint64_t max_wait_ms = 30'000;

// Limits of groups.
constexpr size_t max_groups = 64;
constexpr size_t max_group_name_bytes = 64;
constexpr size_t max_group_members = 64;            // of one group
constexpr size_t max_group_events_held = 1'000;     // by one member; and in one fetch
constexpr size_t max_group_events_out = 2'048;      // of one group, with all members
constexpr size_t max_group_events_waiting = 1'024;  // of one group, that were looked at and are nobody's
constexpr size_t max_group_events_aside = 1'000;    // of one group; no more are set aside then
constexpr size_t max_group_why_bytes = 256;         // of a failure's reason; the rest is cut
constexpr uint64_t max_group_wait_ms = 10'000;      // of a fetch
constexpr uint64_t least_group_ack_ms = 100, max_group_ack_ms = 3'600'000;
constexpr uint64_t max_group_tries = 100;
constexpr int group_requests_unanswered = 16;  // of one peer; answers beyond may be dropped (router.h)

// Limits of what peers can take of this process (connections.h).
constexpr size_t max_connections = 8'192;     // to all sockets; one more is closed at once
constexpr int connections_queued = 1'024;     // of a socket, that are not accepted yet
constexpr size_t reserved_descriptors = 64;   // a quarter of them where they are few: the last ones are for files
constexpr size_t max_message_frames = 1'024;  // of one message, and so many bytes:
constexpr size_t max_message_bytes = (size_t{16} << 20) + (size_t{64} << 10);
constexpr size_t max_zmtp_command_bytes = size_t{64} << 10;  // of what a peer's ZeroMQ says to ours
constexpr size_t max_subscription_bytes = 1'024;             // of any frame to a socket without an inbox
// What one connection to such a socket may say in all, subscriptions and what takes them back: their number and bytes.
// ZeroMQ keeps some eighty bytes for each byte, and goes through all of them whenever a subscriber leaves: with four
// times as much, peers that come and go keep the projector from anything else, and what they took is not given back.
constexpr size_t max_subscriptions_of_peer = 2'048, max_subscription_bytes_of_peer = size_t{16} << 10;
// The same bytes of all that are open. Beyond it, a peer that subscribes is cut off when it has said more than an equal
// part of it.
constexpr size_t max_subscription_bytes_of_all = size_t{128} << 10;
// Subscribers who left and whom ZeroMQ has not taken out of its tables: as long as there are so many, nobody comes in.
constexpr size_t max_leaving = 64;
// Connections whose handshake is not over. When one more comes, the one that has waited longest is cut off.
constexpr size_t max_half_open = 1'024;
constexpr size_t bytes_of_frame = 64;       // that ZeroMQ holds beside those within the frame; both count as waiting
constexpr size_t bytes_of_encryption = 33;  // that a frame has more where it is encrypted (rfc.zeromq.org/spec/26)
// What one peer sent and the program has not taken: as many of the largest commands as its queue holds, and one message
// more.
constexpr size_t max_waiting_bytes_of_peer = (size_t{64} << 20) + max_message_bytes;
// The same of all peers together. Beyond it, a peer that sends is cut off when more than an equal part of it waits from
// that peer. What a peer sent whole before it left goes on waiting; while that is half of this limit, new connections
// are closed at once.
constexpr size_t max_waiting_bytes = size_t{256} << 20;

}  // namespace catlog::events
