#!/usr/bin/env python3
"""A producer and a subscriber that know events/PROTOCOL.md, ZeroMQ and JSON, and nothing else of catlog.

  producer.py DATA    talks to the catlogd on this data directory, whose log is empty, and prints what it found out as
                      one JSON object; ends with 1 and a sentence when something is not as the document says
"""
import json
import sys
import uuid

import zmq

TIMEOUT_MS = 60_000


class Bus:
    def __init__(self, data):
        self.context = zmq.Context()
        self.run = f"ipc://{data}/run/"

    def connect(self, kind, name):
        socket = self.context.socket(kind)
        socket.linger = 0
        socket.connect(self.run + name)
        return socket


def require(condition, sentence):
    if not condition:
        sys.exit(f"producer.py: {sentence}")


def received(socket):
    require(socket.poll(TIMEOUT_MS), "nothing came in time")
    return socket.recv_multipart()


def receipt_of(socket, command):
    tag = command["id"].encode()
    socket.send_multipart([tag, b"j", json.dumps(command).encode()])
    answered, encoding, receipt = received(socket)
    require(answered == tag and encoding == b"j", "the reply has another tag or encoding")
    return json.loads(receipt)


def command(**members):
    return {"id": str(uuid.uuid4()), **members}


def movie(tmdb_id, title):
    return command(putMovie={"tmdbId": tmdb_id, "title": title, "overview": "", "releaseDate": "", "poster": "",
                             "backdrop": ""})


def rating(tmdb_id, value):
    return command(rateMovie={"movie": {"tmdbId": tmdb_id}, "popularity": value, "rating": 5})


def accepted(socket, sent):
    receipt = receipt_of(socket, sent)
    require("accepted" in receipt and receipt["id"] == sent["id"], f"not accepted: {receipt}")
    return receipt["accepted"]


def replay(socket, request):
    socket.send_multipart([b"again", b"j", json.dumps(request).encode()])
    tag, encoding, body, *frames = received(socket)
    require(tag == b"again" and encoding == b"j", "the reply has another tag or encoding")
    return json.loads(body), frames


def replayed(socket, first, topics):
    """All events that match, from a position on, in chunks of three."""
    changes = []
    while True:
        body, frames = replay(socket, {"read": {"from": first, "limit": 3, "topics": topics}})
        chunk = body["chunk"]
        require(len(frames) == 3 * int(chunk["events"]), "a chunk has three frames for each event")
        for i in range(0, len(frames), 3):
            changes.append((frames[i].decode(), json.loads(frames[i + 1]), json.loads(frames[i + 2])))
        first = int(chunk["next"])
        if chunk["atHead"]:
            return changes


def wait_for_head(bus, position):
    """Returns when everything up to this position was sent to whoever is subscribed."""
    heads = bus.connect(zmq.SUB, "changes.ipc")
    heads.subscribe(b"head/")
    while int(json.loads(received(heads)[1])["position"]) < position:
        pass
    heads.close()


def subscribed(bus):
    """A subscriber whose subscription has arrived: a head was sent to it. No change may be on its way meanwhile."""
    changes = bus.connect(zmq.SUB, "changes.ipc")
    changes.subscribe(b"json/movies/")
    changes.subscribe(b"head/")
    topic, head = received(changes)
    require(topic == b"head/", "something else than a head came")
    changes.unsubscribe(b"head/")
    return changes, json.loads(head)


def next_movie_change(changes):
    while True:
        frames = received(changes)
        if frames[0] != b"head/":
            require(len(frames) == 3, "a change has three frames")
            return frames[0].decode(), json.loads(frames[1]), json.loads(frames[2])


def refusals(commands):
    """The code of each thing that is wrong."""
    found = {}
    for name, body in {"unknownField": {"id": str(uuid.uuid4()), "putGenre": {"tmdbId": 1, "colour": "red"}},
                       "noId": {"putGenre": {"tmdbId": 1, "name": "x"}},
                       "blank": command(putGenre={"tmdbId": 1, "name": "  "}),
                       "missing": command(removeGenre={"genre": {"tmdbId": 404}}),
                       "stale": command(expectedVersion=7, putMovie=movie(1, "One")["putMovie"])}.items():
        commands.send_multipart([b"x", b"j", json.dumps(body).encode()])
        refused = json.loads(received(commands)[2])["refused"]
        require(refused["message"], "a refusal says what to do")
        found[name] = refused["code"]
    commands.send_multipart([b"x", b"j", b"{" + b" " * (1 << 20)])
    found["large"] = json.loads(received(commands)[2])["refused"]["code"]
    return found


def main(data):
    bus = Bus(data)
    commands, replays = bus.connect(zmq.DEALER, "commands.ipc"), bus.connect(zmq.DEALER, "replay.ipc")
    changes, head = subscribed(bus)
    require(int(head["position"]) == 0, "the log is not empty")
    log_id = replay(replays, {"status": None})[0]["status"]["logId"]
    require(head["logId"] == log_id, "feed and replay have two logs")

    # Live: every event of the movies, with what it is chained to.
    first = movie(1, "caf\u00e9 \U0001F600")
    accepted(commands, first)
    for sent in (rating(1, 1.5), command(putGenre={"tmdbId": "16", "name": "Animation"}), movie(2, "Two"), rating(1, 2)):
        accepted(commands, sent)
    live = [next_movie_change(changes) for _ in range(4)]
    require(live[0][1]["commandId"] == first["id"] and live[0][1]["logId"] == log_id, "another command's header")

    # The same command again has the same receipt, and no event.
    require(accepted(commands, first) == {"firstPosition": 1, "lastPosition": 1, "entityId": 1, "version": 1},
            "the repeated receipt is another one")
    reused = receipt_of(commands, {**movie(3, "Three"), "id": first["id"]})

    # A gap: what is sent while this subscriber is away is seen as missing by the next header, and fetched.
    had = int(live[-1][1]["position"])
    changes.close()
    away = [accepted(commands, rating(1, value)) for value in (3, 4, 5)]
    wait_for_head(bus, int(away[-1]["lastPosition"]))
    changes, head = subscribed(bus)
    accepted(commands, rating(2, 6))
    after = next_movie_change(changes)
    gap = int(after[1]["previousInTable"]) > had
    fetched = replayed(replays, had + 1, ["movies/"])
    require([change[1]["position"] for change in fetched][-1] == after[1]["position"], "replay lacks the last one")

    everything = replayed(replays, 1, [])
    print(json.dumps({
        "logId": log_id,
        "live": [[topic, header["position"], header["previousInTable"], header["previousInStream"]]
                 for topic, header, _ in live],
        "title": live[0][2]["event"]["movieDescribed"]["title"],
        "reused": reused["refused"]["code"],
        "gapSeen": gap,
        "fetched": [header["position"] for _, header, _ in fetched],
        "everything": [header["position"] for _, header, _ in everything],
        "refusals": refusals(commands),
        "replayRefusal": "refused" in replay(replays, {"read": {"topics": ["json/movies/"]}})[0],
    }))


main(sys.argv[1])
