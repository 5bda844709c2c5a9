"""A feed and a replay socket that are played (events/PROTOCOL.md, "Changes", "Replay"), and the events that they tell."""
import json

import zmq

from player import LOG, LONG_ENOUGH, Client, Play, Sockets, command_id, require

PATIENCE = 15_000


class Event:
    """One of stream `of` in table genres; what stood before it is told by position."""

    def __init__(self, position, of=1, table="genres", in_table=None, in_stream=None, log=LOG):
        self.position = position
        self.topic = f"{table}/{of}/"
        self.header = {"logId": log, "position": position, "previousInTable": position - 1 if in_table is None else in_table,
                       "previousInStream": position - 1 if in_stream is None else in_stream, "commandId": command_id(position)}
        self.record = {"position": position, "event": {"genreDescribed": {"tmdbId": of, "name": f"G{position}"}}}

    def frames(self):
        return [b"json/" + self.topic.encode(), json.dumps(self.header).encode(), json.dumps(self.record).encode()]

    def line(self):
        return f"{self.position} {self.topic} {command_id(self.position)}"


def events(first, last):
    return [Event(position) for position in range(first, last + 1)]


class Following(Play):
    """A feed and a replay socket that are played, and a client that follows them."""

    def __init__(self, driver, from_=1, log="-", last_command="-", topics=(), patience=PATIENCE, ask_again=PATIENCE, refused=0):
        sockets = Sockets()
        self._replay = sockets.bind("replay", zmq.ROUTER)
        self.feed = sockets.bind("changes", zmq.XPUB, refused)
        super().__init__(sockets, Client(driver, ["follow", sockets.endpoint("changes"), sockets.endpoint("replay"), patience,
                                                  ask_again, from_, log, last_command, *topics]))

    def subscribed(self):
        """The topics that the client subscribes to, when it has."""
        topics = set()
        while len(topics) < 2:
            require(self.feed.poll(LONG_ENOUGH), "it does not subscribe to a topic and to head/")
            frame = self.feed.recv()
            if frame[:1] == b"\x01":
                topics.add(frame[1:].decode())
        require("head/" in topics, f"it subscribes to {topics} and not to head/")
        return topics - {"head/"}

    def asked(self, within=LONG_ENOUGH):
        """The next request: where to answer, and what is asked."""
        require(self._replay.poll(within), "it does not ask the replay socket")
        peer, tag, encoding, body = self._replay.recv_multipart()
        require(encoding == b"j", "it asks in JSON")
        return [peer, tag], json.loads(body)

    def is_quiet(self, within):
        return not self._replay.poll(within)

    def answer(self, to, body, found=()):
        frames = [frame for event in found for frame in event.frames()]
        self._replay.send_multipart([*to, b"j", json.dumps(body).encode(), *frames])

    def tell_status(self, head, log=LOG):
        to, asked = self.asked()
        require("status" in asked, f"at first it asks for the status, not for {asked}")
        self.answer(to, {"status": {"logId": log, "head": head}})

    def asked_to_read(self, head):
        """The next request for events, and as many for the status as a slow client asks before."""
        while "status" in (request := self.asked())[1]:
            self.answer(request[0], {"status": {"logId": LOG, "head": head}})
        return request[0]

    def give(self, first, found, next_, at_head=True):
        """Answers a request that must begin at `first`."""
        to, asked = self.asked()
        require(int(asked.get("read", {}).get("from", 0)) == first, f"from position {first} on something is missing, it asks {asked}")
        self.give_to(to, found, next_, at_head)
        return asked["read"]

    def give_to(self, to, found, next_, at_head=True):
        chunk = {"next": next_, "events": len(found), "atHead": at_head, "lastCommandId": command_id(next_ - 1)}
        self.answer(to, {"chunk": chunk}, found)

    def give_what_is_asked_for(self, head):
        """Where something was asked, all up to there, as a catlog does."""
        if self.is_quiet(within=20):
            return
        to, asked = self.asked()
        if "status" in asked:
            self.answer(to, {"status": {"logId": LOG, "head": head}})
        else:
            self.give_to(to, events(int(asked["read"]["from"]), head), head + 1)

    def publish(self, *published):
        for event in published:
            self.feed.send_multipart(event.frames())

    def head(self, position, log=LOG, tables=()):
        body = {"logId": log, "position": position, "tables": [{"table": name, "position": at} for name, at in tables]}
        self.feed.send_multipart([b"head/", json.dumps(body).encode()])

    def expect(self, *due):
        for event in due:
            line = self.client.line()
            require(line == event.line(), f"'{event.line()}' is due, it handed over '{line}'")

    def cut_feed(self):
        self._sockets.close("changes")
        self.feed = self._sockets.bind("changes", zmq.XPUB)

    def die(self):
        self._sockets.close("replay")

    def end_well(self):
        """As die(), when all that was answered has gone out."""
        self._sockets.close("replay", LONG_ENOUGH)

    def live_again(self):
        self._replay = self._sockets.bind("replay", zmq.ROUTER)


def live(driver, **options):
    """A client that has had 1 to 3 and listens."""
    play = Following(driver, **options)
    play.subscribed()
    play.tell_status(3)
    play.give(1, events(1, 3), 4)
    play.expect(*events(1, 3))
    return play
