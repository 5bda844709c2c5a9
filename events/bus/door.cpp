#include "events/bus/door.h"

#include "events/error.h"

namespace catlog::events {

// What a socket is told counts for what is bound afterwards: encrypted places come last.
zmq::socket_t open_door(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint, const Door& door,
                        Doing doing, Queues queues, const Inbox* inbox) {
  zmq::socket_t socket = make_server(context, type, queues);
  if (door.gate) door.gate->guard(socket, doing, Speech::plain);
  if (!endpoint.empty()) bind(socket, endpoint, inbox);
  for (const Speech speech : {Speech::plain, Speech::open, Speech::encrypted}) {
    for (const Place& place : door.further) {
      if (place.speech != speech) continue;
      CATLOG_CHECK(speech == Speech::plain || door.gate);
      if (door.gate) door.gate->guard(socket, doing, speech);
      if (speech == Speech::encrypted) door.gate->encrypt(socket);
      bind(socket, place.endpoint, inbox, speech);
      door.on_bound(socket.get(zmq::sockopt::last_endpoint));
    }
  }
  return socket;
}

}  // namespace catlog::events
