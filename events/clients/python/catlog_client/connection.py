"""A connection to commands.ipc or replay.ipc that is made again when it is lost, and says so."""
from __future__ import annotations

import asyncio
import enum
import os
import re
import time
from typing import Callable, List, Optional, Sequence, Union

import zmq

from .admission import Admission
from .keys import Keys, may_follow

MAX_FRAME_BYTES = 16 << 20  # beyond it ZeroMQ cuts the connection
_MAX_IPC_PATH_BYTES = 107
# Seconds after its beginning at which a connection that was lost, or is not let in, gives way to another; one that is still
# on its way has the longest: a machine far away needs several round trips.
_FIRST_ATTEMPT, _LONGEST_ATTEMPT = 0.05, 1.0
_NEXT_BY_ITSELF = 3_600_000  # milliseconds until ZeroMQ tries again: never as long as anybody looks here

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


def parted(endpoint: str) -> List[str]:
    """Several with commas between them, of the machines of a cluster; a comma in a path parts nothing."""
    return re.split(r",(?=tcp://|ipc://)", endpoint)


class Came(enum.Enum):
    NOTHING = 0
    ANSWER = 1  # receive() has it
    CONNECTION = 2  # a new one: what was sent before and is not answered is lost


class _State(enum.Enum):
    CONNECTING = 0
    UP = 1
    LOST = 2  # and perhaps not read to its end


class Connection:
    """ZeroMQ's own reconnecting would send what it had queued before what was lost; here a new connection is empty.

    What had arrived before a connection was lost is handed over first.
    """

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str, queued: int,
                 before_close: Callable[[], None] = lambda: None, keys: Optional[Keys] = None) -> None:
        self._context = context
        self._keys = keys
        self._endpoints = parted(endpoint)
        self._present = 0  # of them
        self._queued = 2 * queued + 1_000
        self._before_close = before_close
        self._attempt = _FIRST_ATTEMPT
        self._admissions = [Admission(each) for each in self._endpoints]
        self._make()

    def _make(self) -> None:
        """Not IMMEDIATE, nor a reconnecting that is switched off (-1): with either, ZeroMQ takes the queue of a lost connection
        away between two frames of a message that is being read, and ends the process."""
        self._socket: "zmq.Socket[bytes]" = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RECONNECT_IVL, _NEXT_BY_ITSELF)
        self._socket.setsockopt(zmq.SNDHWM, self._queued)
        self._socket.setsockopt(zmq.RCVHWM, self._queued)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES)
        self._told = self._admission.watch(self._socket)
        if self._keys is not None:
            self._keys.use(self._socket, self._endpoints[self._present])
        self._socket.connect(self._endpoints[self._present])
        self._state = _State.CONNECTING
        begun = time.monotonic()
        self._pause_ends, self._attempt_ends = begun + self._attempt, begun + _LONGEST_ATTEMPT
        self._attempt = min(2 * self._attempt, _LONGEST_ATTEMPT)

    @property
    def _admission(self) -> Admission:
        return self._admissions[self._present]

    @property
    def endpoint(self) -> str:
        """The one of them that it is connected to, or tries."""
        return self._endpoints[self._present]

    def drop(self) -> None:
        """Gives up the connection; another one is made, to the next endpoint."""
        self._present = (self._present + 1) % len(self._endpoints)
        self.close()
        self._make()

    def may_follow(self, endpoint: str, key: str) -> bool:
        """Whether it goes on there because an answer says so; keys.may_follow."""
        return may_follow(self.endpoint, endpoint, key, self._keys)

    def move_to(self, endpoint: str) -> None:
        """Goes on with this one."""
        if endpoint not in self._endpoints:
            self._endpoints.append(endpoint)
            self._admissions.append(Admission(endpoint))
        self._present = self._endpoints.index(endpoint)
        self.close()
        self._make()

    def drop_in(self, seconds: float) -> None:
        """As drop(), but not before; what is sent until then goes nowhere."""
        self._state = _State.LOST
        self._pause_ends = time.monotonic() + seconds

    @property
    def sockets(self) -> "List[zmq.Socket[bytes]]":
        """Something has come when one of them can be read; others after each look() that finds nothing."""
        return [self._socket, self._told]

    def due_in(self) -> float:
        """Seconds until look() must be called although nothing came."""
        if self._state is _State.UP:
            return float("inf")
        ends = self._attempt_ends if self._state is _State.CONNECTING else self._pause_ends
        return max(ends - time.monotonic(), 0.0)

    def look(self) -> Came:
        """What has come; never waits. Raises Refused when the daemon does not let this client in."""
        has_arrived = self._has_arrived()  # asked in any state, or the socket's descriptor stays readable
        if has_arrived and self._state is not _State.CONNECTING:
            return Came.ANSWER
        before = self._state
        self._take_told()
        if before is _State.CONNECTING and self._state is _State.UP:
            return Came.CONNECTION
        if before is _State.UP and self._state is _State.LOST and self._has_arrived():
            return Came.ANSWER  # between the two looks
        if self.due_in() == 0:
            self.drop()
        return Came.NOTHING

    def _has_arrived(self) -> bool:
        events = self._socket.getsockopt(zmq.EVENTS)
        assert isinstance(events, int)
        return bool(events & zmq.POLLIN)

    def _take_told(self) -> None:
        for event in self._admission.take(self._told, len(self._endpoints)):
            self._state = _State.UP if event == zmq.EVENT_HANDSHAKE_SUCCEEDED else _State.LOST
        self._admission.check()

    def wait(self, seconds: float) -> Came:
        """The same, within about so much time."""
        until = time.monotonic() + seconds
        while True:
            came = self.look()
            left = until - time.monotonic()
            if came is not Came.NOTHING or left <= 0:
                return came
            wait_readable(self.sockets, min(left, self.due_in()))

    def send(self, frames: Sequence[bytes]) -> bool:
        """False where there is no connection: look() will tell of a new one."""
        if self._state is not _State.UP:
            return False
        try:
            self._socket.send_multipart(frames, zmq.NOBLOCK)
        except zmq.Again:  # so much is not read any more that it counts as lost
            self.drop()
            return False
        return True

    def receive(self) -> List[bytes]:
        """The answer that look() told of; no frames when there is none."""
        self._attempt = _FIRST_ATTEMPT
        try:
            return self._socket.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return []

    def close(self) -> None:
        """Nothing may be told any more once nobody is there to hear it: ZeroMQ's thread would wait."""
        self._before_close()
        self._socket.disable_monitor()
        self._told.close(0)
        self._socket.close()


def wait_readable(sockets: "Sequence[zmq.Socket[bytes]]", seconds: float) -> None:
    """Until one of them can be read, or so much time is over."""
    poller = zmq.Poller()
    for socket in sockets:
        poller.register(socket, zmq.POLLIN)
    poller.poll(int(1_000 * seconds) + 1)


async def wait_readable_async(sockets: "Sequence[zmq.Socket[bytes]]", seconds: float) -> None:
    """Until something may have come, or so much time is over."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()
    watched = []
    try:
        for socket in sockets:
            fd = socket.getsockopt(zmq.FD)
            assert isinstance(fd, int)
            loop.add_reader(fd, came.set)
            watched.append(fd)
        for socket in sockets:  # the descriptor tells of changes only, and one may have been before
            events = socket.getsockopt(zmq.EVENTS)
            assert isinstance(events, int)
            if events & zmq.POLLIN:
                return
        await asyncio.wait_for(came.wait(), seconds)
    except asyncio.TimeoutError:
        pass
    finally:
        for fd in watched:
            loop.remove_reader(fd)
