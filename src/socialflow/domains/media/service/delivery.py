"""Which files are served to whom, and under which addresses.

An open asset has plain addresses, `/media/{asset}/{file}`. A signed one has addresses that begin
with a token, `/media/~{token}/{asset}/{file}`: it stands in the path, so that the relative names
in playlists carry it along and no segment can be had without it. What is known of an asset is kept
in this process for a few seconds, so that a segment costs no query; a change of access is seen
everywhere within that time, and ends the addresses that were signed before it. A token that was
given to somebody also names the session, or personal token, by which they asked, and ends with it.
A CDN that checks signatures of its own has a third kind, `/media/signed/{asset}/{file}`.
Who it was given to is judged anew, once in a while, by the rule of what the asset belongs to: an
address ends when its holder may not see that any more.
"""

import asyncio
import struct
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from socialflow.domains.accounts import service as accounts
from socialflow.domains.media.errors import MediaLinkExpired
from socialflow.domains.media.events import AssetWithdrawn
from socialflow.domains.media.models import Access, Asset, AssetState
from socialflow.domains.media.queries import delivery as queries
from socialflow.kernel import crypto, ids
from socialflow.kernel.crypto import BadSignature
from socialflow.kernel.errors import NotFound
from socialflow.kernel.visibility import may_still
from socialflow.kernel.work import SYSTEM, Actor, App, Work
from socialflow.ports.cdn import Cdn

KEEP_SECONDS = 2.0
KEEP_REFUSALS_SECONDS = 0.2
KEEP_ASSETS = 4_096
PURPOSE = "media address"
BY_CDN = "/media/signed/"
"""Where a CDN that checks signatures finds files; what is everybody's has other addresses, which demand none."""
# Version of the form and key, then the second in which the address runs out (uint40 would do; uint64 is simple).
_HEAD = struct.Struct(">BQ")
# A token for whoever has it, one that also names its holder's session, and one that names their account, too.
OPEN_FORM, HELD_FORM, JUDGED_FORM = 1, 2, 3
_ID_BYTES = 16
_IDS = {OPEN_FORM: 0, HELD_FORM: 1, JUDGED_FORM: 2}
LONGEST_TOKEN = 80
MASTER, MANIFEST, POSTER, STORYBOARD = "master.m3u8", "manifest.mpd", "poster.jpg", "storyboard.vtt"
PHOTO = "photo.jpg"
KEYS, LICENSE = "keys", "license"
CHAPTERS, PREVIEW, WAVEFORM = "chapters.vtt", "preview.mp4", "waveform.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """To whom an address is given: by which session or token they ask, and whose rights it ends with.

    Without an account it is nobody's in particular: what nobody may see any more, it opens no more. `trusted`
    addresses, of owners and staff, are judged by nothing but their session.
    """

    session_id: uuid.UUID | None = None
    account_id: uuid.UUID | None = None
    trusted: bool = False

    @classmethod
    def of(cls, actor: Actor, *, trusted: bool = False) -> "Holder":
        """Whoever asks."""
        return cls(actor.credential_id, actor.id, trusted)


NOBODY = Holder()


@dataclass(frozen=True, slots=True)
class Served:
    """A file as it may be served; `etag` is strong."""

    key: str
    content_type: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is known of an asset's files at one moment."""

    access: Access
    epoch: int
    settled: bool
    version: int
    files: dict[str, Served]


