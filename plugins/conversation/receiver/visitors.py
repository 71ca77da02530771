"""Who is writing, as far as the receiver needs to know: a hand, which limits are counted by.

Rule: an address leaves this module only as a keyed hash. Forwarded headers are believed only when the connection itself
comes from a named proxy, and then only up to the first address that is none.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from ..errors import SettingsError
from .secret_file import derive_key

SETTING = "CONVERSATION_TRUSTED_PROXIES"
UNIX_SOCKET = "unix"
"""Among the proxies: whoever comes through a Unix socket, where a connection has no address."""
HOME_PREFIX = 64
"""Of IPv6: what one home or one server is given, at the least."""
GROUPS = 4096
"""Into so many groups hands are sorted for the ids of comments. The id becomes public and stays; one in 4096 addresses
shares its group, a million of IPv4, so that not even the secret tells an address from an id."""
MAX_FORWARDED = 32
"""Entries of `X-Forwarded-For` that are looked at; nobody has so many proxies."""

_Address = IPv4Address | IPv6Address
_Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Hand:
    """Whoever writes from one address."""

    key: str
    """Keyed hash of the address, hexadecimal; for limits, and kept a day at most."""
    group: int
    """From 0 to `GROUPS` - 1; for ids."""


class Visitors:
    """Tells hands from requests."""

    def __init__(self, trusted_proxies: Sequence[str], secret: bytes) -> None:
        """Read the networks of the proxies; raises SettingsError for one that is none."""
        self._proxies = [_read_network(text) for text in trusted_proxies if text != UNIX_SOCKET]
        self._trusts_unix_socket = UNIX_SOCKET in trusted_proxies
        self._key = derive_key(secret, "hand")

    def find_hand(self, environ: Mapping[str, object]) -> Hand:
        """Return the hand of a WSGI request."""
        address = self._find_address(environ)
        home = (
            str(IPv6Network((address, HOME_PREFIX), strict=False)) if isinstance(address, IPv6Address) else str(address)
        )
        digest = hmac.digest(self._key, home.encode(), "sha256")
        return Hand(digest[:16].hex(), int.from_bytes(digest[16:20]) % GROUPS)

    def _find_address(self, environ: Mapping[str, object]) -> _Address | None:
        """Return the address a request comes from; None where nobody that is believed names one."""
        address = _read_address(str(environ.get("REMOTE_ADDR", "")))
        forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rsplit(",", MAX_FORWARDED)
        while forwarded and self._is_trusted(address):
            said = _read_address(forwarded.pop())
            if said is None:
                break
            address = said
        return address

    def _is_trusted(self, address: _Address | None) -> bool:
        if address is None:  # servers put nothing there, or a name
            return self._trusts_unix_socket
        return any(address in network for network in self._proxies)


def _read_network(text: str) -> _Network:
    try:
        return ip_network(text.strip())
    except ValueError as error:
        remedy = "give addresses or networks such as '127.0.0.1' or '10.0.0.0/8', or 'unix' for a Unix socket"
        raise SettingsError(SETTING, text, remedy) from error


def _read_address(text: str) -> _Address | None:
    """Return the address in one entry, with or without a port; an IPv4 address in IPv6's clothes as what it is."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
