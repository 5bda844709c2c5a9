"""What a client raises."""
from __future__ import annotations


class BusError(Exception):
    """The base of all others; itself: the daemon refuses what it was asked, because of a topic, say."""


class Unreachable(BusError):
    """Nothing was answered for the client's patience; the object may only be closed.

    `unanswered`: so many commands may have been carried out or not; the same ids sent again later are harmless.
    """

    def __init__(self, endpoint: str, seconds: float, answered: int = 0, unanswered: int = 0, cuts: int = 0) -> None:
        super().__init__(f"nothing answers on {endpoint} for {seconds:g} s: {answered} were answered, {unanswered} have no "
                         "answer; is catlogd running?" if cuts == 0 else
                         f"{endpoint} has sent nothing for {seconds:g} s and cut off {cuts} connections: the daemon's limits for "
                         "those who follow are reached, or it is started again and again")
        self.answered = answered
        self.unanswered = unanswered


class HistoryChanged(BusError):
    """The log is another one than the cursor's, or lost what stood before it: drop what was made of it, start over from 1."""


class NotCatlog(BusError):
    """What came is not from a catlog of this version."""


class Refused(BusError):
    """The daemon refuses, and says why: a command (raised by `check()`), a member of a group, or whoever is not let in.

    `code` is one of PROTOCOL.md's; `field` is there for commands only.
    """

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(f"{code} {field}: {message}" if field else f"{code}: {message}")
        self.code = code
        self.field = field
        self.message = message
