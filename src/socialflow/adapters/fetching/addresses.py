"""Which addresses of the internet protocol are somebody else's, in public.

A table of our own: what libraries call "global" has changed over the years and lets through what is
reached only from inside (the IANA registries of special-purpose addresses, RFC 6890 and its followers).
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

CLOSED_V4: tuple[IPv4Network, ...] = tuple(
    IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # A public number behind which each machine of one large cloud finds its own host.
        "168.63.129.16/32",
    )
)
# Everything else of version 6 is loopback, mapped, translated, local, multicast, or not in use.
OPEN_V6 = IPv6Network("2000::/3")
CLOSED_V6: tuple[IPv6Network, ...] = tuple(
    IPv6Network(text)
    # Protocols (Teredo and ORCHID among them), documentation twice, 6to4, AS112.
    for text in ("2001::/23", "2001:db8::/32", "3fff::/20", "2002::/16", "2620:4f:8000::/48")
)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks as an operator writes them."""
    return tuple(ip_network(text, strict=False) for text in texts)


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in CLOSED_V4)
    if address.scope_id is not None or address not in OPEN_V6:
        return False
    return not any(address in network for network in CLOSED_V6)


def may_reach(text: str, allowed: Iterable[Network]) -> bool:
    """Whether a resolved address may be connected to: a public one, or one of the operator's own choosing."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return is_public(address) or any(address in network for network in allowed)
