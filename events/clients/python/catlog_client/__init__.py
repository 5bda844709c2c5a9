"""A producer and a subscriber for catlog's bus, over pyzmq; README.md beside this package shows how.

Plain: `Producer`, `changes()`, `group_changes()`. With asyncio: `AsyncProducer`, `async_changes()`.
"""
from .cursor import Cursor, CursorStore, FileCursor, MemoryCursor
from .errors import BusError, HistoryChanged, NotCatlog, Refused, Unreachable
from .follower import Change
from .group import GroupChange, group_changes
from .ids import new_id
from .producer import AsyncProducer, Pending, Producer
from .session import Command, Receipt, check
from .subscriber import async_changes, changes

__all__ = [
    "AsyncProducer", "BusError", "Change", "Command", "Cursor", "CursorStore", "FileCursor", "GroupChange", "HistoryChanged",
    "MemoryCursor", "NotCatlog", "Pending", "Producer", "Receipt", "Refused", "Unreachable", "async_changes", "changes", "check",
    "group_changes", "new_id",
]
