"""A member of a named group: the daemon keeps what was dealt with, and shares the work among members (PROTOCOL.md, "Groups")."""
from __future__ import annotations

import collections
import contextlib
import dataclasses
import json
import os
import time
import uuid
from typing import Any, AsyncIterator, Container, Deque, Dict, Generator, Iterator, List, Optional, Sequence, Set, Tuple, TypeVar

import zmq

from .connection import Came, Connection, Data, endpoint_in, wait_readable, wait_readable_async
from .errors import BusError, HistoryChanged, NotCatlog, Refused, Unreachable
from .follower import Change, change_of
from .keys import Keys, read_keys
from .patience import PATIENCE, Silence
from .questions import ASK_AGAIN

_WAIT = 2.0  # seconds that a fetch waits for an event; less than ASK_AGAIN
_FULL = 0.5  # seconds until it is asked again after the disk was full
_ACK_EVERY = 1.0  # seconds: what was dealt with since then comes again after a crash
_HOLDS = 7  # times ack_within that a batch is gone on with; after eight the daemon hands it to others

T = TypeVar("T")
# What is done with waiting in between: it yields for how many seconds to wait, unless something comes before.
Steps = Generator[float, None, T]


@dataclasses.dataclass(frozen=True)
class GroupChange(Change):
    """An event that was handed out to this member; from the second `attempt` on it may have been dealt with already."""

    attempt: int = 1
    _failures: Dict[int, Tuple[str, Optional[float]]] = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def fail(self, why: str = "", delay: Optional[float] = None) -> None:
        """Gives it up: it is handed out again, after `delay` seconds, and set aside when it has failed too often.

        To be called before the next one is asked for; later ones of its stream come behind it then."""
        self._failures[self.position] = (why, delay)


def _is_for_later(answer: Dict[str, Any]) -> bool:
    refused = answer.get("refused")
    return isinstance(refused, dict) and refused.get("code") == "storageFull"


def _error_of(refused: Any) -> BusError:
    if not isinstance(refused, dict):
        return _no_catlog()
    code, message = str(refused.get("code", "")), str(refused.get("message", ""))
    return HistoryChanged(message) if code == "historyChanged" else Refused(code, "", message)


class _Member:
    """Asks, and asks again over another connection."""

    def __init__(self, name: str, member: str, endpoint: str, patience: float, ask_again: float,
                 keys: Optional[Keys] = None) -> None:
        self._who = {"name": name, "member": member}
        self._endpoint = endpoint
        self._patience = patience
        self._ask_again = ask_again
        self._context: "zmq.Context[zmq.Socket[bytes]]" = zmq.Context()
        self._connection = Connection(self._context, endpoint, 1, keys=keys)
        self._number = 0

    @property
    def sockets(self) -> "List[zmq.Socket[bytes]]":
        return self._connection.sockets

    def hurry(self) -> None:
        """The caller ends, and does not wait for a daemon that is away."""
        self._patience = min(self._patience, _WAIT)

    def ask(self, what: str, **fields: Any) -> Steps[Tuple[Dict[str, Any], List[bytes]]]:
        """The answer's object, and the frames behind it."""
        self._number += 1
        tag = str(self._number).encode()
        request = [tag, b"j", json.dumps({what: {**self._who, **fields}}).encode()]
        silence, since_asked = Silence(self._patience), Silence(self._ask_again)
        again_at = float("inf")
        self._connection.send(request)
        while True:
            came = self._connection.look()
            if came is Came.ANSWER:
                frames = self._connection.receive()
                if len(frames) < 3 or frames[0] != tag:
                    continue  # to an earlier one
                answer = _answer(frames[2])
                if what == "leave" or not _is_for_later(answer):
                    return answer, frames[3:]
                again_at = time.monotonic() + _FULL
                silence.begin()
            elif came is Came.CONNECTION or time.monotonic() >= again_at:
                again_at = float("inf")
                since_asked.begin()
                self._connection.send(request)
            elif silence.is_over():
                raise Unreachable(self._endpoint, silence.limit)
            elif since_asked.is_over():
                since_asked.begin()
                self._connection.drop()
            else:
                yield min(silence.left(), since_asked.left(), self._connection.due_in(), max(again_at - time.monotonic(), 0.0))

    def must(self, what: str, answered: str, **fields: Any) -> Steps[Tuple[Dict[str, Any], List[bytes]]]:
        answer, frames = yield from self.ask(what, **fields)
        if "refused" in answer:
            raise _error_of(answer["refused"])
        if not isinstance(answer.get(answered), dict):
            raise _no_catlog()
        return answer[answered], frames

    def run(self, steps: Steps[T]) -> T:
        try:
            while True:
                seconds = next(steps)  # before the sockets are asked for, which may be others then
                wait_readable(self.sockets, seconds)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]

    async def run_async(self, steps: Steps[T]) -> T:
        try:
            while True:
                seconds = next(steps)
                await wait_readable_async(self.sockets, seconds)
        except StopIteration as ended:
            return ended.value  # type: ignore[no-any-return]

    def close(self) -> None:
        self._connection.close()
        self._context.term()


