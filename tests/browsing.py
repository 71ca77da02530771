"""Waiting in a browser: for what is so by itself after a while, however slow the machine is.

Rule: a click does not wait for the page it leads to, so whoever asks a page something after one says first which page.
"""

import time
from collections.abc import Callable

from playwright.sync_api import Page

from .conftest import PATIENCE_SECONDS


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Return as soon as something is so; fail where it does not come to that."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, f"it did not come to that on {page.url}"
        page.wait_for_timeout(50)
