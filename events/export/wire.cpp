#include "events/export/wire.h"

#include "events/bus/limits.h"
#include "events/bus/topics.h"
#include "events/codec/json.h"

namespace catlog::events {
namespace {

const Frame frame_of_tag{"tag", "any 0 to 256 bytes, echoed: it tells which request a reply belongs to"};
const Frame frame_of_encoding{"encoding", "one byte: j for JSON, c for Cap'n Proto"};
const Frame frame_of_topic{"topic", "json/ or capnp/, then the event's stream: movies/42/"};

const Frame frame_of_session{"session",
                             "optional: which place the command has among its producer's (PROTOCOL.md, Sessions)"};

const Frame frame_of_first{"session", "of the first command; empty: none"};

Frame frame_of_body(std::string says) { return {"body", std::move(says)}; }

Endpoint commands_endpoint() {
  return {"commands",
          "commands.ipc",
          "ROUTER",
          {"DEALER", "REQ"},
          "Commands in, receipts out, in the order in which one "
          "client sends them",
          {{"command",
            "A command",
            {frame_of_tag, frame_of_encoding, frame_of_body("a Command"), frame_of_session},
            "",
            "Command"},
           {"pack",
            "Several commands, each judged by itself",
            {frame_of_tag,
             frame_of_encoding,
             frame_of_body("Commands, one behind the other"),
             frame_of_first,
             {"lengths", "4 bytes each, big-endian: how many bytes of the body each command has"}},
            "",
            "Command"}},
          {{"receipt", "Its receipt", {frame_of_tag, frame_of_encoding, frame_of_body("a Receipt")}, "", "Receipt"},
           {"receipts",
            "A pack's receipts, in the order of its commands",
            {frame_of_tag,
             frame_of_encoding,
             frame_of_body("Receipts, one behind the other"),
             {"lengths", "4 bytes each, big-endian: how many bytes of the body each receipt has"}},
            "",
            "Receipt"}}};
}

}  // namespace

const std::vector<Limit>& limits() {
  static const std::vector<Limit> all = {
      {"commandBytes", max_command_bytes, "of a command's body; more is `tooLarge`"},
      {"canonicalBytes", max_canonical_bytes, "of a command written out, in a batch of each one; more is `tooLarge`"},
      {"frameBytes", max_frame_bytes, "of any frame; beyond, the connection is cut and no reply comes"},
      {"tagBytes", max_tag_bytes, "of a tag"},
      {"envelopeTextBytes", max_envelope_text_bytes, "of correlationId, causationId and the actor's texts, each"},
      {"jsonDepth", max_json_depth, "levels of objects and lists within each other"},
      {"batchCommands", max_batch_commands, "commands in a batch"},
      {"packCommands", max_pack_commands, "commands in a pack"},
      {"packBytes", max_pack_bytes, "of a pack's commands together"},
      {"commandsUnanswered", commands_unanswered, "commands of one client that are not answered yet"},
      {"replayRequestBytes", max_replay_request_bytes, "of a replay request's body"},
      {"replaysUnanswered", replays_unanswered, "replay requests of one client that are not answered yet"},
      {"waiters", max_waiters,
       "requests of all clients that wait for a position at one time; one more is answered at once"},
      {"waitMs", max_wait_ms, "milliseconds that a request may wait for a position"},
      {"groups", max_groups, "names of groups"},
      {"groupMembers", max_group_members, "members of a group"},
      {"groupEventsHeld", max_group_events_held, "events that a member holds, and that one fetch gets"},
      {"groupEventsOut", max_group_events_out, "events that all members of a group hold together"},
      {"groupEventsAside", max_group_events_aside, "events of a group that are set aside"},
      {"groupWaitMs", max_group_wait_ms, "milliseconds that a fetch may wait"},
      {"groupRequestsUnanswered", group_requests_unanswered, "group requests of one client that are not answered yet"},
      {"eventsPerChunk", max_events_per_chunk, "events in a chunk, whatever its request's `limit` says"},
      {"topicsPerRequest", max_topics, "topics in a replay request"},
      {"topicBytes", max_topic_bytes, "of a replay request's topic"},
      {"subscriptionBytes", max_subscription_bytes, "of a subscription to the feed"},
      {"subscriptions", max_subscriptions_of_peer, "subscriptions of a connection, with those that were taken back"},
      {"subscriptionsBytes", max_subscription_bytes_of_peer, "of these together; beyond, the connection is cut"},
      {"messageFrames", max_message_frames, "frames of a message; beyond, the connection is cut"},
      {"messageBytes", max_message_bytes, "of a message's frames together; beyond, the connection is cut"},
      {"connections", max_connections, "connections to all endpoints"},
      {"bytesPerSecondOfKey", max_bytes_per_second_of_key, "of commands a second, of one key; more are `busy`"},
      {"halfOpen", max_half_open, "connections whose handshake is not over; beyond, the one that began first is cut"},
      {"handshakeMs", max_handshake_ms, "milliseconds that a connection's handshake may take"},
  };
  return all;
}

const std::vector<Endpoint>& endpoints() {
  static const std::vector<Endpoint> all = {
      commands_endpoint(),
      {"changes",
       "changes.ipc",
       "XPUB",
       {"SUB"},
       "Every event as it becomes visible in SQL, to who subscribed to a "
       "prefix of its topic",
       {},
       {{"change",
         "An event",
         {frame_of_topic, {"header", "a ChangeHeader"}, {"payload", "an EventRecord"}},
         "ChangeHeader",
         "EventRecord"},
        {"head",
         "How far the feed is, once a second; always in JSON",
         {{"topic", "head/"}, frame_of_body("a Head")},
         "",
         "Head"}}},
      {"replay",
       "replay.ipc",
       "ROUTER",
       {"DEALER", "REQ"},
       "Past events from a position on, in chunks that are asked "
       "for one by one; how the log stands; when SQL has a position",
       {{"replayRequest",
         "Asks for events, how the log stands, or to be told when SQL has a position",
         {frame_of_tag, frame_of_encoding, frame_of_body("a ReplayRequest")},
         "",
         "ReplayRequest"}},
       {{"replayAnswer",
         "After a chunk follow three frames for each of its events: topic, header and payload, as in the "
         "feed",
         {frame_of_tag, frame_of_encoding, frame_of_body("a ReplayAnswer")},
         "",
         "ReplayAnswer"}}},
      {"groups",
       "groups.ipc",
       "ROUTER",
       {"DEALER", "REQ"},
       "Events handed out to the members of a group, and acknowledged by them",
       {{"groupRequest",
         "Joins, asks for events, acknowledges them, or leaves",
         {frame_of_tag, frame_of_encoding, frame_of_body("a GroupRequest")},
         "",
         "GroupRequest"}},
       {{"groupAnswer",
         "After `work` follow three frames for each of its events: topic, header and payload, as replay gives them",
         {frame_of_tag, frame_of_encoding, frame_of_body("a GroupAnswer")},
         "",
         "GroupAnswer"}}},
  };
  return all;
}

}  // namespace catlog::events
