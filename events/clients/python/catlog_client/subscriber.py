"""Every change from a position on, each once and in order, whatever gets lost on the way."""
from __future__ import annotations

import asyncio
from typing import AsyncIterator, Iterator, List, Optional, Sequence

import zmq

from .connection import Came, Data, endpoint_in, wait_readable, wait_readable_async
from .cursor import Cursor, CursorStore
from .feed import Feed
from .follower import Change, Follower
from .keys import Keys, read_keys
from .patience import PATIENCE, Silence
from .questions import ASK_AGAIN, Questions


class _Core:
    def __init__(self, follower: Follower, changes_endpoint: str, replay_endpoint: str, patience: float, ask_again: float,
                 keys: Optional[Keys] = None) -> None:
        self.follower = follower
        self.context: "zmq.Context[zmq.Socket[bytes]]" = zmq.Context()
        self.feed = Feed(self.context, changes_endpoint, follower.subscriptions, ask_again, patience, keys)
        self.questions = Questions(self.context, replay_endpoint, patience, ask_again, keys)

    def step(self) -> bool:
        """Takes what has come; False when there was nothing. Raises what a client raises."""
        if not self.follower.wants_answer:
            return self._take_feed()
        if not self.questions.is_open:
            self.questions.ask(self.follower.request())
        came, answer = self.questions.look()
        if answer is not None:
            self.follower.take_answer(answer)
            if self.follower.is_behind:  # at once, so that it is made while what came is dealt with
                self.questions.ask(self.follower.request())
        return came is not Came.NOTHING

    def _take_feed(self) -> bool:
        frames = self.feed.take()
        if frames is not None:
            self.follower.take_live(frames)
            return True
        is_silent = self.feed.was_silent()
        if is_silent:
            self.follower.take_silence()
        return is_silent

    @property
    def waits_for(self) -> "List[zmq.Socket[bytes]]":
        return self.questions.sockets if self.follower.wants_answer else self.feed.sockets

    def due_in(self) -> float:
        """Seconds until step() must be called although nothing came."""
        return self.questions.due_in() if self.follower.wants_answer else self.feed.due_in()

    def close(self) -> None:
        self.feed.close()
        self.questions.close()
        self.context.term()


def _core(data: Optional[Data], from_: Optional[int], topics: Sequence[str], cursor: Optional[CursorStore],
          changes_endpoint: Optional[str], replay_endpoint: Optional[str], patience: float, ask_again: float,
          keys: Optional[Keys]) -> _Core:
    kept: Optional[Cursor] = cursor.load() if cursor is not None else None
    if cursor is not None and kept is None and from_ is None:
        from_ = 1
    return _Core(Follower(from_, topics, kept), endpoint_in(data, "changes.ipc", changes_endpoint),
                 endpoint_in(data, "replay.ipc", replay_endpoint), patience, ask_again, keys)


def _dealt_with(core: _Core, cursor: Optional[CursorStore], quiet: Silence) -> Iterator[Change]:
    """What has come; each is kept as dealt with when the next one is asked for."""
    while core.follower.pending:
        change = core.follower.pending.popleft()
        yield change
        if cursor is not None:
            cursor.save(change.cursor)
        quiet.begin()


def changes(data: Optional[Data] = None, *, from_: Optional[int] = None, topics: Sequence[str] = (),
            cursor: Optional[CursorStore] = None, timeout: Optional[float] = None, changes_endpoint: Optional[str] = None,
            replay_endpoint: Optional[str] = None, patience: float = PATIENCE, ask_again: float = ASK_AGAIN,
            key_file: Optional[Data] = None, server_key: Optional[str] = None) -> Iterator[Change]:
    """Every event that matches one of `topics` (all without any), for ever.

    Begins behind what `cursor` has kept, else at position `from_`, else with what comes after now (with a cursor: at 1). An
    event is kept as dealt with when the next one is asked for. `timeout`: ends when nothing came for so many seconds.
    `key_file`: of `catlog bus-keys`, for endpoints over tcp; `server_key` in place of the one in it.
    Raises HistoryChanged, Unreachable (the replay socket did not answer for `patience`, or the feed was cut off again and again),
    Refused (the daemon does not let this client in), NotCatlog.
    """
    core = _core(data, from_, topics, cursor, changes_endpoint, replay_endpoint, patience, ask_again,
                 read_keys(key_file, server_key))
    try:
        quiet = Silence(timeout if timeout is not None else float("inf"))
        while True:
            for change in _dealt_with(core, cursor, quiet):
                yield change
            if not core.step():
                if quiet.is_over():
                    return
                wait_readable(core.waits_for, min(core.due_in(), quiet.left()))
    finally:
        if cursor is not None:
            cursor.flush()
        core.close()


async def async_changes(data: Optional[Data] = None, *, from_: Optional[int] = None, topics: Sequence[str] = (),
                        cursor: Optional[CursorStore] = None, timeout: Optional[float] = None,
                        changes_endpoint: Optional[str] = None, replay_endpoint: Optional[str] = None,
                        patience: float = PATIENCE, ask_again: float = ASK_AGAIN, key_file: Optional[Data] = None,
                        server_key: Optional[str] = None) -> AsyncIterator[Change]:
    """As `changes`, for an event loop; cancelling it closes it (or `contextlib.aclosing`)."""
    core = _core(data, from_, topics, cursor, changes_endpoint, replay_endpoint, patience, ask_again,
                 read_keys(key_file, server_key))
    try:
        quiet = Silence(timeout if timeout is not None else float("inf"))
        taken = 0
        while True:
            for change in _dealt_with(core, cursor, quiet):
                yield change
            if core.step():
                taken += 1
                if taken % 100 == 0:
                    await asyncio.sleep(0)  # others want the loop too
                continue
            if quiet.is_over():
                return
            await wait_readable_async(core.waits_for, min(core.due_in(), quiet.left()))
    finally:
        if cursor is not None:
            cursor.flush()
        core.close()
