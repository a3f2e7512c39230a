"""A page of a browser that remembers what must not happen: messages, errors, requests to others."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page
from tests.web.fake_api import COOKIE, SECRET

# A grey pixel, so that posters are there.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6368000000820081772fa5310000000049454e44ae426082"
)


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    faults: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def forgive(self, *statuses: str) -> None:
        """Answers of these statuses are meant to come, now or a moment later."""
        self.forgiven += statuses


@contextmanager
def opened(browser: Browser, address: str, *, cookie: str | None = SECRET, **options: Any) -> Iterator[Watched]:
    """A page in a context of its own, logged in as Ada unless `cookie` is None; fails for what was noted."""
    context = browser.new_context(base_url=address, **options)
    if cookie:
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": address}])
    watched = Watched(context.new_page())
    page, faults = watched.page, watched.faults
    page.on("console", lambda message: faults.append(told(message)) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
    page.on("request", lambda sent: None if is_own(sent.url, address) else faults.append(f"foreign: {sent.url}"))
    yield watched
    context.close()
    unforgiven = [fault for fault in faults if not any(status in fault for status in watched.forgiven)]
    assert not unforgiven, unforgiven


def told(message: ConsoleMessage) -> str:
    """What a message says, and of which address."""
    return f"{message.text} [{message.location['url']}]"


def is_own(url: str, address: str) -> bool:
    """Whether a request stays on this site."""
    return url.startswith((f"{address}/", "blob:", "data:"))
