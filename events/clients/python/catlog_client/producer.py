"""Sends commands: pipelined, in order over restarts of the daemon, each once."""
from __future__ import annotations

import asyncio
import os
import time
from types import TracebackType
from typing import Callable, List, Optional, Type

import zmq

from .connection import Came, Connection, Data, endpoint_in
from .errors import BusError, Unreachable
from .keys import Keys, read_keys
from .patience import PATIENCE, Silence
from .session import Command, Open, Receipt, Session
from .vocabulary import LIMITS

ASK_AGAIN = 10.0  # the same on a connection that seems to be there; then all goes again over another one
NO_LEADER_PAUSE = 0.1  # machines elect in a second or two
WINDOW = 256  # commands sent and not answered
PACK = 64  # commands in one message, at most, of who sends from an event loop
LONGEST_HOLD = 0.001  # then what is held goes with the next one


class _Core:
    """What both producers are: a session over a connection."""

    def __init__(self, endpoint: str, window: int, patience: float, ask_again: float,
                 before_close: Callable[[], None] = lambda: None, keys: Optional[Keys] = None, pack: int = PACK) -> None:
        if not 1 <= pack <= LIMITS["packCommands"]:
            raise ValueError(f"pack must be 1 to {LIMITS['packCommands']}")
        self.endpoint = endpoint
        self.window = window
        self._pack = pack
        self.session = Session()
        self.context: "zmq.Context[zmq.Socket[bytes]]" = zmq.Context()
        self.connection = Connection(self.context, endpoint, window, before_close, keys)
        self.silence = Silence(patience)
        self.since_sent = Silence(ask_again)
        self.sent = 0  # of the open ones, the first so many
        self.process = os.getpid()

    @property
    def pack(self) -> int:
        """Of so many commands; 1 with a daemon that knows none."""
        return self._pack if self.session.knows_packs else 1

    def begin_silence(self) -> None:
        self.silence.begin()
        self.since_sent.begin()

    def add(self, command: Command, done: Callable[[Receipt], None]) -> None:
        if self.process != os.getpid():
            raise RuntimeError("a forked process needs a producer of its own")
        if not len(self.session):
            self.begin_silence()
        self.session.add(command, done)

    def held(self) -> int:
        """How many could be sent."""
        return min(self.window, len(self.session)) - self.sent

    def send_held(self) -> None:
        while self.held() > 0:
            together = self.session.together(self.sent, min(self.pack, self.held()))
            self.send(together, self.session.frames(together))
            self.sent += len(together)

    def send(self, together: List[Open], frames: List[bytes]) -> None:
        if self.connection.send(frames):
            for each in together:
                each.was_sent = True

    def send_again(self) -> None:
        self.since_sent.begin()
        self.sent = min(self.window, len(self.session))
        for together, frames in self.session.again(self.sent, self.pack):
            self.send(together, frames)

    def handle(self, came: Came) -> None:
        """Of what the connection told. Raises Unreachable, NotCatlog."""
        if came is Came.CONNECTION:
            self.send_again()
        elif came is Came.ANSWER:
            self.session.arrive(self.connection.receive())
            while self.session.arrived:  # or who got one has waited for the next
                self.take()
        elif len(self.session):
            if self.silence.is_over():
                raise Unreachable(self.endpoint, self.silence.limit, self.session.answered, len(self.session))
            if self.since_sent.is_over():
                self.since_sent.begin()
                self.connection.drop()

    def take_what_came(self) -> bool:
        """Whether there was something; never waits."""
        if self.session.arrived:
            self.take()
            return True
        came = self.connection.look()
        if came is not Came.NOTHING:
            self.handle(came)
        return came is not Came.NOTHING

    def due_in(self) -> float:
        """Seconds until something must be looked at although nothing came."""
        return min(self.connection.due_in(), self.silence.left(), self.since_sent.left())

    def take(self) -> None:
        done, is_lost = self.session.take()
        if is_lost:
            self.send_again()
        leader, self.session.leader = self.session.leader, None
        is_another = leader and leader != self.connection.endpoint  # one that names itself was started again, and does not know yet
        if leader and is_another and self.connection.may_follow(leader, self.session.leader_key):
            self.connection.move_to(leader)
        elif leader is not None:
            self.connection.drop_in(NO_LEADER_PAUSE)
        if done is None:
            return
        self.sent -= 1
        done()
        self.begin_silence()  # what `done` was busy with is no time in which nobody answered

    def close(self) -> None:
        self.connection.close()
        self.context.term()


