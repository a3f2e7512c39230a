"""Taking one's graph along: comma separated values in the forms that Mastodon writes and reads.

    follows  Account address,Show boosts,Notify on new posts,Languages
    mutes    Account address,Hide notifications
    blocks   an address a line, without a header
    lists    title,address; without a header

https://docs.joinmastodon.org/user/moving/#export. An address is `handle@host`; of other hosts nobody is here.
"""

import csv
import io
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from socialflow.domains.channels import service as channels
from socialflow.domains.social.errors import ImportTooLarge, UnreadableImport
from socialflow.domains.social.models import Bell
from socialflow.domains.social.queries import follows as edges
from socialflow.domains.social.queries import transfer as queries
from socialflow.domains.social.schemas import FollowState, GraphKind, ImportLine, ImportReport, LineOutcome
from socialflow.domains.social.service import blocking, follows, lists, muting
from socialflow.domains.social.service.paging import known
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Problem
from socialflow.kernel.work import Actor, App, Work

MOST_BYTES, MOST_LINES = 512 * 1024, 2_000
READ_AT_ONCE = 500
HEADERS = {
    GraphKind.FOLLOWS: ["Account address", "Show boosts", "Notify on new posts", "Languages"],
    GraphKind.MUTES: ["Account address", "Hide notifications"],
}
LONGEST_SHOWN = 200


def host_of(app: App) -> str:
    """What stands behind the @ in addresses of people here."""
    return urlsplit(app.settings.public_url).netloc.lower()


async def exported(app: App, viewer: Actor, kind: GraphKind) -> AsyncIterator[bytes]:
    """Somebody's follows, blocks, mutes or lists, some lines at a time; no transaction is held meanwhile."""
    host = host_of(app)
    if kind in HEADERS:
        yield _lines([HEADERS[kind]])
    after: uuid.UUID | None = uuid.UUID(int=0)
    while after is not None:
        async with app.work(viewer) as work:
            rows = await queries.some(work, kind, after, READ_AT_ONCE)
        yield _lines([_row(kind, row, f"{row['handle']}@{host}") for row in rows])
        after = rows[-1]["place"] if len(rows) == READ_AT_ONCE else None


def _row(kind: GraphKind, row: Any, address: str) -> list[str]:
    if kind is GraphKind.FOLLOWS:
        return [address, "true", "true" if row["bell"] == Bell.ALL else "false", ""]
    if kind is GraphKind.MUTES:
        return [address, "true"]
    return [address] if kind is GraphKind.BLOCKS else [row["title"], address]


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()


async def taken(body: AsyncIterator[bytes]) -> str:
    """A file as it arrives; raises ImportTooLarge as soon as it is, and UnreadableImport for what is no text."""
    found = bytearray()
    async for piece in body:
        found += piece
        if len(found) > MOST_BYTES:
            raise ImportTooLarge
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableImport from None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a file: whom it names, and with what."""

    line: int
    address: str
    cells: list[str]


def entries(text: str, kind: GraphKind) -> list[Entry]:
    """The lines of a file without its header; raises UnreadableImport, and ImportTooLarge for too many."""
    found = list(_entries(text, 1 if kind is GraphKind.LISTS else 0))
    if len(found) > MOST_LINES:
        raise ImportTooLarge
    return found


def _entries(text: str, at: int) -> Iterator[Entry]:
    if "\x00" in text:
        raise UnreadableImport
    reader = csv.reader(io.StringIO(text))
    try:
        for number, cells in enumerate(reader):
            if not any(cell.strip() for cell in cells):
                continue
            if number == 0 and cells[0].strip().lower() == "account address":
                continue
            yield Entry(reader.line_num, cells[at].strip() if len(cells) > at else "", cells)
    except csv.Error:
        raise UnreadableImport from None


Act = Callable[[Work, uuid.UUID, Entry], Awaitable[LineOutcome]]


async def imported(app: App, viewer: Actor, kind: GraphKind, found: Sequence[Entry]) -> ImportReport:
    """Do what a file says, line by line: what a line cannot do stops no other.

    Each is a work of its own. Of two files with the same names in another order neither holds what the other wants.
    """
    host = host_of(app)
    lines = [await _line(app, viewer, ACTS[kind], each, host) for each in found]
    counts = {each: sum(line.outcome == each for line in lines) for each in LineOutcome}
    good = (LineOutcome.DONE, LineOutcome.REQUESTED, LineOutcome.ALREADY)
    return ImportReport(
        done=counts[LineOutcome.DONE],
        requested=counts[LineOutcome.REQUESTED],
        already=counts[LineOutcome.ALREADY],
        failed=len(lines) - sum(counts[each] for each in good),
        lines=lines,
    )


async def _line(app: App, viewer: Actor, act: Act, entry: Entry, host: str) -> ImportLine:
    shown = entry.address[:LONGEST_SHOWN]
    handle, _, where = entry.address.removeprefix("@").partition("@")
    if not handle or not handle.isascii():
        return ImportLine(line=entry.line, address=shown, outcome=LineOutcome.UNREADABLE, code=None)
    if where and where.lower() != host:
        return ImportLine(line=entry.line, address=shown, outcome=LineOutcome.ELSEWHERE, code=None)
    code = None
    try:
        async with app.work(viewer) as work:
            outcome = await act(work, (await channels.find(work, f"@{handle}")).id, entry)
    except NotFound:
        outcome = LineOutcome.NOT_FOUND
    except ValidationError:
        outcome = LineOutcome.UNREADABLE
    except Problem as problem:
        outcome, code = LineOutcome.REFUSED, problem.code()
    return ImportLine(line=entry.line, address=shown, outcome=outcome, code=code)


async def _follow(work: Work, channel_id: uuid.UUID, entry: Entry) -> LineOutcome:
    before = await edges.edge(work.db, known(work), channel_id)
    edge = await follows.follow(work, channel_id)
    if edge.state is FollowState.REQUESTED:
        return LineOutcome.REQUESTED
    if before is None and len(entry.cells) > 2 and entry.cells[2].strip().lower() == "true":
        await follows.ring(work, channel_id, Bell.ALL)
    return LineOutcome.DONE if before is None else LineOutcome.ALREADY


async def _block(work: Work, channel_id: uuid.UUID, _: Entry) -> LineOutcome:
    return LineOutcome.DONE if await blocking.block(work, channel_id) else LineOutcome.ALREADY


async def _mute(work: Work, channel_id: uuid.UUID, _: Entry) -> LineOutcome:
    await muting.mute(work, ids.show("chn", channel_id), None)
    return LineOutcome.DONE


async def _list(work: Work, channel_id: uuid.UUID, entry: Entry) -> LineOutcome:
    list_id = await lists.of_title(work, entry.cells[0].strip())
    return LineOutcome.DONE if await lists.add(work, list_id, channel_id) else LineOutcome.ALREADY


ACTS: dict[GraphKind, Act] = {
    GraphKind.FOLLOWS: _follow,
    GraphKind.BLOCKS: _block,
    GraphKind.MUTES: _mute,
    GraphKind.LISTS: _list,
}