def _answer(body: bytes) -> Dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise _no_catlog()
    return answer


def _no_catlog() -> NotCatlog:
    return NotCatlog("the answer of the groups' socket cannot be read: the other side is no catlog of this version")


class _Batch:
    """What was handed out together, and what became of it."""

    def __init__(self, work: Dict[str, Any], frames: List[bytes]) -> None:
        self.failures: Dict[int, Tuple[str, Optional[float]]] = {}
        try:
            attempts = [int(each["try"]) for each in work["deliveries"]]
            self._ack_within = int(work.get("ackMs", 30_000)) / 1_000
        except (KeyError, TypeError, ValueError):
            raise _no_catlog() from None
        if len(frames) != 3 * len(attempts):
            raise NotCatlog("an answer of the groups' socket holds other frames than it says")
        changes = [change_of(*frames[at:at + 3]) for at in range(0, len(frames), 3)]
        self.changes = [GroupChange(**vars(change), attempt=attempt, _failures=self.failures)
                        for change, attempt in zip(changes, attempts)]
        self.holds_more = False  # than it goes on with
        self._dealt_with: List[GroupChange] = []
        self._gone: Set[str] = set()  # streams of which this member has nothing more
        self._told_at = time.monotonic()
        self._until = self._told_at + _HOLDS * self._ack_within

    def has(self, change: GroupChange) -> bool:
        """Whether it is this member's still: an earlier one of its stream may have failed, or all took too long."""
        if time.monotonic() >= self._until:
            self.holds_more = True
        elif change.topic not in self._gone:
            return True
        return False

    def done(self, change: GroupChange, member: _Member) -> Steps[None]:
        self._dealt_with.append(change)
        silent = time.monotonic() - self._told_at
        if silent >= self._ack_within:
            self._until = 0.0  # this member counts as gone: what is left may be another one's
        if silent >= _ACK_EVERY or change.position in self.failures:
            yield from self.tell(member)

    def tell(self, member: _Member) -> Steps[None]:
        """Gives up what failed, which takes from this member what is behind it in its stream; then acknowledges the others."""
        self._told_at = time.monotonic()
        told, self._dealt_with = self._dealt_with, []
        for each in told:
            if each.position not in self.failures or each.topic in self._gone:
                continue
            self._gone.add(each.topic)
            why, delay = self.failures[each.position]
            after = {} if delay is None else {"delayMs": int(1_000 * delay)}
            yield from member.must("nack", "done", deliveries=[_delivery(each)], why=why, **after)
        good = _before_failures(told, self.failures)
        if not good:
            return
        done, _ = yield from member.must("ack", "done", deliveries=[_delivery(each) for each in good])
        try:
            late = {int(each["position"]) for each in done.get("late", [])}
        except (KeyError, TypeError, ValueError):
            raise _no_catlog() from None
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