class Pending:
    """A receipt that is to come."""

    def __init__(self, producer: "Producer") -> None:
        self._producer = producer
        self._receipt: Optional[Receipt] = None

    def done(self) -> bool:
        return self._receipt is not None

    def result(self) -> Receipt:
        """Waits for it. Raises Unreachable."""
        while self._receipt is None:
            self._producer.step()
        return self._receipt


class Producer:
    """Not for several threads at a time. Callbacks run inside send(), flush() and result().

    A callback may send; another one runs inside it only where it sends so much that the window is full.

    `pack=1` sends each command by itself and at once, because nothing in here runs between the calls. With more, and as many open
    as a pack may hold, what is sent waits for a full pack, or for the next call that comes a millisecond later or finds no receipt
    to take: who stops sending calls flush()."""

    def __init__(self, data: Optional[Data] = None, *, endpoint: Optional[str] = None, window: int = WINDOW,
                 patience: float = PATIENCE, ask_again: float = ASK_AGAIN, key_file: Optional[Data] = None,
                 server_key: Optional[str] = None, pack: int = 1) -> None:
        """`key_file`: of `catlog bus-keys`, for an endpoint over tcp; `server_key` in place of the one in it; `pack`: commands in
        one message at most, 1 for none."""
        self._core = _Core(endpoint_in(data, "commands.ipc", endpoint), window, patience, ask_again,
                           keys=read_keys(key_file, server_key), pack=pack)
        self._held_since = 0.0
        self._is_in_callback = False

    def send(self, command: Command, on_receipt: Optional[Callable[[Receipt], None]] = None) -> Pending:
        """Sends a command, with a new id where it has none. Waits while the window is full."""
        while len(self._core.session) >= self._core.window:
            self.step()
        pending = Pending(self)

        def done(receipt: Receipt) -> None:
            pending._receipt = receipt
            if on_receipt is not None:
                self._call(on_receipt, receipt)

        core = self._core
        core.add(command, done)
        if core.held() == 1:
            self._held_since = time.monotonic()
            # Who sends now and then finds here that little is open; not from within a callback, which would nest without end.
            while core.pack > 1 and not self._is_in_callback and core.sent >= core.pack and core.take_what_came():
                pass
        is_old = core.held() > 1 and time.monotonic() - self._held_since > LONGEST_HOLD
        if core.sent < core.pack or core.held() >= core.pack or is_old:
            core.send_held()
        return pending

    def _call(self, on_receipt: Callable[[Receipt], None], receipt: Receipt) -> None:
        was_in_callback, self._is_in_callback = self._is_in_callback, True
        try:
            on_receipt(receipt)
        finally:
            self._is_in_callback = was_in_callback

    def step(self) -> None:
        """Takes a receipt, if one comes soon."""
        core = self._core
        if core.session.arrived or core.held() > 0:
            if not core.take_what_came():
                core.send_held()
            return
        core.handle(core.connection.wait(min(core.silence.left(), core.since_sent.left())))

    def flush(self) -> None:
        """Waits until all is answered."""
        while len(self._core.session):
            self.step()

    def close(self) -> None:
        """What is open may be carried out or not: flush() before."""
        self._core.close()

    def __enter__(self) -> "Producer":
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()


