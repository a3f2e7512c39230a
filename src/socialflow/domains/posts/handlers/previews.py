"""Previews of links: a short transaction, a page fetched through the guarded door, a short transaction."""

import re

from socialflow.domains.posts import service
from socialflow.domains.posts.events import PreviewWanted
from socialflow.kernel import logs
from socialflow.kernel.events import on
from socialflow.kernel.schedule import every
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.fetching import Answer, Ask, Fetcher, FetchFailure, TimedOut, Unreachable

# A head is at the beginning; what is longer is read no further.
MOST_BYTES = 512 * 1024
SECONDS = 10.0
KINDS = ("text/html", "application/xhtml+xml")
# Of all that Python can decode, what pages are written in: some of the others take long, or fail in ways of their own.
_WRITTEN_IN = re.compile(
    r"utf-?8|iso-8859-\d{1,2}|latin-?1|us-ascii|windows-125\d|shift_jis|euc-(jp|kr)|gb2312|gbk|gb18030|big5|koi8-[ru]",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)

log = logs.named(__name__)


async def give_up(app: App, event: PreviewWanted, code: str) -> None:
    """The last attempt has failed: the link stands by itself."""
    del code
    async with app.work(SYSTEM) as work:
        await service.keep_preview(work, event.preview_id, None)


@on(PreviewWanted, queue="imports", on_dead=give_up)
async def fetch_preview(app: App, event: PreviewWanted) -> None:
    """Ask a page what it says of itself."""
    async with app.work(SYSTEM) as work:
        url = await service.preview_asked(work, event.preview_id)
    if url is None:
        return
    try:
        page = await _look(app, url)
    except (Unreachable, TimedOut):
        # Another time it may be there.
        raise
    except FetchFailure as failure:
        log.info("preview_refused", preview=str(event.preview_id), error=type(failure).__name__)
        page = None
    async with app.work(SYSTEM) as work:
        await service.keep_preview(work, event.preview_id, page)


@every(hours=24)
async def forget_old_previews(app: App) -> None:
    """Forget previews that no post has any more."""
    left = 1
    while left:
        async with app.work(SYSTEM) as work:
            left = await service.forget_spare_previews(work)


async def _look(app: App, url: str) -> service.PreviewPage | None:
    ask = Ask(
        app.port(Fetcher).vet(url),
        headers={"Accept": "text/html,application/xhtml+xml"},
        max_bytes=64 * MOST_BYTES,
        head_seconds=SECONDS,
        stall_seconds=SECONDS,
        total_seconds=SECONDS,
    )
    async with app.port(Fetcher).open(ask) as answer:
        kind = answer.headers.get("content-type", "")
        if answer.status != 200 or not kind.lower().startswith(KINDS):
            return None
        return service.page_of(_text(await _beginning(answer), kind))


async def _beginning(answer: Answer) -> bytes:
    read = bytearray()
    async for chunk in answer.chunks:
        read += chunk
        if len(read) >= MOST_BYTES:
            break
    return bytes(read[:MOST_BYTES])


def _text(raw: bytes, kind: str) -> str:
    said = _CHARSET.search(kind) or _CHARSET.search(raw[:1024].decode("ascii", "replace"))
    name = said[1] if said and _WRITTEN_IN.fullmatch(said[1]) else "utf-8"
    return raw.decode(name, "replace")
