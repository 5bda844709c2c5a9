"""Whether a daemon lets a client in, as ZeroMQ's monitor tells of its handshakes."""
from __future__ import annotations

import struct
import time
import uuid
from typing import List, Optional

import zmq

from .errors import Refused

# The daemon looks at its list each second, and whoever changes it may do so in two steps.
_LONGEST_CHANGE = 3.0
# Attempts are a second apart: refusals that are further apart say nothing of the time between them.
_LONGEST_PAUSE = 2.5


class Admission:
    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._code = 0
        self._since: Optional[float] = None
        self._last = 0.0
        self._is_lasting = False

    @property
    def is_refused(self) -> bool:
        """Whether the last handshake failed because it was not let in."""
        return self._since is not None

    def check(self) -> None:
        """Raises Refused when it was not let in for so long that no list can be about to change."""
        if self._is_lasting:
            raise Refused("forbidden", "", f"{self._endpoint} does not let this client in ({self._code}): its key, or its user, is "
                                           "not on the daemon's list, or has a role that may not do this; ask whoever runs the "
                                           "daemon (catlog bus-keys)")

    def told(self, event: int, value: int, turns: int = 1) -> None:
        """`turns`: how many endpoints are tried one after the other."""
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._since, self._is_lasting = None, False
        elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            now = time.monotonic()
            self._code = value
            if self._since is None or now - self._last > _LONGEST_PAUSE * turns:
                self._since = now
            self._last = now
            self._is_lasting = now - self._since >= _LONGEST_CHANGE

    def watch(self, socket: "zmq.Socket[bytes]") -> "zmq.Socket[bytes]":
        """Where is told what happens to the connection of a socket, from then on."""
        told: "zmq.Socket[bytes]" = socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_DISCONNECTED,
            f"inproc://connection-{uuid.uuid4()}")
        return told

    def take(self, told: "zmq.Socket[bytes]", turns: int = 1) -> List[int]:
        """The events that were told since."""
        events = []
        try:
            while True:
                event, value = struct.unpack_from("=HI", told.recv_multipart(zmq.NOBLOCK)[0])
                self.told(event, value, turns)
                events.append(event)
        except zmq.Again:
            return events
