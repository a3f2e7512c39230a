"""Which language somebody reads, from what their browser says."""

import re

DEFAULT = "en"
MOST_TAGS = 20
_TAG = re.compile(r"([a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2})(?:\s*;\s*q=([01](?:\.[0-9]{1,3})?))?")


def preferred_language(accepted: str | None) -> str:
    """The tag of an `Accept-Language` field (RFC 9110, 12.5.4) with the highest weight, the first of equals."""
    best, weight = DEFAULT, 0.0
    for part in (accepted or "").split(",")[:MOST_TAGS]:
        found = _TAG.fullmatch(part.strip())
        if found and float(found[2] or 1) > weight:
            best, weight = found[1], float(found[2] or 1)
    return best