class Shelves:
    """Shelves of the assets asked for lately; one query per asset and some seconds, however many ask at once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[uuid.UUID, tuple[float, Shelf | None]] = OrderedDict()
        self._coming: dict[uuid.UUID, asyncio.Task[Shelf | None]] = {}

    async def get(self, app: App, asset_id: uuid.UUID) -> Shelf | None:
        """The shelf of an asset; None when there is no such asset."""
        kept = self._kept.get(asset_id)
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        coming = self._coming.get(asset_id)
        if coming is None or coming.get_loop() is not asyncio.get_running_loop():
            coming = asyncio.create_task(self._read(app, asset_id))
            self._coming[asset_id] = coming
        # Shielded: one client that leaves does not take the answer away from the others.
        return await asyncio.shield(coming)

    def renew(self, asset_id: uuid.UUID) -> bool:
        """Read the asset anew the next time if what is kept was read before; False when nothing is kept."""
        return self._kept.pop(asset_id, None) is not None

    def forget(self, asset_id: uuid.UUID) -> None:
        """Read the asset anew the next time."""
        self._kept.pop(asset_id, None)
        # What is being read may be out of date when it comes: it is answered with, and not kept.
        self._coming.pop(asset_id, None)

    async def _read(self, app: App, asset_id: uuid.UUID) -> Shelf | None:
        me = asyncio.current_task()
        try:
            async with app.work(SYSTEM) as work:
                rows = await queries.asset_and_files(work.db, asset_id)
            shelf = _shelf_of(rows) if rows else None
            if self._coming.get(asset_id) is me:
                self._keep(asset_id, shelf)
            return shelf
        finally:
            if self._coming.get(asset_id) is me:
                del self._coming[asset_id]

    def _keep(self, asset_id: uuid.UUID, shelf: Shelf | None) -> None:
        self._kept[asset_id] = (time.monotonic() + KEEP_SECONDS, shelf)
        self._kept.move_to_end(asset_id)
        if len(self._kept) > KEEP_ASSETS:
            self._kept.popitem(last=False)


class Verdicts:
    """Who may still use a signed address, for some seconds: a segment seldom costs a query."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[uuid.UUID, uuid.UUID | None], tuple[float, bool]] = OrderedDict()

    async def demand(self, app: App, asset_id: uuid.UUID, viewer: uuid.UUID | None) -> None:
        """Raise NotFound unless a viewer, or whoever it is, may still see what the asset belongs to."""
        key = (asset_id, viewer)
        kept = self._kept.get(key)
        if kept is None or kept[0] <= time.monotonic():
            # The time counts from before the question, so that no answer is older than it is said to be; who is let
            # in again does not wait for it.
            asked = time.monotonic()
            fine = await may_still(app, asset_id, viewer)
            kept = self._kept[key] = (asked + (KEEP_SECONDS if fine else KEEP_REFUSALS_SECONDS), fine)
            self._kept.move_to_end(key)
            if len(self._kept) > KEEP_ASSETS:
                self._kept.popitem(last=False)
        if not kept[1]:
            raise NotFound

    def clear(self) -> None:
        """Ask everything anew."""
        self._kept.clear()


# Of this process. Ids are never used twice, so nothing of one installation can be taken for another's.
shelves = Shelves()
verdicts = Verdicts()


async def find(
    app: App, asset_id: uuid.UUID, name: str, token: str | None, *, by_cdn: bool = False
) -> tuple[Served, Shelf]:
    """A file that the holder of this address may have; raises NotFound or MediaLinkExpired."""
    shelf = await admitted(app, asset_id, token, by_cdn=by_cdn)
    file = shelf.files.get(name)
    if file is None and shelves.renew(asset_id):
        # It may have come since: whoever has just been told of a file finds it.
        shelf = await admitted(app, asset_id, token, by_cdn=by_cdn)
        file = shelf.files.get(name)
    if file is None:
        raise NotFound
    return file, shelf


async def admitted(app: App, asset_id: uuid.UUID, token: str | None, *, by_cdn: bool = False) -> Shelf:
    """The files of an asset, for the holder of an address; raises NotFound or MediaLinkExpired.

    `by_cdn`: a CDN asks that has seen a signature of its own.
    """
    try:
        return await _admitted(app, asset_id, token, by_cdn=by_cdn)
    except NotFound:
        # It may have been opened since, or its addresses been signed anew.
        if not shelves.renew(asset_id):
            raise
    return await _admitted(app, asset_id, token, by_cdn=by_cdn)


async def _admitted(app: App, asset_id: uuid.UUID, token: str | None, *, by_cdn: bool) -> Shelf:
    shelf = await shelves.get(app, asset_id)
    if shelf is None or shelf.access == Access.CLOSED:
        raise NotFound
    if token is not None:
        holder = check(app, asset_id, shelf.epoch, token)
        if holder.session_id is not None and await app.port(accounts.Authenticator).has_ended(holder.session_id):
            raise NotFound
        if not holder.trusted and shelf.access == Access.SIGNED:
            await verdicts.demand(app, asset_id, holder.account_id)
    if shelf.access == Access.SIGNED and token is None and not by_cdn:
        raise NotFound
    return shelf


