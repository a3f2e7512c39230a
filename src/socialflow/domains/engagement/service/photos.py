"""Photos of comments: uploads that were made anew, and are served by signed addresses to who may see the comment."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from socialflow.domains.engagement.errors import PhotoAlreadyShown
from socialflow.domains.engagement.models import Comment, CommentPhoto
from socialflow.domains.engagement.queries import comments as queries
from socialflow.domains.engagement.schemas import CommentPhotoCreate
from socialflow.domains.media import service as media
from socialflow.domains.media.errors import ImageRefused
from socialflow.domains.media.schemas import UploadProgress
from socialflow.domains.media.service import Access, Purpose
from socialflow.kernel.work import Work

UNUSED = timedelta(days=7)
"""A photo that no comment has taken in this time is wanted by nobody."""
AT_ONCE = 100


async def put(work: Work, comment: Comment, wanted: Sequence[CommentPhotoCreate]) -> bool:
    """Give a comment these photos, in this order, and none besides; whether something changed."""
    had = {photo.upload_id: photo for photo in await queries.photos(work.db, comment.id)}
    each_once = {photo.upload_id: photo for photo in wanted}
    before = [(photo.upload_id, photo.alt) for photo in had.values()]
    for upload_id, photo in had.items():
        if upload_id not in each_once:
            await _drop(work, photo)
    for position, each in enumerate(each_once.values()):
        known = had.get(each.upload_id)
        if known is None:
            await _take(work, comment, each, position)
        else:
            known.position, known.alt = position, each.alt
    await work.db.flush()
    return before != [(photo.upload_id, photo.alt) for photo in each_once.values()]


async def arrived(work: Work, asset_id: uuid.UUID) -> Comment | None:
    """A photo has been made anew, or cannot be: the comment that shows it, if there is one yet."""
    comment = await queries.comment_of_photo(work.db, asset_id)
    if comment is not None:
        await media.set_access(work, asset_id, Access.SIGNED)
    return comment


async def drop_all(work: Work, comment_id: uuid.UUID) -> None:
    """Delete the photos of a comment that goes."""
    for photo in await queries.photos(work.db, comment_id):
        await _drop(work, photo)
    await work.db.flush()


async def forget_spare(work: Work) -> int:
    """Delete some photos that no comment has taken for long; returns how many."""
    spare = await queries.spare_photos(work.db, work.now - UNUSED, AT_ONCE)
    for asset_id in spare:
        await media.delete_asset(work, asset_id)
    return len(spare)


async def _take(work: Work, comment: Comment, wanted: CommentPhotoCreate, position: int) -> None:
    upload = await media.card(work, wanted.upload_id, Purpose.COMMENT_PHOTO, hold=True)
    if upload.state in {UploadProgress.FAILED, UploadProgress.EXPIRED}:
        raise ImageRefused
    photo = CommentPhoto(
        comment_id=comment.id,
        asset_id=upload.asset_id,
        upload_id=upload.id,
        position=position,
        alt=wanted.alt,
    )
    try:
        async with work.db.begin_nested():
            work.db.add(photo)
    except IntegrityError:
        raise PhotoAlreadyShown from None
    await media.set_access(work, upload.asset_id, Access.SIGNED)


async def _drop(work: Work, photo: CommentPhoto) -> None:
    await media.abandon(work, photo.upload_id)
    await media.delete_asset(work, photo.asset_id)
    await work.db.delete(photo)
