"""Pictures: checked, made anew, shown."""

import uuid
from dataclasses import dataclass

from socialflow.domains.media import policy
from socialflow.domains.media.errors import ImageRefused
from socialflow.domains.media.events import ImageFailed, ImageReady, UploadCompleted
from socialflow.domains.media.models import Access, AssetFile, AssetState, Purpose
from socialflow.domains.media.queries import assets as queries
from socialflow.domains.media.schemas import UploadProgress
from socialflow.domains.media.service import delivery, sources, uploads
from socialflow.kernel import ids
from socialflow.kernel.work import Work

CONTENT_TYPE = "image/webp"
WATERMARK = "watermark.png"
EMOJI = "emoji.png"


@dataclass(frozen=True, slots=True)
class KeptImage:
    """A picture that is in the store already and waits to be named."""

    name: str
    key: str
    size: int
    sha256: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a picture as it is shown: its thumbhash (base64, about 25 bytes) and its size in pixels."""

    thumbhash: str | None = None
    width: int | None = None
    height: int | None = None


async def image_of_upload(work: Work, upload_id: uuid.UUID, purpose: Purpose) -> uuid.UUID | None:
    """The asset of the actor's picture once it can be shown; None while it is being looked at.

    Raises NotFound for what is not a picture of theirs and ImageRefused when it cannot be shown.
    """
    card = await uploads.card(work, upload_id, purpose)
    if card.state in {UploadProgress.FAILED, UploadProgress.EXPIRED}:
        raise ImageRefused
    return card.asset_id if card.state == UploadProgress.READY else None


async def thumbhash_of(work: Work, asset_id: uuid.UUID) -> str | None:
    """The thumbhash of a picture, base64."""
    return await queries.thumbhash(work.db, asset_id)


def emoji_url(asset_id: uuid.UUID) -> str:
    """Where the picture of an emoji is served to everybody, once it is open."""
    return f"/media/{ids.show('ast', asset_id)}/{EMOJI}"


async def is_waiting(work: Work, asset_id: uuid.UUID) -> bool:
    """Whether a picture has still to be made."""
    asset = await queries.locked(work.db, asset_id)
    return asset is not None and asset.state not in queries.FINISHED


async def show(work: Work, event: UploadCompleted, made: list[KeptImage], facts: Facts) -> None:
    """Serve what was made of a picture, to everybody; what had been uploaded is no longer needed.

    A poster or a photo is served to nobody yet: it is the video's or the post's, and seen by whoever sees that.
    """
    asset = await queries.locked(work.db, event.asset_id)
    if asset is None or asset.state in queries.FINISHED:
        return
    for image in made:
        work.db.add(
            AssetFile(
                asset_id=asset.id,
                name=image.name,
                key=image.key,
                content_type=image.content_type,
                size=image.size,
                sha256=image.sha256,
                created_at=work.now,
            )
        )
    access = Access.CLOSED if event.purpose in policy.UNSEEN else Access.OPEN
    asset.state, asset.access, asset.progress = AssetState.READY, access, 100
    asset.thumbhash, asset.width, asset.height = facts.thumbhash, facts.width, facts.height
    asset.version += 1
    asset.updated_at = asset.ready_at = work.now
    await sources.forget_pieces(work, asset.id)
    delivery.shelves.forget(asset.id)
    work.emit(
        ImageReady(
            upload_id=event.upload_id, asset_id=asset.id, account_id=asset.account_id, purpose=Purpose(asset.purpose)
        )
    )


async def refuse(work: Work, event: UploadCompleted, code: str, detail: str) -> None:
    """Say why a picture cannot be shown."""
    asset = await queries.locked(work.db, event.asset_id)
    if asset is None or asset.state in queries.FINISHED:
        return
    asset.state, asset.failure_code, asset.failure_detail = AssetState.FAILED, code, detail
    asset.updated_at = work.now
    await sources.forget_pieces(work, asset.id)
    work.emit(ImageFailed(upload_id=event.upload_id, asset_id=asset.id, account_id=asset.account_id, code=code))
