#!/usr/bin/env python3
"""Provokes each refusal that events/PROTOCOL.md tells of, with the document's own examples.

  refusals.py PROTOCOL DATA FULL KEYED    the document; data directories with a catlogd that runs: the first with an empty catalogue,
                                          the second with less free space than it wants, the third asks for keys
"""
import json
import pathlib
import re
import struct
import sys
import time
import uuid

import zmq

TIMEOUT_MS = 60_000
UNPROVOKED = {"notLeader"}  # several machines (system.cluster)
LONG_COMMAND = b" " * (15 << 20)


def require(condition, sentence):
    if not condition:
        sys.exit(f"refusals.py: {sentence}")


def with_ids(command):
    command.setdefault("id", str(uuid.uuid4()))
    for member in command.get("batch", {}).get("commands", []):
        with_ids(member)
    return command


class Intake:
    def __init__(self, data, name="commands"):
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.connect(f"ipc://{data}/run/{name}.ipc")

    def send(self, body, *session):
        self._socket.send_multipart([b"a tag", b"j", body, *session])

    def receipt(self):
        require(self._socket.poll(TIMEOUT_MS), "nothing came in time")
        return json.loads(self._socket.recv_multipart()[2])

    def ask(self, body, *session):
        self.send(body, *session)
        return self.receipt()


def outcome(receipt):
    if "refused" not in receipt:
        return "accepted" if "accepted" in receipt else "unchanged"
    refused = receipt["refused"]
    require(len(refused.get("message", "")) > 10, f"the message says nothing: {receipt}")
    return f"{refused['code']} {refused.get('field', '')}".strip()


def resolves(pointer, document):
    """Whether the pointer leads to something, or to what is missing in something."""
    for step in pointer.split("/")[1:-1]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(document, list):
            document = document[int(step)]
        elif isinstance(document, dict) and step in document:
            document = document[step]
        else:
            return False
    return isinstance(document, (dict, list))


def examples_of(protocol):
    block, = re.findall(r"^```refusals\n(.*?)^```$", protocol, re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        command, _, due = line.rpartition("  ")
        yield with_ids(json.loads(command)), due


def pointer_of(message):
    return message.partition(":")[0] if message.startswith("/") else ""


def replay_outcome(answer):
    return pointer_of(answer.get("refused", ""))


def group_outcome(answer):
    if "refused" not in answer:
        return next(iter(answer))
    return f"{answer['refused']['code']} {pointer_of(answer['refused']['message'])}".strip()


def provoke_at(data, name, protocol, outcome_of):
    """What another socket's requests in the document come to."""
    block, = re.findall(rf"^```{name}-refusals\n(.*?)^```$", protocol, re.MULTILINE | re.DOTALL)
    socket = Intake(data, {"group": "groups"}.get(name, name))
    for line in block.splitlines():
        request, _, due = line.rpartition("  ")
        answer = socket.ask(request.encode())
        require(outcome_of(answer) == due, f"'{due}' is due for {request}: {answer}")


def provoke_busy(keyed, protocol):
    """What the document tells to do, until the daemon has had enough. Then it waits as it is told."""
    block, = re.findall(r"^```busy\n(.*?)^```$", protocol, re.MULTILINE | re.DOTALL)
    shown = json.loads(block)
    intake = Intake(keyed)

    def command():  # a new one, for what was accepted is answered from the log
        return json.dumps(with_ids({"putGenre": {"tmdbId": 1, "name": "G"}})).encode()

    for _ in range(50):  # the first time, where the machine takes as much in a second
        for body in [LONG_COMMAND] * 4 + [command()]:
            intake.send(body)
        for _ in range(4):
            require(outcome(receipt := intake.receipt()) == "tooLarge", f"a long command is {receipt}")
        if outcome(receipt := intake.receipt()) == "busy":
            break
    refused = receipt.get("refused", {})
    require(refused.get("code") == "busy" and receipt.keys() == shown.keys() and refused.keys() == shown["refused"].keys()
            and refused["waitMs"] > 0, f"busy is due, as the document has it: {receipt}")
    words = re.sub(r"\d+ ms", f"{refused['waitMs']} ms", shown["refused"]["message"]).partition(" ")[2]
    require(refused["message"].endswith(" " + words), f"these are not the document's words: {receipt}")
    for _ in range(100):
        time.sleep(refused["waitMs"] / 1000)
        if (last := outcome(intake.ask(command()))) != "busy":
            break
    require(last in ("accepted", "unchanged"), f"after the wait a command is {last}")
    return "busy"


def main(protocol, data, full, keyed):
    told = set(re.findall(r"^\| `(\w+)` \| .* \| .* \|$", protocol[protocol.index("| code | what happened"):], re.MULTILINE))
    seen = set()
    intake = Intake(data)
    for command, due in examples_of(protocol):
        receipt = intake.ask(json.dumps(command).encode())
        require(outcome(receipt) == due, f"'{due}' is due for {command}: {receipt}")
        seen.add(due.split()[0])
        field = receipt.get("refused", {}).get("field")
        require(field is None or resolves(field, command), f"{field} is nowhere in {command}")
    members = [outcome(member) for member in receipt["receipts"]]  # of the last one, a batch
    require(members == ["batchRefused", "invalid /putGenre/name"], f"the batch's commands have {members}")
    seen.add("batchRefused")

    def in_session(number, oldest, body=None):
        frame = struct.pack("!16sQQ", b"a session of ours"[:16], number, oldest)
        command = with_ids({"putGenre": {"tmdbId": 100 + number, "name": "G"}})
        return outcome(intake.ask(body or json.dumps(command).encode(), frame))

    for what, due in ((in_session(2, 1), "outOfOrder"), (in_session(1, 1), "accepted"), (in_session(1, 1), "tooLate"),
                      (in_session(2, 2, b" " * ((1 << 20) + 1)), "tooLarge"), (in_session(3, 2), "accepted")):
        require(what == due, f"{due} is due, not {what}")
        seen.add(due)
    receipt = Intake(full).ask(json.dumps(with_ids({"putGenre": {"tmdbId": 1, "name": "G"}})).encode())
    seen.add(outcome(receipt))
    seen.add(provoke_busy(keyed, protocol))
    provoke_at(data, "replay", protocol, replay_outcome)
    provoke_at(data, "group", protocol, group_outcome)
    missing = told - seen - UNPROVOKED
    require(not missing and told, f"the document tells of {sorted(missing)}, which no example provokes")
    require(seen - told == {"accepted"}, f"{sorted(seen - told)} is not in the document")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"), *sys.argv[2:])
