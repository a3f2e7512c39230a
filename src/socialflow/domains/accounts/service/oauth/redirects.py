"""Where people may be sent back to: addresses that an app has registered, compared letter by letter.

Three kinds are taken: `https`, the loopback interface by its number (whose port alone may vary, RFC 8252,
7.3), and schemes of an app's own with a dot in them (RFC 8252, 7.1). `http://localhost` is none: what a
name means is not for us to say.
"""

import re
from urllib.parse import urlencode, urlsplit

LONGEST = 500
# Pairs of these make up paths and queries (RFC 3986, 3.3); no fragment, no backslash, no bracket.
_REST = r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
_HTTPS = re.compile(rf"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{{1,5}})?{_REST}")
_LOOPBACK = re.compile(rf"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{{1,5}})?({_REST})")
_PRIVATE = re.compile(rf"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:(?://[a-z0-9.-]*)?{_REST}")


def is_usable(uri: str) -> bool:
    """Whether an address may be registered."""
    if not uri or len(uri) > LONGEST:
        return False
    return any(kind.fullmatch(uri) for kind in (_HTTPS, _LOOPBACK, _PRIVATE))


def is_registered(uri: str, registered: list[str]) -> bool:
    """Whether this is one of the registered addresses; only the port of the loopback interface may be another."""
    if uri in registered:
        return True
    asked = _LOOPBACK.fullmatch(uri)
    if asked is None or len(uri) > LONGEST:
        return False
    return any(known is not None and known.groups() == asked.groups() for known in map(_LOOPBACK.fullmatch, registered))


def is_provable(uri: str) -> bool:
    """Whether only the app itself can be behind an address: its host has a certificate."""
    return uri.startswith("https://")


def with_answer(uri: str, **values: str | None) -> str:
    """The address with an answer in its query."""
    said = urlencode({name: value for name, value in values.items() if value is not None})
    return f"{uri}{'&' if urlsplit(uri).query else '' if uri.endswith('?') else '?'}{said}"