class _Work:
    """What a member does from its beginning to its end."""

    def __init__(self, name: str, member: Optional[str], endpoint: str, limit: int, timeout: Optional[float], patience: float,
                 ask_again: float, keys: Optional[Keys]) -> None:
        self.me = _Member(name, member or f"{os.uname().nodename[:20]}:{os.getpid()}:{uuid.uuid4().hex[:8]}", endpoint, patience,
                          ask_again, keys)
        self._limit = limit
        self._wait = min(_WAIT, timeout) if timeout is not None else _WAIT
        self._quiet = Silence(timeout if timeout is not None else float("inf"))
        self._batch: Optional[_Batch] = None
        self._left: Deque[GroupChange] = collections.deque()
        self._handed_over: Optional[GroupChange] = None
        self._is_over = False

    def begin(self, topics: Sequence[str], from_: int, ack_within: float, tries: int) -> Steps[None]:
        yield from self.me.must("join", "joined", topics=list(topics), **{"from": from_}, ackMs=int(1_000 * ack_within), tries=tries)

    def next(self) -> Steps[Optional[GroupChange]]:
        """The one before was dealt with. None when nothing came for so long as `timeout` says."""
        if self._batch is not None and self._handed_over is not None:
            before, self._handed_over = self._handed_over, None
            self._quiet.begin()
            yield from self._batch.done(before, self.me)
        while True:
            while self._batch is not None and self._left:
                change = self._left.popleft()
                if self._batch.has(change):
                    self._handed_over = change
                    return change
            if self._batch is not None:
                batch, self._batch = self._batch, None
                yield from batch.tell(self.me)
                if batch.holds_more:
                    yield from self.me.must("leave", "done")  # it goes to others, or comes again, and did not fail
            work, frames = yield from self.me.must("fetch", "work", limit=self._limit, waitMs=int(1_000 * self._wait), holds=[])
            self._batch = _Batch(work, frames)
            self._left.extend(self._batch.changes)
            if not self._left and self._quiet.is_over():
                return None

    def broke(self) -> None:
        """The daemon hears it no more, or does not want to."""
        self._is_over = True

    def end(self) -> Steps[None]:
        """What it holds goes to others at once, where somebody hears it."""
        if self._is_over:
            return
        self.me.hurry()
        with contextlib.suppress(BusError):
            if self._batch is not None:
                yield from self._batch.tell(self.me)
            yield from self.me.ask("leave")


def group_changes(name: str, topics: Sequence[str] = (), *, data: Optional[Data] = None, from_: int = 1,
                  member: Optional[str] = None, ack_within: float = 30.0, tries: int = 5, limit: int = 100,
                  timeout: Optional[float] = None, endpoint: Optional[str] = None, patience: float = PATIENCE,
                  ask_again: float = ASK_AGAIN, key_file: Optional[Data] = None, server_key: Optional[str] = None) -> Iterator[GroupChange]:
    """The events that the group `name` hands out to this member, for ever.

    Makes the group where there is none: about `topics`, from position `from_` on. An event is acknowledged as dealt with when
    the next one is asked for, or given up then when `fail()` was called on it; who ends before that gets it again, or another
    member does. `ack_within`: for so many seconds this member may be busy with one event before it counts as gone. `timeout`:
    ends when nothing came for so many seconds. `key_file`: of `catlog bus-keys`, for an endpoint over tcp; `server_key` in place of
    the one in it. Raises HistoryChanged, Unreachable, NotCatlog, and Refused for what is refused.
    """
    work = _Work(name, member, endpoint_in(data, "groups.ipc", endpoint), limit, timeout, patience, ask_again,
                 read_keys(key_file, server_key))
    try:
        work.me.run(work.begin(topics, from_, ack_within, tries))
        while (change := work.me.run(work.next())) is not None:
            yield change
    except BusError:
        work.broke()
        raise
    finally:
        try:
            work.me.run(work.end())
        finally:
            work.me.close()


async def async_group_changes(name: str, topics: Sequence[str] = (), *, data: Optional[Data] = None, from_: int = 1,
                              member: Optional[str] = None, ack_within: float = 30.0, tries: int = 5, limit: int = 100,
                              timeout: Optional[float] = None, endpoint: Optional[str] = None, patience: float = PATIENCE,
                              ask_again: float = ASK_AGAIN, key_file: Optional[Data] = None,
                              server_key: Optional[str] = None) -> AsyncIterator[GroupChange]:
    """As `group_changes`, for an event loop; cancelling it gives back what it holds (or `contextlib.aclosing`)."""
    work = _Work(name, member, endpoint_in(data, "groups.ipc", endpoint), limit, timeout, patience, ask_again,
                 read_keys(key_file, server_key))
    try:
        await work.me.run_async(work.begin(topics, from_, ack_within, tries))
        while (change := await work.me.run_async(work.next())) is not None:
            yield change
    except BusError:
        work.broke()
        raise
    finally:
        try:
            await work.me.run_async(work.end())
        finally:
            work.me.close()
