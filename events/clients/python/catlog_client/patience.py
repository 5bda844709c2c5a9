"""How long somebody waits for the daemon."""
from __future__ import annotations

import time

PATIENCE = 60.0  # seconds without an answer; then the daemon is unreachable


class Silence:
    """Counts time without an answer. Between two looks at most a second counts: who was busy elsewhere has not waited."""

    LONGEST_STEP = 1.0

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.begin()

    def begin(self) -> None:
        self._waited = 0.0
        self._looked = time.monotonic()

    def is_over(self) -> bool:
        now = time.monotonic()
        self._waited += min(now - self._looked, self.LONGEST_STEP)
        self._looked = now
        return self._waited >= self.limit

    def left(self) -> float:
        return min(max(self.limit - self._waited, 0.0), self.LONGEST_STEP)
