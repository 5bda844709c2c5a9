"""Questions to the replay socket, one at a time; one is asked again where the connection was lost."""
from __future__ import annotations

from typing import List, Optional

import zmq

from .connection import Came, Connection
from .errors import Unreachable
from .keys import Keys
from .patience import Silence

ASK_AGAIN = 5.0  # seconds without an answer on a connection that seems to be there


class Questions:
    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str, patience: float, ask_again: float,
                 keys: Optional[Keys] = None) -> None:
        self._endpoint = endpoint
        self._connection = Connection(context, endpoint, 1, keys=keys)
        self._silence = Silence(patience)
        self._since_asked = Silence(ask_again)
        self._asked: Optional[bytes] = None
        self._number = 0

    @property
    def is_open(self) -> bool:
        return self._asked is not None

    def ask(self, request: bytes) -> None:
        self._asked = request
        self._number += 1
        self._silence.begin()
        self._send()

    def look(self) -> "tuple[Came, Optional[List[bytes]]]":
        """What came, and the frames of the answer behind tag and encoding when it is that. Raises Unreachable."""
        came = self._connection.look()
        if came is Came.CONNECTION:
            self._send()
        elif came is Came.ANSWER:
            return came, self._answer(self._connection.receive())
        elif self._silence.is_over():
            raise Unreachable(self._endpoint, self._silence.limit)
        elif self._since_asked.is_over():
            self._since_asked.begin()
            self._connection.drop()
        return came, None

    def _answer(self, frames: List[bytes]) -> Optional[List[bytes]]:
        if len(frames) < 3 or frames[0] != str(self._number).encode() or self._asked is None:
            return None  # to an earlier one
        self._asked = None
        return frames[2:]

    def _send(self) -> None:
        if self._asked is not None:
            self._since_asked.begin()
            self._connection.send([str(self._number).encode(), b"j", self._asked])

    @property
    def sockets(self) -> "List[zmq.Socket[bytes]]":
        return self._connection.sockets

    def due_in(self) -> float:
        """Seconds until look() must be called although nothing came."""
        return min(self._connection.due_in(), self._silence.left(), self._since_asked.left())

    def close(self) -> None:
        self._connection.close()
