"""From an uploaded picture to one that is shown: a short transaction, the work, a short transaction."""

import hashlib

from socialflow.domains.media.errors import SourceDamaged, SourceDiffers
from socialflow.domains.media.events import UploadCompleted
from socialflow.domains.media.models import Purpose
from socialflow.domains.media.policy import PICTURES
from socialflow.domains.media.service import assets, benches, images, sources
from socialflow.domains.media.service.delivery import PHOTO, POSTER
from socialflow.domains.media.service.images import CONTENT_TYPE, EMOJI, WATERMARK, Facts, KeptImage
from socialflow.kernel.errors import NotFound
from socialflow.kernel.events import on
from socialflow.kernel.work import SYSTEM, App
from socialflow.ports.images import SENTENCES, ImageMaker, ImageRefused
from socialflow.ports.storage import ObjectStore

# What is cut of the pictures that are served to everybody: under which name, and in which sizes in pixels.
CUT = {
    Purpose.AVATAR: ("avatar-{0}.webp", ((256, 256), (96, 96), (512, 512))),
    Purpose.BANNER: ("banner-{0}.webp", ((1_280, 320), (640, 160), (2_560, 640))),
}
POSTER_SIDE = 1_280
PHOTO_SIDE = 2_048
MARK_SIDE = 1_024
EMOJI_SIDE = 128
# Pictures that keep their shape: under which name they are served, and how long their longer side is at most.
WHOLE = {
    Purpose.POSTER: (POSTER, POSTER_SIDE),
    Purpose.PHOTO: (PHOTO, PHOTO_SIDE),
    Purpose.COMMENT_PHOTO: (PHOTO, PHOTO_SIDE),
}
# Pictures that may be seen through, in the same way.
THROUGH = {Purpose.WATERMARK: (WATERMARK, MARK_SIDE), Purpose.EMOJI: (EMOJI, EMOJI_SIDE)}
PROCESSING_FAILED = "processing_failed"
FAILED = "The picture could not be read because of a fault on our side. Upload it again, or ask for help."


async def give_up(app: App, event: UploadCompleted, code: str) -> None:
    """The last attempt has failed: tell the owner."""
    del code
    if event.purpose in PICTURES:
        await _refuse(app, event, PROCESSING_FAILED, FAILED)


@on(UploadCompleted, on_dead=give_up)
async def make_image(app: App, event: UploadCompleted) -> None:
    """Make an uploaded picture anew, so that nothing of the file itself is ever served."""
    if event.purpose not in PICTURES:
        return
    async with app.work(SYSTEM) as work:
        if not await images.is_waiting(work, event.asset_id):
            return

    try:
        kept, facts = await _make(app, event)
    except ImageRefused as refused:
        await _refuse(app, event, refused.fault, SENTENCES[refused.fault])
        return
    except NotFound:
        # Deleted in the meantime.
        return
    except SourceDamaged:
        await _refuse(app, event, sources.SOURCE_DAMAGED, sources.DAMAGED)
        return
    except SourceDiffers:
        await _refuse(app, event, sources.SOURCE_DIFFERS, sources.DIFFERS)
        return

    async with app.work(SYSTEM) as work:
        await images.show(work, event, kept, facts)
    await sources.delete_pieces(app, event.upload_id)


async def _make(app: App, event: UploadCompleted) -> tuple[list[KeptImage], Facts]:
    """What is made of a picture: cuts of a channel's, the whole of a poster, a photo, a mark or an emoji."""
    async with benches.scratch(app) as job:
        sha256 = await sources.fetch_source(app, event.asset_id, job.source)
        async with app.work(SYSTEM) as work:
            await assets.identify(work, event.asset_id, sha256)
        maker = app.port(ImageMaker)
        if event.purpose in WHOLE:
            name, side = WHOLE[Purpose(event.purpose)]
            made = await maker.picture(job.source, side)
            facts = Facts(made.thumbhash, made.width, made.height)
            return [await _keep(app, event, name, made.jpeg, "image/jpeg")], facts
        if event.purpose in THROUGH:
            name, side = THROUGH[Purpose(event.purpose)]
            data = await maker.mark(job.source, side)
            return [await _keep(app, event, name, data, "image/png")], Facts()
        name, sizes = CUT[Purpose(event.purpose)]
        cuts = await maker.crops(job.source, sizes)
    kept = [await _keep(app, event, name.format(width), data, CONTENT_TYPE) for (width, _), data in cuts.files.items()]
    return kept, Facts(cuts.thumbhash, *sizes[0])


async def _keep(app: App, event: UploadCompleted, name: str, data: bytes, content_type: str) -> KeptImage:
    sha256 = hashlib.sha256(data).hexdigest()
    key = assets.key_of(event.asset_id, name, sha256)
    await app.port(ObjectStore).put(key, data, content_type=content_type)
    return KeptImage(name, key, len(data), sha256, content_type)


async def _refuse(app: App, event: UploadCompleted, code: str, detail: str) -> None:
    async with app.work(SYSTEM) as work:
        await images.refuse(work, event, code, detail)
    await sources.delete_pieces(app, event.upload_id)
