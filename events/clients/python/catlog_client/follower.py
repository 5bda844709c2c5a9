"""Follows the feed without its sockets: what is next, what is missing, what to ask the replay socket for."""
from __future__ import annotations

import collections
import dataclasses
import json
import re
from typing import Any, Deque, Dict, List, Optional, Sequence, cast

from .cursor import Cursor
from .errors import BusError, HistoryChanged, NotCatlog
from .vocabulary import Names

_HEAD = b"head/"
_EVENTS_PER_REQUEST = 1_000
# PROTOCOL.md, "Cursors"; all else is wrong with the question itself, and what was made of the log is whole.
_OF_THE_CURSOR = re.compile(r"(read\.|/read/)(logId|from|lastCommandId):|(waitFor\.|/waitFor/)(logId|position):")


@dataclasses.dataclass(frozen=True)
class Change:
    """One event. `record` is as PROTOCOL.md says, "Changes"; its `event` holds one member, the event's name."""

    topic: str  # movies/42/
    log_id: str
    position: int
    command_id: str
    record: Dict[str, Any]
    withheld_bytes: Optional[int] = None  # not None: the event is too long for the bus, and `record` has none
    # By what is known outside what the event names by row id (PROTOCOL.md, "Names"): {"movie": {"id": 42, "tmdbId": 603}}
    names: Names = dataclasses.field(default_factory=lambda: Names())

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.log_id, self.position, self.command_id)


@dataclasses.dataclass(frozen=True)
class _Header:
    log_id: str
    position: int
    previous_in_table: int
    previous_in_stream: int
    command_id: str
    withheld_bytes: Optional[int]
    names: Names


def read_object(body: bytes, what: str) -> Dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise NotCatlog(f"{what} cannot be read: the other side is no catlog of this version")
    return value


def refusal(sentence: str) -> BusError:
    kind = HistoryChanged if _OF_THE_CURSOR.match(sentence) else BusError
    return kind(f"the replay socket refuses: {sentence}")


def _header(frame: bytes) -> _Header:
    value = read_object(frame, "a header")
    try:
        withheld, names = value.get("withheldBytes"), value.get("names", {})
        if not isinstance(names, dict):
            raise TypeError
        return _Header(str(value["logId"]), int(value["position"]), int(value.get("previousInTable", 0)),
                       int(value.get("previousInStream", 0)), str(value["commandId"]),
                       None if withheld is None else int(withheld), cast(Names, names))
    except (KeyError, TypeError, ValueError):
        raise NotCatlog("a header cannot be read: the other side is no catlog of this version") from None


def change_of(topic: bytes, header: bytes, payload: bytes) -> Change:
    """An event from its three frames."""
    of = _header(header)
    return Change(topic.decode().partition("/")[2], of.log_id, of.position, of.command_id, read_object(payload, "an event"),
                  of.withheld_bytes, of.names)


