"""What a person would call the device behind a User-Agent field: a browser and a system, and no more than that."""

import re

UNKNOWN = "Unknown device"
LONGEST = 60
# The first that is found counts: browsers name those that they want to be taken for after themselves.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][\w .+-]{0,39}")


def name_of(user_agent: str) -> str:
    """`Firefox on Linux`; a program's own name where it is no browser; `Unknown device` where it says nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser is None:
        found = _PRODUCT.match(user_agent)
        browser = found[0].strip() if found and not user_agent.startswith("Mozilla/") else None
    if browser and system:
        return f"{browser} on {system}"[:LONGEST]
    return (browser or system or UNKNOWN)[:LONGEST]
