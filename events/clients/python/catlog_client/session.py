"""A producer's session without its sockets: what is open, how it is sent, what an answer means (PROTOCOL.md, "Sessions")."""
from __future__ import annotations

import collections
import json
import os
import re
import struct
import uuid
from typing import Any, Callable, Deque, Dict, Iterator, List, Mapping, Optional, Tuple

from .connection import MAX_FRAME_BYTES
from .errors import NotCatlog, Refused
from .ids import new_id
from .vocabulary import LIMITS

Command = Mapping[str, Any]
Receipt = Dict[str, Any]

_TAG = struct.Struct("!QQQ")  # number, which time it was sent, and how many are in its message
_PLACE = struct.Struct("!QQ")  # number, oldest without a receipt
_POSITION = struct.Struct("!Q")
_LENGTH = struct.Struct("!I")  # of one in a pack
_MAX_PACK_BYTES = LIMITS["packBytes"]
_MAX_BEHIND = 1_023
_NO_ID = bytes(16)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def check(receipt: Receipt) -> Receipt:
    """The receipt, or `Refused`."""
    refused = receipt.get("refused")
    if refused is None:
        return receipt
    raise Refused(refused.get("code", ""), refused.get("field", ""), refused.get("message", ""))


def with_ids(command: Command) -> Dict[str, Any]:
    """A copy in which the command, and each one of a batch, has an id."""
    whole = dict(command)
    whole.setdefault("id", new_id())
    batch = whole.get("batch")
    if isinstance(batch, Mapping) and isinstance(batch.get("commands"), (list, tuple)):
        members = [with_ids(member) if isinstance(member, Mapping) else member for member in batch["commands"]]
        whole["batch"] = {**batch, "commands": members}
    return whole


def _id_bytes(given: object) -> bytes:
    """A daemon refuses a command whose id has another form, so it is none that it could look for."""
    return uuid.UUID(str(given)).bytes if _UUID.fullmatch(str(given)) else _NO_ID


class Open:
    """A command without a receipt."""

    def __init__(self, number: int, command: Command, done: Callable[[Receipt], None]) -> None:
        whole = with_ids(command)
        self.number = number
        self.was_sent = False  # so that a daemon may have seen it
        self.body = json.dumps(whole, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        self.id = _id_bytes(whole["id"])
        self.done = done
        if len(self.body) > MAX_FRAME_BYTES:
            raise ValueError(f"a command of {len(self.body)} bytes cannot be sent; at most 1 MiB is taken")


class Session:
    def __init__(self) -> None:
        self.id = os.urandom(16)
        self.answered = 0
        self._open: Deque[Open] = collections.deque()  # their numbers have no gaps
        self._next = 1
        self._round = 0
        self._last_position = 0  # that a receipt named
        self.arrived: Deque[Tuple[int, int, int, bytes]] = collections.deque()  # number, time, how many and receipt, to be taken
        self.knows_packs = True  # the daemon, as far as is known
        self.leader: Optional[str] = None  # where all is to be sent to, once take() said so; empty: nobody writes yet
        self.leader_key = ""  # by which that is known, where it was said

    def __len__(self) -> int:
        return len(self._open)

    def add(self, command: Command, done: Callable[[Receipt], None]) -> Open:
        added = Open(self._next, command, done)
        self._next += 1
        self._open.append(added)
        return added

    def together(self, place: int, most: int) -> List[Open]:
        """Those from there on that fit into a message of at most so many, at least one."""
        together: List[Open] = []
        bytes_left = int(_MAX_PACK_BYTES)
        for at in range(place, min(place + most, len(self._open))):
            bytes_left -= len(self._open[at].body)
            if together and bytes_left < 0:
                break
            together.append(self._open[at])
        return together

    def frames(self, of: List[Open], behind: bytes = b"") -> List[bytes]:
        place = self.id + _PLACE.pack(of[0].number, self._open[0].number) + behind
        head = [_TAG.pack(of[0].number, self._round, len(of)), b"j", b"".join(each.body for each in of), place]
        return head if len(of) == 1 else [*head, b"".join(_LENGTH.pack(len(each.body)) for each in of)]

    def again(self, most: int, pack: int) -> Iterator[Tuple[List[Open], List[bytes]]]:
        """The first `most` that are open, once more, in order, with their messages of at most `pack`."""
        self._round += 1
        sent = [self._open[i] for i in range(min(most, len(self._open)))]
        behind = b""
        if len(sent) > 1 and sent[0].was_sent:
            ids = [each.id if each.was_sent else _NO_ID for each in sent[1:_MAX_BEHIND + 1]]
            behind = _POSITION.pack(self._last_position) + b"".join(ids)
        at = 0
        while at < len(sent):
            together = self.together(at, min(pack, len(sent) - at))
            yield together, self.frames(together, behind)
            behind = b""
            at += len(together)

    def arrive(self, frames: List[bytes]) -> None:
        """An answer: its receipts wait to be taken."""
        if len(frames) not in (3, 4) or len(frames[0]) != _TAG.size:
            return
        number, of_round, count = _TAG.unpack(frames[0])
        if len(frames) == 3:
            self.arrived.append((number, of_round, count, frames[2]))
            return
        if len(frames[3]) != count * _LENGTH.size:
            return
        lengths, at = [length for length, in _LENGTH.iter_unpack(frames[3])], 0
        if sum(lengths) != len(frames[2]):
            return
        for place, length in enumerate(lengths):
            if length > 0:  # else it comes in another message
                self.arrived.append((number + place, of_round, 1, frames[2][at:at + length]))
            at += length

    def take(self) -> Tuple[Optional[Callable[[], None]], bool]:
        """What to call for the next receipt that arrived, if it is one; and whether all must be sent again."""
        number, of_round, count, body = self.arrived.popleft()
        if not self._open or not self._open[0].was_sent or not self._open[0].number <= number <= self._open[-1].number:
            return None, False  # a second answer
        receipt = self._read(body)
        refused = receipt.get("refused")
        code = refused.get("code") if isinstance(refused, dict) else None
        if code == "notLeader":
            if of_round == self._round:  # once, as below
                self._round += 1
                told = refused if isinstance(refused, dict) else {}
                self.leader, self.leader_key = str(told.get("leader", "")), str(told.get("leaderKey", ""))
            return None, False
        if count > 1:  # about a pack, of which nothing was looked at: by a daemon that knows none
            self.knows_packs = False
            return None, of_round == self._round
        is_ahead = code == "outOfOrder"
        if is_ahead or number != self._open[0].number:
            return None, of_round == self._round  # once, however many of that time say so
        first = self._open.popleft()
        self.answered += 1
        accepted = receipt.get("accepted")
        if isinstance(accepted, dict):
            self._last_position = max(self._last_position, int(accepted.get("lastPosition", 0)))
        return lambda: first.done(receipt), False

    @staticmethod
    def _read(body: bytes) -> Receipt:
        try:
            receipt = json.loads(body)
        except ValueError:
            receipt = None
        if not isinstance(receipt, dict) or not receipt.keys() & {"accepted", "unchanged", "refused"}:
            raise NotCatlog("a receipt cannot be read: the other side is no catlog of this version")
        return receipt
