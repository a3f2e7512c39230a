"""What an owner may choose of what is shown beside a video: its poster, and where its chapters may begin."""

import uuid
from collections.abc import Mapping
from typing import Any

from socialflow.domains.accounts import service as accounts
from socialflow.domains.media.errors import ImageRefused, NoFileYet, NothingToChooseFrom
from socialflow.domains.media.events import ChapterIdeasWanted, PosterChosen
from socialflow.domains.media.models import Access, Asset, AssetState, Purpose
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.queries import captions as reading
from socialflow.domains.media.queries.people import OWN_POSTER
from socialflow.domains.media.schemas import ChapterIdeasState, UploadProgress
from socialflow.domains.media.service import uploads
from socialflow.domains.media.service.cards import edition_of
from socialflow.domains.media.service.delivery import Holder, address, expiry
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work

OWN = OWN_POSTER
"""The picture that the owner has brought; there is one of a video."""


async def posters(app: App, work: Work, asset_id: uuid.UUID) -> list[dict[str, Any]]:
    """The pictures that a poster may be chosen from; their addresses end with the actor's session."""
    asset = await reading.asset(work.db, asset_id)
    if asset is None:
        return []
    signed = asset.access != Access.OPEN or await accounts.is_private(work, asset.account_id)
    expires_at = expiry(app, work.now) if signed else None
    folder = address(app, asset_id, "", asset.access_epoch, expires_at, holder=Holder.of(work.actor, trusted=True))
    chosen = asset.extras.get("chosen", {}).get("name")
    return [
        {
            "number": number,
            "url": folder + row["name"] + edition_of(row.get("edition")),
            "at_ms": row["at_ms"],
            "thumbhash": row["thumbhash"],
            "is_chosen": row["name"] == chosen,
        }
        for number, row in enumerate(pictures(asset.extras), 1)
    ]


def pictures(extras: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that were found in a video, and the one that its owner has brought."""
    own = extras.get("own")
    return [*extras.get("posters", ()), *([own] if own else ())]


async def choose_poster(work: Work, asset_id: uuid.UUID, number: int) -> None:
    """Let one of these pictures stand for the video; it is served a moment later."""
    asset = await _held(work, asset_id)
    found = pictures(asset.extras)
    if not 1 <= number <= len(found):
        raise NothingToChooseFrom
    _choose(work, asset, found[number - 1])


async def chapter_ideas(work: Work, asset_id: uuid.UUID) -> dict[str, Any]:
    """Where the parts of a video may begin, as far as somebody has asked."""
    asset = await reading.asset(work.db, asset_id)
    ideas: dict[str, Any] | None = asset.extras.get("chapter_ideas") if asset is not None else None
    return ideas or {"state": ChapterIdeasState.NOT_ASKED, "starts_ms": []}


async def ask_for_chapters(work: Work, asset_id: uuid.UUID) -> dict[str, Any]:
    """Have a look taken for where the parts of a video may begin; asking while one is taken changes nothing."""
    asset = await _held(work, asset_id)
    if asset.state != AssetState.READY or not asset.duration_ms:
        raise NoFileYet
    before = asset.extras.get("chapter_ideas")
    if before is None:
        asset.extras = {**asset.extras, "chapter_ideas": {"state": ChapterIdeasState.WORKING, "starts_ms": []}}
        work.emit(ChapterIdeasWanted(asset_id=asset_id, duration_ms=asset.duration_ms))
    return asset.extras["chapter_ideas"] or {}


async def bring_poster(work: Work, asset_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """Let the actor's own picture stand for the video, as soon as it has been looked at."""
    card = await uploads.card(work, upload_id, Purpose.POSTER)
    if card.state in {UploadProgress.FAILED, UploadProgress.EXPIRED}:
        raise ImageRefused
    asset = await _held(work, asset_id)
    _choose(work, asset, {"name": OWN, "upload": str(card.asset_id)}, now=card.state == UploadProgress.READY)


async def poster_arrived(work: Work, account_id: uuid.UUID, picture_id: uuid.UUID) -> None:
    """A picture has been looked at: whatever it was chosen for may have it."""
    asset = await queries.waiting_for(work.db, account_id, picture_id)
    if asset is not None:
        work.emit(PosterChosen(asset_id=asset.id, edition=asset.extras["chosen"]["edition"]))


def _choose(work: Work, asset: Asset, row: dict[str, Any], *, now: bool = True) -> None:
    edition = asset.extras.get("chosen", {}).get("edition", 0) + 1
    chosen = {name: row[name] for name in ("name", "thumbhash", "upload") if name in row} | {"edition": edition}
    asset.extras = {**asset.extras, "chosen": chosen}
    asset.updated_at = work.now
    if now:
        work.emit(PosterChosen(asset_id=asset.id, edition=edition))


async def _held(work: Work, asset_id: uuid.UUID) -> Asset:
    asset = await queries.locked(work.db, asset_id)
    if asset is None:
        raise NotFound
    return asset