def sign(
    app: App,
    asset_id: uuid.UUID,
    epoch: int,
    expires_at: datetime,
    *,
    holder: Holder = NOBODY,
    purpose: str = PURPOSE,
) -> str:
    """A token that opens one asset until a time, or until its epoch, or its holder's session or right, is over."""
    named = _named(holder)
    head = _HEAD.pack(len(named) + OPEN_FORM, int(expires_at.timestamp())) + b"".join(each.bytes for each in named)
    return crypto.to_text(head + app.keys.sign(purpose, _signed(head, asset_id, epoch)))


def _named(holder: Holder) -> list[uuid.UUID]:
    """What stands in a token: nothing, a session, or a session and an account."""
    if holder.session_id is None:
        return []
    judged = not holder.trusted and holder.account_id is not None
    return [holder.session_id, holder.account_id] if judged and holder.account_id else [holder.session_id]


def check(app: App, asset_id: uuid.UUID, epoch: int, token: str, *, purpose: str = PURPOSE) -> Holder:
    """To whom the token was given, if to anybody.

    Raises NotFound unless it was made for this asset and epoch, MediaLinkExpired when its time is over.
    """
    try:
        raw = crypto.from_text(token) if len(token) <= LONGEST_TOKEN else b""
        form, expires = _HEAD.unpack_from(raw)
        held = _IDS[form] * _ID_BYTES
        head, signature = raw[: _HEAD.size + held], raw[_HEAD.size + held :]
        app.keys.verify(purpose, _signed(head, asset_id, epoch), signature)
    except (BadSignature, ValueError, KeyError, struct.error):
        raise NotFound from None
    if expires <= app.clock().timestamp():
        raise MediaLinkExpired
    named = [uuid.UUID(bytes=head[at : at + _ID_BYTES]) for at in range(_HEAD.size, len(head), _ID_BYTES)]
    return Holder(named[0] if named else None, named[1] if len(named) > 1 else None, trusted=form == HELD_FORM)


async def set_access(work: Work, asset_id: uuid.UUID, access: Access) -> None:
    """Say who gets the files of an asset; holds everywhere within two seconds."""
    await work.db.execute(update(Asset).where(Asset.id == asset_id).values(access=access, updated_at=work.now))
    shelves.forget(asset_id)
    if access != Access.OPEN:
        work.emit(AssetWithdrawn(asset_id=asset_id))


async def end_addresses(work: Work, asset_id: uuid.UUID) -> None:
    """Addresses of the asset that were signed until now open nothing any more, everywhere within two seconds."""
    raised = {"access_epoch": Asset.access_epoch + 1, "updated_at": work.now}
    await work.db.execute(update(Asset).where(Asset.id == asset_id).values(raised))
    shelves.forget(asset_id)


def address(
    app: App,
    asset_id: uuid.UUID,
    name: str,
    epoch: int,
    expires_at: datetime | None,
    *,
    holder: Holder = NOBODY,
) -> str:
    """The path of a file from the server's root; of what is everybody's, with the CDN's address where there is one."""
    if expires_at is None:
        return f"{app.port(Cdn).url}/media/{ids.show('ast', asset_id)}/{name}"
    token = sign(app, asset_id, epoch, expires_at, holder=holder)
    return f"/media/~{token}/{ids.show('ast', asset_id)}/{name}"


def expiry(app: App, now: datetime) -> datetime:
    """When an address made now runs out: at least the set time from now, and the same for a while."""
    ttl = app.settings.media.signed_url_ttl_s
    step = max(ttl // 2, 1)
    return datetime.fromtimestamp((int(now.timestamp()) // step + 1) * step, UTC) + timedelta(seconds=ttl)


def _shelf_of(rows: queries.Rows) -> Shelf:
    first = rows[0]
    files = {
        row.name: Served(row.key, row.content_type, row.size, f'"{row.sha256[:32]}"')
        for row in rows
        if row.name is not None
    }
    settled = first.state in {AssetState.READY, AssetState.FAILED}
    return Shelf(Access(first.access), first.access_epoch, settled, first.version, files)


def _signed(head: bytes, asset_id: uuid.UUID, epoch: int) -> bytes:
    return head + asset_id.bytes + epoch.to_bytes(8)
