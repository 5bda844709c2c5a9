"""A member of a named group: the daemon keeps what was dealt with, and shares the work among members (PROTOCOL.md, "Groups")."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import time
import uuid
from typing import Any, Container, Dict, Iterator, List, Optional, Sequence, Set, Tuple

import zmq

from .connection import Came, Connection, Data, endpoint_in
from .errors import BusError, HistoryChanged, NotCatlog, Unreachable
from .follower import Change, change_of
from .patience import PATIENCE, Silence
from .questions import ASK_AGAIN

_WAIT = 2.0  # seconds that a fetch waits for an event; less than ASK_AGAIN
_FULL = 0.5  # seconds until it is asked again after the disk was full
_ACK_EVERY = 1.0  # seconds: what was dealt with since then comes again after a crash
_HOLDS = 7  # times ack_within that a batch is gone on with; after eight the daemon hands it to others


@dataclasses.dataclass(frozen=True)
class GroupChange(Change):
    """An event that was handed out to this member; from the second `attempt` on it may have been dealt with already."""

    attempt: int = 1
    _failures: Dict[int, Tuple[str, Optional[float]]] = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def fail(self, why: str = "", delay: Optional[float] = None) -> None:
        """Gives it up: it is handed out again, after `delay` seconds, and set aside when it has failed too often.

        To be called before the next one is asked for; later ones of its stream come behind it then."""
        self._failures[self.position] = (why, delay)


class _Refused(BusError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"the group refuses: {code}: {message}")
        self.code = code


def _error_of(refused: Dict[str, Any]) -> BusError:
    code, message = str(refused.get("code", "")), str(refused.get("message", ""))
    return HistoryChanged(message) if code == "historyChanged" else _Refused(code, message)


class _Member:
    """Asks, and asks again over another connection."""

    def __init__(self, name: str, member: str, endpoint: str, patience: float, ask_again: float) -> None:
        self._who = {"name": name, "member": member}
        self._endpoint = endpoint
        self._patience = patience
        self._ask_again = ask_again
        self._context: "zmq.Context[zmq.Socket[bytes]]" = zmq.Context()
        self._connection = Connection(self._context, endpoint, 1)
        self._number = 0

    def hurry(self) -> None:
        """The caller ends, and does not wait for a daemon that is away."""
        self._patience = min(self._patience, _WAIT)

    def ask(self, what: str, **fields: Any) -> Tuple[Dict[str, Any], List[bytes]]:
        """The answer's object, and the frames behind it."""
        body = json.dumps({what: {**self._who, **fields}}).encode()
        self._number += 1
        tag = str(self._number).encode()
        silence, since_asked = Silence(self._patience), Silence(self._ask_again)
        self._connection.send([tag, b"j", body])
        while True:
            came = self._connection.wait(min(silence.left(), since_asked.left()))
            if came is Came.CONNECTION:
                since_asked.begin()
                self._connection.send([tag, b"j", body])
            elif came is Came.ANSWER:
                frames = self._connection.receive()
                if len(frames) >= 3 and frames[0] == tag:  # else to an earlier one
                    answer = _answer(frames[2])
                    if answer.get("refused", {}).get("code") != "storageFull":
                        return answer, frames[3:]
                    time.sleep(_FULL)
                    self._connection.send([tag, b"j", body])
            elif silence.is_over():
                raise Unreachable(self._endpoint, silence.limit)
            elif since_asked.is_over():
                since_asked.begin()
                self._connection.drop()

    def must(self, what: str, answered: str, **fields: Any) -> Tuple[Dict[str, Any], List[bytes]]:
        answer, frames = self.ask(what, **fields)
        if "refused" in answer:
            raise _error_of(answer["refused"])
        if not isinstance(answer.get(answered), dict):
            raise NotCatlog("the answer of the groups' socket cannot be read: the other side is no catlog of this version")
        return answer[answered], frames

    def leave(self) -> None:
        """What it holds goes to others at once, where somebody hears it."""
        self.hurry()
        with contextlib.suppress(BusError):
            self.ask("leave")

    def close(self) -> None:
        self._connection.close()
        self._context.term()


def _answer(body: bytes) -> Dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise NotCatlog("the answer of the groups' socket cannot be read: the other side is no catlog of this version")
    return answer


