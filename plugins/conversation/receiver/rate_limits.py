"""Rate limits: how often one hand may preview and send, counted in memory or in a Redis that several receivers share.

Rule: what is counted is the keyed hash of an address, and no count outlives a day. A store that does not answer lets
everybody through: losing a comment is worse than taking one too many.
"""

import logging
import time
from collections.abc import Sequence

from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from ..errors import ConversationError, SettingsError

logger = logging.getLogger(__name__)

PREVIEWS = "30 per minute"
"""Somebody who looks after every sentence needs fewer; rendering the worst body takes 60 ms."""
LONGEST_SECONDS = 24 * 60 * 60
"""What the privacy page promises of addresses."""
STORE_TIMEOUT_SECONDS = 2.0
"""A store that hangs must not hold visitors up."""


class RateLimits:
    """Counts what each hand does."""

    def __init__(self, limits: Sequence[str], store: str) -> None:
        """Connect to the store; raises SettingsError for a limit or a store that cannot be used."""
        self._sending = [_read_limit(text) for text in limits]
        self._previewing = [parse(PREVIEWS)]
        self._store = _open_store(store)
        self._limiter = FixedWindowRateLimiter(self._store)  # in memory, no other strategy forgets whom it counted

    def count_preview(self, hand: str) -> int:
        """Count a preview by a hand; return 0, or in how many seconds the next is taken."""
        return self._count(self._previewing, "preview", hand)

    def count_sending(self, hand: str) -> int:
        """Count a submission, or a change of one, by a hand; return 0, or in how many seconds the next is taken."""
        return self._count(self._sending, "send", hand)

    def _count(self, limits: Sequence[RateLimitItem], deed: str, hand: str) -> int:
        try:
            for limit in limits:
                if not self._limiter.hit(limit, deed, hand):
                    return max(1, round(self._limiter.get_window_stats(limit, deed, hand).reset_time - time.time()))
        except StorageError as error:
            logger.warning("CONVERSATION_RATE_STORE does not answer, so nothing is limited: %s", error)
        return 0

    def is_answering(self) -> bool:
        """Whether the store answers."""
        try:
            return self._store.check()
        except StorageError:
            return False


def _read_limit(text: str) -> RateLimitItem:
    setting = "CONVERSATION_RATE_LIMITS"
    try:
        limit = parse(text)
    except ValueError as error:
        raise SettingsError(setting, text, "write limits such as '10 per 10 minutes'") from error
    if limit.get_expiry() > LONGEST_SECONDS:
        raise SettingsError(setting, text, "count over a day at most; addresses are not kept longer, not even hashed")
    return limit


def _open_store(store: str) -> Storage:
    setting = "CONVERSATION_RATE_STORE"
    name, separator, _ = store.partition("://")  # what follows may hold a password
    if not separator or name not in ("memory", "redis", "rediss", "redis+unix"):
        raise SettingsError(setting, name, "use 'memory://' or 'redis://...'")
    options = {} if name == "memory" else {"socket_timeout": STORE_TIMEOUT_SECONDS, "socket_connect_timeout": STORE_TIMEOUT_SECONDS}  # fmt: skip
    try:
        return storage_from_string(store, wrap_exceptions=True, **options)  # type: ignore[return-value]
    except ConfigurationError as error:
        raise ConversationError(f"{setting} = {name}://... needs the Redis client: pip install redis") from error
    except ValueError as error:
        raise SettingsError(setting, name, f"its address cannot be read ({error})") from error
