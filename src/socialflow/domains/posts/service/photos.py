"""The photos of posts: uploads that were made anew, and are served to who may see the post."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from socialflow.domains.media import service as media
from socialflow.domains.media.errors import ImageRefused
from socialflow.domains.media.schemas import UploadProgress
from socialflow.domains.media.service import Access, Purpose
from socialflow.domains.posts import queries
from socialflow.domains.posts.errors import PhotoAlreadyUsed
from socialflow.domains.posts.models import Post, PostPhoto
from socialflow.domains.posts.schemas import PhotoCreate
from socialflow.kernel import ids
from socialflow.kernel.work import Work

UNUSED = timedelta(days=7)
"""A photo that no post has taken in this time is wanted by nobody."""
AT_ONCE = 100


async def put(work: Work, post: Post, wanted: Sequence[PhotoCreate]) -> None:
    """Give a post these photos, in this order, and none besides; the caller holds the post's lock."""
    had = {photo.upload_id: photo for photo in await queries.photos(work.db, post.id)}
    kept = {each.upload_id for each in wanted}
    for upload_id, photo in had.items():
        if upload_id not in kept:
            await _drop(work, photo)
    for position, each in enumerate({photo.upload_id: photo for photo in wanted}.values()):
        known = had.get(each.upload_id)
        if known is None:
            await _take(work, post, each, position)
        else:
            known.position, known.alt = position, each.alt
    await work.db.flush()


async def open_to(work: Work, post: Post) -> None:
    """Serve a post's photos to those who may see the post: plainly to everybody, to all others by signed addresses."""
    for photo in await queries.photos(work.db, post.id):
        await media.set_access(work, photo.asset_id, _access(post))


async def arrived(work: Work, asset_id: uuid.UUID) -> None:
    """A photo has been made anew, or cannot be: show it on its post, if it has one yet."""
    post = await queries.post_of_photo(work.db, asset_id)
    if post is not None:
        await media.set_access(work, asset_id, _access(post))
        work.forget("posts", f"post:{ids.show('pst', post.id)}")


async def drop_all(work: Work, post: Post) -> None:
    """Delete the photos of a post that goes."""
    for photo in await queries.photos(work.db, post.id):
        await _drop(work, photo)
    await work.db.flush()


async def forget_spare_photos(work: Work) -> int:
    """Delete some photos that no post has taken for long; returns how many."""
    spare = await queries.spare_photos(work.db, work.now - UNUSED, AT_ONCE)
    for asset_id in spare:
        await media.delete_asset(work, asset_id)
    return len(spare)


async def _take(work: Work, post: Post, wanted: PhotoCreate, position: int) -> None:
    upload = await media.card(work, wanted.upload_id, Purpose.PHOTO, hold=True)
    if upload.state in {UploadProgress.FAILED, UploadProgress.EXPIRED}:
        raise ImageRefused
    photo = PostPhoto(post_id=post.id, asset_id=upload.asset_id, upload_id=upload.id, position=position, alt=wanted.alt)
    try:
        async with work.db.begin_nested():
            work.db.add(photo)
    except IntegrityError:
        raise PhotoAlreadyUsed from None
    await media.set_access(work, upload.asset_id, _access(post))


async def _drop(work: Work, photo: PostPhoto) -> None:
    await media.abandon(work, photo.upload_id)
    await media.delete_asset(work, photo.asset_id)
    await work.db.delete(photo)


def _access(post: Post) -> Access:
    return Access.OPEN if post.is_listed else Access.SIGNED
