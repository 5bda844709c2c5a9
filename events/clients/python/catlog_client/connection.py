"""A connection to commands.ipc or replay.ipc that is made again when it is lost, and says so."""
from __future__ import annotations

import enum
import os
import time
from typing import Callable, List, Optional, Sequence, Union

import zmq

MAX_FRAME_BYTES = 16 << 20  # beyond it ZeroMQ cuts the connection
_MAX_IPC_PATH_BYTES = 107
_FIRST_ATTEMPT, _LONGEST_ATTEMPT = 0.05, 1.0
LOOK_EVERY = 0.05  # no event tells that a connection is gone

Data = Union[str, "os.PathLike[str]"]


def endpoint_in(data: Optional[Data], name: str, endpoint: Optional[str]) -> str:
    """The endpoint that is given, or the one of this name in a data directory."""
    if endpoint is None:
        if data is None:
            raise ValueError("give the data directory, or the endpoint")
        endpoint = f"ipc://{os.path.abspath(os.fspath(data))}/run/{name}"
    if endpoint.startswith("ipc://") and len(os.fsencode(endpoint)) - len("ipc://") > _MAX_IPC_PATH_BYTES:
        raise ValueError(f"{endpoint}: a socket's path has at most {_MAX_IPC_PATH_BYTES} bytes; use a shorter data directory")
    return endpoint


class Came(enum.Enum):
    NOTHING = 0
    ANSWER = 1  # receive() has it
    CONNECTION = 2  # a new one: what was sent before and is not answered is lost


class Connection:
    """ZeroMQ's own reconnecting would send what it had queued before what was lost; here a new connection is empty."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str, queued: int,
                 before_close: Callable[[], None] = lambda: None) -> None:
        self._context = context
        self._endpoint = endpoint
        self._queued = 2 * queued + 1_000
        self._before_close = before_close
        self._is_up = False
        self._attempt = _FIRST_ATTEMPT
        self.socket = self._make()

    def _make(self) -> "zmq.Socket[bytes]":
        socket: "zmq.Socket[bytes]" = self._context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.IMMEDIATE, 1)  # can be written to only while it is connected
        socket.setsockopt(zmq.RECONNECT_IVL, -1)
        socket.setsockopt(zmq.SNDHWM, self._queued)
        socket.setsockopt(zmq.RCVHWM, self._queued)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES)
        socket.connect(self._endpoint)
        self._attempt_ends = time.monotonic() + self._attempt
        return socket

    def drop(self) -> None:
        """Gives up the connection; another one is made."""
        self._is_up = False
        self.close()
        self.socket = self._make()

    def look(self) -> Came:
        """What has come; never waits."""
        events = self.socket.getsockopt(zmq.EVENTS)
        assert isinstance(events, int)
        if not self._is_up:
            if events & zmq.POLLOUT:
                self._is_up = True
                return Came.CONNECTION
            if time.monotonic() >= self._attempt_ends:
                self._attempt = min(2 * self._attempt, _LONGEST_ATTEMPT)
                self.drop()
            return Came.NOTHING
        if events & zmq.POLLIN:
            return Came.ANSWER
        if not events & zmq.POLLOUT:
            self.drop()
        return Came.NOTHING

    def wait(self, seconds: float) -> Came:
        """The same, within about so much time."""
        until = time.monotonic() + seconds
        while True:
            came = self.look()
            left = until - time.monotonic()
            if came is not Came.NOTHING or left <= 0:
                return came
            flags = zmq.POLLIN if self._is_up else zmq.POLLOUT
            self.socket.poll(int(1_000 * min(left, LOOK_EVERY)) + 1, flags)

    def send(self, frames: Sequence[bytes]) -> bool:
        """False where there is no connection: look() will tell of a new one."""
        if self._is_up:
            try:
                self.socket.send_multipart(frames, zmq.NOBLOCK)
            except zmq.Again:
                self.drop()
        return self._is_up

    def receive(self) -> List[bytes]:
        self._attempt = _FIRST_ATTEMPT
        return self.socket.recv_multipart(zmq.NOBLOCK)

    def close(self) -> None:
        self._before_close()
        self.socket.close()
