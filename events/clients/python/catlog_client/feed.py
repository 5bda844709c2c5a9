"""A subscriber's connection to the feed, made anew where it was not let in, or only seems to be there."""
from __future__ import annotations

import time
from typing import List, Optional, Sequence

import zmq

from .admission import Admission
from .connection import MAX_FRAME_BYTES
from .errors import Unreachable
from .keys import Keys
from .patience import Silence

_UNTIL_NEXT_ATTEMPT = 0.25  # seconds, where it was not let in: ZeroMQ itself tries no second time
_MANY_CUTS = 5  # fewer may be a daemon that was started anew


class Feed:
    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str, subscriptions: Sequence[bytes], silent_at_most: float,
                 quiet_at_most: float, keys: Optional[Keys] = None) -> None:
        """`silent_at_most`: how long nothing may come, of what comes each second; `quiet_at_most`: the same, where the daemon cuts it
        off again and again."""
        self._context = context
        self._endpoint = endpoint
        self._subscriptions = list(subscriptions)
        self._keys = keys
        self._admission = Admission(endpoint)
        self._silence, self._quiet = Silence(silent_at_most), Silence(quiet_at_most)
        self._cuts = 0
        self._make()

    def _make(self) -> None:
        self._socket: "zmq.Socket[bytes]" = self._context.socket(zmq.SUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVHWM, 10_000)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES)
        for topic in self._subscriptions:
            self._socket.setsockopt(zmq.SUBSCRIBE, topic)
        if self._keys is not None:
            self._keys.use(self._socket, self._endpoint)
        self._told = self._admission.watch(self._socket)
        self._socket.connect(self._endpoint)
        self._made_at = time.monotonic()
        self._silence.begin()

    def take(self) -> Optional[List[bytes]]:
        """The next message; None when there is none. Raises Refused where the daemon does not let this client in, Unreachable where
        it cuts it off again and again."""
        self._cuts += self._admission.take(self._told).count(zmq.EVENT_DISCONNECTED)
        try:
            frames = self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            self._admission.check()
            if self._quiet.is_over() and self._cuts >= _MANY_CUTS:
                raise Unreachable(self._endpoint, self._quiet.limit, cuts=self._cuts) from None
            return None
        self._silence.begin()
        self._quiet.begin()
        self._cuts = 0
        return frames

    def was_silent(self) -> bool:
        """Whether it was made anew: only the replay socket knows what came meanwhile, and whether this client may have it."""
        if not self._silence.is_over() and not (self._admission.is_refused and self._until_next_attempt() <= 0):
            return False
        self.close()
        self._make()
        return True

    def _until_next_attempt(self) -> float:
        return self._made_at + _UNTIL_NEXT_ATTEMPT - time.monotonic()

    @property
    def sockets(self) -> "List[zmq.Socket[bytes]]":
        return [self._socket, self._told]

    def due_in(self) -> float:
        """Seconds until it must be looked at although nothing came."""
        return min(self._silence.left(), max(self._until_next_attempt(), 0.0) if self._admission.is_refused else float("inf"))

    def close(self) -> None:
        """Nothing may be told any more once nobody is there to hear it: ZeroMQ's thread would wait."""
        self._socket.disable_monitor()
        self._told.close(0)
        self._socket.close()