class _Batch:
    """What was handed out together, and what became of it."""

    def __init__(self, work: Dict[str, Any], frames: List[bytes]) -> None:
        deliveries = work.get("deliveries", [])
        if len(frames) != 3 * len(deliveries):
            raise NotCatlog("an answer of the groups' socket holds other frames than it says")
        self.failures: Dict[int, Tuple[str, Optional[float]]] = {}
        self.changes: List[GroupChange] = []
        for at, delivery in enumerate(deliveries):
            change = change_of(frames[3 * at], frames[3 * at + 1], frames[3 * at + 2])
            self.changes.append(GroupChange(**vars(change), attempt=int(delivery["try"]), _failures=self.failures))
        self.holds_more = False  # than it goes on with
        self._dealt_with: List[GroupChange] = []
        self._gone: Set[str] = set()  # streams of which this member has nothing more
        self._ack_within = int(work.get("ackMs", 30_000)) / 1_000
        self._told_at = time.monotonic()
        self._until = self._told_at + _HOLDS * self._ack_within

    def has(self, change: GroupChange) -> bool:
        """Whether it is this member's still: an earlier one of its stream may have failed, or all took too long."""
        if time.monotonic() >= self._until:
            self.holds_more = True
        elif change.topic not in self._gone:
            return True
        return False

    def done(self, change: GroupChange, member: _Member) -> None:
        self._dealt_with.append(change)
        silent = time.monotonic() - self._told_at
        if silent >= self._ack_within:
            self._until = 0.0  # this member counts as gone: what is left may be another one's
        if silent >= _ACK_EVERY or change.position in self.failures:
            self.tell(member)

    def tell(self, member: _Member) -> None:
        """Gives up what failed, which takes from this member what is behind it in its stream; then acknowledges the others."""
        self._told_at = time.monotonic()
        told, self._dealt_with = self._dealt_with, []
        for each in told:
            if each.position not in self.failures or each.topic in self._gone:
                continue
            self._gone.add(each.topic)
            why, delay = self.failures[each.position]
            after = {} if delay is None else {"delayMs": int(1_000 * delay)}
            member.must("nack", "done", deliveries=[_delivery(each)], why=why, **after)
        good = _before_failures(told, self.failures)
        if not good:
            return
        done, _ = member.must("ack", "done", deliveries=[_delivery(each) for each in good])
        late = {int(each["position"]) for each in done.get("late", [])}
        if late:  # acknowledged twice, maybe; or its stream is another member's
            self.holds_more = True
            self._gone.update(each.topic for each in good if each.position in late)


def _before_failures(told: List[GroupChange], failures: Container[int]) -> List[GroupChange]:
    good, failed = [], set()
    for each in told:
        if each.position in failures:
            failed.add(each.topic)
        elif each.topic not in failed:
            good.append(each)
    return good


def _delivery(change: GroupChange) -> Dict[str, int]:
    return {"position": change.position, "try": change.attempt}


def group_changes(name: str, topics: Sequence[str] = (), *, data: Optional[Data] = None, from_: int = 1,
                  member: Optional[str] = None, ack_within: float = 30.0, tries: int = 5, limit: int = 100,
                  timeout: Optional[float] = None, endpoint: Optional[str] = None, patience: float = PATIENCE,
                  ask_again: float = ASK_AGAIN) -> Iterator[GroupChange]:
    """The events that the group `name` hands out to this member, for ever.

    Makes the group where there is none: about `topics`, from position `from_` on. An event is acknowledged as dealt with when
    the next one is asked for, or given up then when `fail()` was called on it; who ends before that gets it again, or another
    member does. `ack_within`: for so many seconds this member may be busy with one event before it counts as gone. `timeout`:
    ends when nothing came for so many seconds. Raises HistoryChanged, Unreachable, NotCatlog, and BusError for what is refused.
    """
    me = _Member(name, member or f"{os.uname().nodename[:20]}:{os.getpid()}:{uuid.uuid4().hex[:8]}",
                 endpoint_in(data, "groups.ipc", endpoint), patience, ask_again)
    try:
        me.must("join", "joined", topics=list(topics), **{"from": from_}, ackMs=int(1_000 * ack_within), tries=tries)
        yield from _handed_out(me, limit, timeout)
    finally:
        try:
            me.leave()
        finally:
            me.close()


def _handed_out(me: _Member, limit: int, timeout: Optional[float]) -> Iterator[GroupChange]:
    quiet = Silence(timeout if timeout is not None else float("inf"))
    while True:
        wait = min(_WAIT, timeout) if timeout is not None else _WAIT
        batch = _Batch(*me.must("fetch", "work", limit=limit, waitMs=int(1_000 * wait), holds=[]))
        if not batch.changes and quiet.is_over():
            return
        try:
            for change in batch.changes:
                if not batch.has(change):
                    continue
                yield change
                quiet.begin()
                batch.done(change, me)
        except GeneratorExit:
            me.hurry()
            with contextlib.suppress(Unreachable):
                batch.tell(me)
            raise
        batch.tell(me)
        if batch.holds_more:
            me.must("leave", "done")  # it goes to others, or comes again, and did not fail
