"""Tries: how often somebody may get the moderator's password wrong.

Rule: a try counts before the password is looked at, so that no number of them at once gets by; and it counts for all
hands together as well, since addresses are cheap. The one-time link is not counted and always lets its owner in.
"""

import time

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

BY_HAND = RateLimitItemPerMinute(5, 15, namespace="password")
"""Five in fifteen minutes: who has mistyped it so often looks it up."""
BY_ALL = RateLimitItemPerHour(60, namespace="password")
"""About half a million in a year, and 5 s of scrypt in an hour."""


class Tries:
    """Counts tries in memory: a restart forgets them, which no stranger can bring about."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def count(self, hand: str) -> int:
        """Count a try by a hand; return 0, or in how many seconds the next is taken."""
        return self._count(BY_HAND, hand) or self._count(BY_ALL, "all")

    def _count(self, limit: RateLimitItem, key: str) -> int:
        if self._limiter.hit(limit, key):
            return 0
        return max(1, round(self._limiter.get_window_stats(limit, key).reset_time - time.time()))
