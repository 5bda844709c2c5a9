"""A producer and a subscriber for catlog's bus, over pyzmq; README.md beside this package shows how.

Plain: `Producer`, `changes()`, `group_changes()`. With asyncio: `AsyncProducer`, `async_changes()`, `async_group_changes()`.
Read your writes: `wait_for()`, `async_wait_for()`.
"""
from .cursor import Cursor, CursorStore, FileCursor, MemoryCursor
from .errors import BusError, HistoryChanged, NotCatlog, Refused, Unreachable
from .follower import Change
from .group import GroupChange, async_group_changes, group_changes
from .ids import new_id
from .producer import AsyncProducer, Pending, Producer
from .session import Command, Receipt, check
from .subscriber import async_changes, changes
from .waiting import async_wait_for, wait_for

__all__ = [
    "AsyncProducer", "BusError", "Change", "Command", "Cursor", "CursorStore", "FileCursor", "GroupChange", "HistoryChanged",
    "MemoryCursor", "NotCatlog", "Pending", "Producer", "Receipt", "Refused", "Unreachable", "async_changes",
    "async_group_changes", "async_wait_for", "changes", "check", "group_changes", "new_id", "wait_for",
]