class Follower:
    """Hands over, in `pending`, each matching event once and in order."""

    def __init__(self, from_: Optional[int], topics: Sequence[str], cursor: Optional[Cursor]) -> None:
        for topic in topics:
            if not topic or topic.startswith(("json/", "capnp/", "/")):
                raise ValueError(f"{topic!r}: a topic is a prefix such as movies/ or movies/42/")
        self._topics = list(topics)
        self._cursor = cursor
        self._from = cursor.position + 1 if cursor is not None else from_
        self._table, self._covers = self._cover()
        self.pending: Deque[Change] = collections.deque()
        self.log_id = ""  # not known before the first answer
        self._next = 1
        self._last_command_id = cursor.command_id if cursor is not None else ""
        self._is_behind = True

    def _cover(self) -> "tuple[str, str]":
        """What is subscribed to, so that each header can prove that nothing before it is missing: all, a table or a stream."""
        tables = {topic.split("/")[0] for topic in self._topics if "/" in topic}
        if len(tables) != 1 or not all("/" in topic for topic in self._topics):
            return "", ""
        table = tables.pop()
        is_stream = len(self._topics) == 1 and self._topics[0].count("/") == 2 and self._topics[0].endswith("/")
        return table, self._topics[0] if is_stream else table + "/"

    @property
    def subscriptions(self) -> List[bytes]:
        return [b"json/" + self._covers.encode(), _HEAD]

    @property
    def is_behind(self) -> bool:
        """There may be more that only the replay socket has."""
        return self._is_behind

    @property
    def wants_answer(self) -> bool:
        return self._is_behind and not self.pending

    def request(self) -> bytes:
        """What to ask the replay socket."""
        if not self.log_id:
            return b'{"status":null}'
        read: Dict[str, Any] = {"from": self._next, "limit": _EVENTS_PER_REQUEST, "topics": self._topics, "logId": self.log_id}
        if self._last_command_id:
            read["lastCommandId"] = self._last_command_id
        return json.dumps({"read": read}).encode()

    def take_answer(self, frames: List[bytes]) -> None:
        """The frames of the replay socket's answer behind tag and encoding."""
        body = read_object(frames[0], "the answer of the replay socket")
        if "refused" in body:
            raise refusal(str(body["refused"]))
        try:
            if self.log_id:
                self._take_chunk(body["chunk"], frames[1:])
            else:
                self._begin(body["status"])
        except (KeyError, TypeError, ValueError):
            raise NotCatlog("the answer of the replay socket cannot be read: the other side is no catlog of this version") from None

    def _begin(self, status: Dict[str, Any]) -> None:
        log_id, head = str(status["logId"]), int(status.get("head", 0))
        if self._cursor is not None and self._cursor.log_id != log_id:
            raise HistoryChanged(f"this is log {log_id}, the cursor is of log {self._cursor.log_id}: drop what was made of it "
                                 "and start over from position 1")
        if self._from is not None and self._from > head + 1:
            raise HistoryChanged(f"log {log_id} ends at {head}, before position {self._from}: it was restored from an earlier "
                                 "backup, or the position is wrong; start over from position 1")
        self.log_id = log_id
        self._next = max(self._from, 1) if self._from is not None else head + 1
        self._is_behind = self._from is not None

    def _take_chunk(self, chunk: Dict[str, Any], frames: List[bytes]) -> None:
        if len(frames) != 3 * int(chunk.get("events", 0)):
            raise ValueError
        for i in range(0, len(frames), 3):
            header = _header(frames[i + 1])
            self._check_log(header.log_id)
            self._hand_over(frames[i], header, frames[i + 2])
        after = int(chunk["next"])
        if after > self._next:
            self._next = after
            self._last_command_id = str(chunk.get("lastCommandId", ""))
        self._is_behind = not chunk.get("atHead", False)

    def take_live(self, frames: List[bytes]) -> None:
        """A message of the feed."""
        if not self.log_id:
            return  # it will be fetched
        if len(frames) == 2 and frames[0] == _HEAD:
            self._take_head(read_object(frames[1], "a head"))
        elif len(frames) == 3:
            self._take_change(frames)
        else:
            raise NotCatlog("a message of the feed cannot be read: the other side is no catlog of this version")

    def take_silence(self) -> None:
        """The feed said nothing for long: the replay socket is asked."""
        self._is_behind = True

    def _take_change(self, frames: List[bytes]) -> None:
        header = _header(frames[1])
        self._check_log(header.log_id)
        if header.position < self._next:
            return
        before = header.position - 1
        if self._covers.endswith("/") and self._covers.count("/") == 2:
            before = header.previous_in_stream
        elif self._covers:
            before = header.previous_in_table
        self._is_behind = before >= self._next  # then it comes again with what is missing before it
        if self._is_behind:
            return
        self._next = header.position + 1
        self._last_command_id = header.command_id
        self._hand_over(frames[0], header, frames[2])

    def _take_head(self, head: Dict[str, Any]) -> None:
        try:
            self._check_log(str(head["logId"]))
            position = int(head.get("position", 0))
            tables = {str(each["table"]): int(each["position"]) for each in head.get("tables", [])}
        except (KeyError, TypeError, ValueError):
            raise NotCatlog("a head cannot be read: the other side is no catlog of this version") from None
        last = tables.get(self._table, 0) if self._covers else position
        # One before what was handed over is late, or of a log that was put back: the replay socket knows, and refuses then.
        self._is_behind = last >= self._next or position + 1 < self._next
        if not self._is_behind and position >= self._next:
            self._next = position + 1
            self._last_command_id = ""

    def _hand_over(self, topic: bytes, header: _Header, payload: bytes) -> None:
        name = topic.decode().partition("/")[2]
        if self._topics and not any(name.startswith(each) for each in self._topics):
            return
        record = read_object(payload, "an event")
        self.pending.append(Change(name, header.log_id, header.position, header.command_id, record, header.withheld_bytes,
                                   header.names))

    def _check_log(self, log_id: str) -> None:
        if log_id != self.log_id:
            raise HistoryChanged(f"the log {self.log_id} was replaced by {log_id}, whose positions mean other events: drop what "
                                 "was made of it and start over from position 1")
