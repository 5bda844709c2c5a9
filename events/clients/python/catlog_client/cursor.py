"""Where a subscriber is: what it has dealt with, and in which log."""
from __future__ import annotations

import dataclasses
import json
import os
import time
from typing import Optional, Protocol, Union


@dataclasses.dataclass(frozen=True)
class Cursor:
    """Of the last event that was dealt with. Kept best in the same transaction as what was done with the event."""

    log_id: str
    position: int
    command_id: str = ""  # of the event at that position; empty: not known


class CursorStore(Protocol):
    """Where `changes(cursor=...)` begins, and is told how far the caller has come."""

    def load(self) -> Optional[Cursor]:
        """None: from the beginning."""

    def save(self, cursor: Cursor) -> None:
        """All up to there is dealt with: the caller has asked for the event behind it."""

    def flush(self) -> None:
        """The caller ends."""


class MemoryCursor:
    """A cursor as long as this object lives, from the one that is given on."""

    def __init__(self, cursor: Optional[Cursor] = None) -> None:
        self.cursor = cursor

    def load(self) -> Optional[Cursor]:
        return self.cursor

    def save(self, cursor: Cursor) -> None:
        self.cursor = cursor

    def flush(self) -> None:
        pass


class FileCursor:
    """A cursor in a file, written at most so often: what was dealt with since then comes again after a crash."""

    def __init__(self, path: Union[str, "os.PathLike[str]"], every: float = 1.0) -> None:
        self._path = os.fspath(path)
        self._every = every
        self._unsaved: Optional[Cursor] = None
        self._saved_at = float("-inf")

    def load(self) -> Optional[Cursor]:
        try:
            with open(self._path, encoding="utf-8") as file:
                kept = json.load(file)
        except FileNotFoundError:
            return None
        return Cursor(str(kept["logId"]), int(kept["position"]), str(kept.get("commandId", "")))

    def save(self, cursor: Cursor) -> None:
        self._unsaved = cursor
        if time.monotonic() - self._saved_at >= self._every:
            self.flush()

    def flush(self) -> None:
        if self._unsaved is None:
            return
        kept = {"logId": self._unsaved.log_id, "position": self._unsaved.position, "commandId": self._unsaved.command_id}
        beside = self._path + ".new"
        with open(beside, "w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, self._path)
        self._unsaved = None
        self._saved_at = time.monotonic()