class AsyncProducer:
    """For one event loop: `async with AsyncProducer(data) as producer: receipt = await producer.send(command)`."""

    def __init__(self, data: Optional[Data] = None, *, endpoint: Optional[str] = None, window: int = WINDOW,
                 patience: float = PATIENCE, ask_again: float = ASK_AGAIN, key_file: Optional[Data] = None,
                 server_key: Optional[str] = None, pack: int = PACK) -> None:
        """As Producer; what is sent before the loop's next turn goes together."""
        self._watched: List[int] = []
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._core = _Core(endpoint_in(data, "commands.ipc", endpoint), window, patience, ask_again, self._unwatch,
                           read_keys(key_file, server_key), pack)
        self._timer: Optional[asyncio.TimerHandle] = None
        self._is_due = False  # what is held is sent in the loop's next turn
        self._open: "set[asyncio.Future[Receipt]]" = set()
        self._room: "asyncio.Event" = asyncio.Event()
        self._none_open: "asyncio.Event" = asyncio.Event()  # a future that is cancelled is done, and still open here
        self._failure: Optional[BaseException] = None

    def send(self, command: Command) -> "asyncio.Future[Receipt]":
        """Sends in the order of calls, a command without an id with a new one. However many are open: `room()` waits."""
        if self._failure is not None:
            raise self._failure
        self._loop = asyncio.get_running_loop()
        receipt: "asyncio.Future[Receipt]" = self._loop.create_future()

        def done(came: Receipt) -> None:
            self._open.discard(receipt)
            if not receipt.done():
                receipt.set_result(came)
            if not self._open:
                self._none_open.set()

        self._core.add(command, done)
        self._open.add(receipt)
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._pump)
        return receipt

    async def room(self) -> None:
        """Waits until the window is not full."""
        while len(self._core.session) >= self._core.window and self._failure is None:
            self._room.clear()
            await self._room.wait()
        if self._failure is not None:
            raise self._failure

    async def flush(self) -> None:
        """Waits until all is answered, also what nobody waits for any more."""
        while self._open:
            self._none_open.clear()
            await self._none_open.wait()
        if self._failure is not None:
            raise self._failure

    def _pump(self) -> None:
        """Handles all that has come, and sees to it that it is called again."""
        self._is_due = False
        if self._loop is None or self._failure is not None:
            return
        try:
            self._core.send_held()
            for _ in range(4 * self._core.window):  # others want the loop too
                came = self._core.connection.look()
                self._core.handle(came)
                if came is Came.NOTHING:
                    break
            self._core.send_held()
            more = came is not Came.NOTHING
        except Exception as failure:
            self._fail(failure)
            return
        if len(self._core.session) < self._core.window:
            self._room.set()
        self._watch(0.0 if more else self._core.due_in())

    def _watch(self, again_in: float) -> None:
        assert self._loop is not None
        if not self._watched:
            for socket in self._core.connection.sockets:
                fd = socket.getsockopt(zmq.FD)
                assert isinstance(fd, int)
                self._loop.add_reader(fd, self._pump)
                self._watched.append(fd)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(again_in, self._pump) if len(self._core.session) else None

    def _unwatch(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            for fd in self._watched:
                self._loop.remove_reader(fd)
        self._watched = []

    def _fail(self, failure: BaseException) -> None:
        self._failure = failure
        self._unwatch()
        self._room.set()
        for receipt in self._open:
            if not receipt.done():
                receipt.set_exception(failure)
        self._open.clear()
        self._none_open.set()

    def close(self) -> None:
        self._unwatch()
        if self._timer is not None:
            self._timer.cancel()
        for receipt in self._open:
            receipt.cancel()
        self._open.clear()
        self._none_open.set()
        self._failure = self._failure or BusError("the producer was closed")
        self._room.set()
        self._core.close()

    async def __aenter__(self) -> "AsyncProducer":
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            self.close()
