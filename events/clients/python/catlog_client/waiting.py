"""Read your writes: waits until SQL has a position of the log."""
from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Dict, List, Literal, Optional, Union

import zmq

from .connection import Came, Data, endpoint_in, wait_readable, wait_readable_async
from .errors import NotCatlog
from .follower import read_object, refusal
from .keys import Keys, read_keys
from .patience import PATIENCE
from .questions import ASK_AGAIN, Questions

WITHIN = 30.0  # seconds
LATEST: Literal["latest"] = "latest"
Wanted = Union[int, Literal["latest"]]
_MOST_MS = 30_000  # that the daemon lets anybody wait
_PAUSE = 0.05  # where it can let nobody more wait, or ends, it answers at once


class _Waiting:
    def __init__(self, position: Wanted, endpoint: str, within: float, log_id: Optional[str], patience: float, ask_again: float,
                 keys: Optional[Keys]) -> None:
        self._wanted: Dict[str, Any] = {"latest": True} if position == LATEST else {"position": position}
        if log_id is not None:
            self._wanted["logId"] = log_id
        self._end = time.monotonic() + within
        self._longest = min(patience, ask_again) / 2  # so that a silence tells of a connection that only seems to be there
        self._is_last = False
        self._context: "zmq.Context[zmq.Socket[bytes]]" = zmq.Context()
        self.questions = Questions(self._context, endpoint, patience, ask_again, keys)

    def ask(self) -> None:
        left = max(self._end - time.monotonic(), 0.0)
        self._is_last = left == 0.0
        within_ms = min(int(1_000 * min(left, self._longest)) + (not self._is_last), _MOST_MS)
        self.questions.ask(json.dumps({"waitFor": {**self._wanted, "withinMs": within_ms}}).encode())

    def verdict(self, answer: List[bytes]) -> Optional[bool]:
        """Whether it is there; None: not yet."""
        body = read_object(answer[0], "the answer of the replay socket")
        if "refused" in body:
            raise refusal(str(body["refused"]))
        waited = body.get("waited")
        if not isinstance(waited, dict) or not isinstance(waited.get("isThere"), bool):
            raise NotCatlog("the answer of the replay socket cannot be read: the other side is no catlog of this version")
        if waited["isThere"]:
            return True
        return False if self._is_last else None

    def close(self) -> None:
        self.questions.close()
        self._context.term()


def _waiting(position: Wanted, data: Optional[Data], within: float, log_id: Optional[str], replay_endpoint: Optional[str],
             patience: float, ask_again: float, keys: Optional[Keys]) -> _Waiting:
    return _Waiting(position, endpoint_in(data, "replay.ipc", replay_endpoint), within, log_id, patience, ask_again, keys)


def wait_for(position: Wanted, data: Optional[Data] = None, *, within: float = WITHIN, log_id: Optional[str] = None,
             replay_endpoint: Optional[str] = None, patience: float = PATIENCE, ask_again: float = ASK_AGAIN,
             key_file: Optional[Data] = None, server_key: Optional[str] = None) -> bool:
    """Whether SQL has this position (a receipt's `lastPosition`), or "latest": up to where the log goes when this is asked, of a
    cluster by what a majority of its machines has. After at most so many seconds; waits for a daemon that is away.

    `key_file`: of `catlog bus-keys`, for an endpoint over tcp; `server_key` in place of the one in it. Raises HistoryChanged (another log than `log_id`, or one that ends before it: what the receipt was for is lost),
    Unreachable, NotCatlog.
    """
    waiting = _waiting(position, data, within, log_id, replay_endpoint, patience, ask_again, read_keys(key_file, server_key))
    try:
        while True:
            waiting.ask()
            verdict = waiting.verdict(_answer(waiting.questions))
            if verdict is not None:
                return verdict
            time.sleep(_PAUSE)
    finally:
        waiting.close()


def _answer(questions: Questions) -> List[bytes]:
    while True:
        came, answer = questions.look()
        if answer is not None:
            return answer
        if came is Came.NOTHING:
            wait_readable(questions.sockets, questions.due_in())


async def async_wait_for(position: Wanted, data: Optional[Data] = None, *, within: float = WITHIN, log_id: Optional[str] = None,
                         replay_endpoint: Optional[str] = None, patience: float = PATIENCE, ask_again: float = ASK_AGAIN,
                         key_file: Optional[Data] = None, server_key: Optional[str] = None) -> bool:
    """As `wait_for`, for an event loop."""
    waiting = _waiting(position, data, within, log_id, replay_endpoint, patience, ask_again, read_keys(key_file, server_key))
    try:
        while True:
            waiting.ask()
            verdict = waiting.verdict(await _answer_async(waiting.questions))
            if verdict is not None:
                return verdict
            await asyncio.sleep(_PAUSE)
    finally:
        waiting.close()


async def _answer_async(questions: Questions) -> List[bytes]:
    while True:
        came, answer = questions.look()
        if answer is not None:
            return answer
        if came is Came.NOTHING:
            await wait_readable_async(questions.sockets, questions.due_in())
