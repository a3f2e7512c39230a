"""Edits of assets: asked for, made, given up. What shows the result, and what becomes of the former file, others say.

An edit is an upload whose bytes we make ourselves, and an asset as any other once they are there. Room for it is taken
when it is asked for, as much as it may need at most, and brought to what it does need when it is made.
"""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from socialflow.domains.media import policy
from socialflow.domains.media.errors import (
    EditChangesNothing,
    EditIsOver,
    EditLeavesNothing,
    EditsNotOffered,
    EditTooLong,
    ImageRefused,
    NoPictureToMark,
    NoSoundLeft,
    NotReadyForEditing,
    QuotaExceeded,
    SoundRefused,
    TooManyEdits,
)
from socialflow.domains.media.events import EditFailed, EditRequested
from socialflow.domains.media.models import Asset, AssetState, Edit, EditState, Origin, Purpose, Upload, UploadState
from socialflow.domains.media.policy import Wanted
from socialflow.domains.media.queries import edits as queries
from socialflow.domains.media.queries import uploads as upload_queries
from socialflow.domains.media.schemas import UploadProgress
from socialflow.domains.media.service import uploads
from socialflow.domains.media.service.timelines import Step, Timeline, made_of
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import App, Work
from socialflow.ports.editing import Editor, Mark, Place, Sound, Span

SHORTEST_MS = 500
MOST_SPANS = 200
LONGEST_WAIT_S = 600.0
"""An edit stands behind others that came so much later at most."""
PRIORITY_S = 30.0
PATIENCE = timedelta(days=2)
"""So long nothing may come of an edit before it is given up."""
FILETYPE = "video/mp4"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made of `inputs`, which are assets: the first is edited. Uploads are the actor's.

    `operations` is the same as it was asked for, to be kept.
    """

    operations: list[dict[str, Any]]
    inputs: tuple[uuid.UUID, ...]
    steps: tuple[Step, ...]
    mark: Mark | None = None
    mark_upload_id: uuid.UUID | None = None
    sound: Sound = Sound.KEPT
    sound_upload_id: uuid.UUID | None = None


async def start(app: App, work: Work, wish: Wish) -> Edit:
    """Have an edit made; the caller has asked whether the actor may edit all of these."""
    account_id = work.actor.id
    if account_id is None:
        raise Unauthorized
    if not app.settings.media.edits:
        raise EditsNotOffered
    policy.may_upload(work.actor)
    assets = [await _ready(work, each) for each in wish.inputs]
    timeline = made_of([asset.duration_ms or 0 for asset in assets], wish.steps)
    _may_be_made(timeline, wish, assets, most_s=app.settings.media.max_duration_s)
    mark_id = await _mark(work, wish.mark_upload_id) if wish.mark_upload_id else None
    sound_id = await _sound(work, wish.sound_upload_id) if wish.sound_upload_id else None

    upload = await _make_room(app, work, account_id, assets[0], timeline)
    edit = Edit(
        id=ids.new(),
        account_id=account_id,
        source_asset_id=wish.inputs[0],
        upload_id=upload.id,
        asset_id=upload.asset_id,
        operations=wish.operations,
        inputs=list(wish.inputs),
        spans=[[span.input, span.start_ms, span.end_ms] for span in timeline.spans],
        mark=asdict(wish.mark) if wish.mark else None,
        mark_asset_id=mark_id,
        sound=wish.sound,
        sound_asset_id=sound_id,
        state=EditState.QUEUED,
        progress=0,
        duration_ms=timeline.length_ms,
        quota_bytes=policy.quota_of(work.actor, app.settings.media),
        created_at=work.now,
        updated_at=work.now,
    )
    work.db.add(edit)
    await work.db.flush()
    wait = min(LONGEST_WAIT_S, PRIORITY_S + timeline.length_ms / 1_000) / work.actor.rate
    work.emit(
        EditRequested(
            edit_id=edit.id,
            upload_id=upload.id,
            asset_id=upload.asset_id,
            account_id=account_id,
            due_by=work.now + timedelta(seconds=wait),
        )
    )
    return edit


async def begin(work: Work, edit_id: uuid.UUID) -> Edit | None:
    """Begin with an edit, or go on with it; None when there is nothing left to do."""
    edit = await queries.locked(work.db, edit_id)
    if edit is None or edit.state not in queries.OPEN:
        return None
    if await _upload(work, edit) is None:
        edit.state = EditState.CANCELLED
        return None
    edit.state, edit.updated_at = EditState.MAKING, work.now
    return edit


async def go_on(work: Work, edit_id: uuid.UUID, progress: int) -> bool:
    """Something more is made: the time that is left begins anew. Whether the edit is still wanted."""
    edit = await queries.locked(work.db, edit_id)
    upload = await _upload(work, edit) if edit is not None and edit.state == EditState.MAKING else None
    if edit is None or upload is None:
        return False
    edit.progress, edit.updated_at = max(edit.progress, progress), work.now
    upload.expires_at, upload.updated_at = work.now + PATIENCE, work.now
    work.tell(f"upload:{ids.show('upl', upload.id)}", "upload.changed", {})
    return True


async def fit(work: Work, edit_id: uuid.UUID, size: int, sha256: str) -> tuple[int, list[str]]:
    """The file is made: its room becomes its size. How many of its bytes are kept, and objects that are of no use.

    Those that are kept are of this very file, or are begun anew. Raises QuotaExceeded, and NotFound when it is not
    wanted any more.
    """
    edit = await queries.locked(work.db, edit_id)
    upload = await _upload(work, edit) if edit is not None and edit.state == EditState.MAKING else None
    if edit is None or upload is None:
        raise NotFound
    useless: list[str] = []
    if upload.received and edit.sha256 != sha256:
        useless = await upload_queries.forget_pieces(work.db, upload.id)
        upload.received = 0
    more = size - upload.total
    if more > 0 and not await upload_queries.reserve(work.db, upload.account_id, more, edit.quota_bytes):
        raise QuotaExceeded
    if more < 0:
        await upload_queries.release(work.db, upload.account_id, -more)
    upload.length, upload.sha256, edit.sha256 = size, sha256, sha256
    upload.expires_at = work.now + PATIENCE
    return upload.received, useless


async def fail(work: Work, edit_id: uuid.UUID, code: str, detail: str) -> list[str]:
    """Nothing comes of an edit; objects that are of no use any more."""
    edit = await queries.locked(work.db, edit_id)
    if edit is None or edit.state not in queries.OPEN:
        return []
    edit.state, edit.failure_code, edit.failure_detail, edit.updated_at = EditState.FAILED, code, detail, work.now
    upload = await _upload(work, edit)
    useless: list[str] = []
    if upload is not None:
        await upload_queries.release(work.db, upload.account_id, upload.counted)
        useless = await upload_queries.forget_pieces(work.db, upload.id)
        upload.received = 0
        upload.state, upload.failure_code, upload.failure_detail = UploadState.FAILED, code, detail
        upload.updated_at = work.now
    work.emit(
        EditFailed(
            edit_id=edit.id,
            upload_id=edit.upload_id,
            asset_id=edit.asset_id,
            account_id=edit.account_id,
            code=code,
            detail=detail,
        )
    )
    return useless


async def cancel(work: Work, edit_id: uuid.UUID) -> None:
    """Give an edit up whose result is not shown yet; raises EditIsOver. The caller lets the result go."""
    edit = await queries.locked(work.db, edit_id)
    if edit is None or edit.state in {EditState.FAILED, EditState.CANCELLED}:
        raise EditIsOver
    edit.state, edit.updated_at = EditState.CANCELLED, work.now


async def latest(work: Work, *, only_open: bool, limit: int) -> Sequence[Edit]:
    """Everybody's edits, the newest first, for staff."""
    policy.may_manage_jobs(work.actor)
    return await queries.latest(work.db, only_open=only_open, limit=limit)


async def stop(work: Work, edit_id: uuid.UUID, *, reason: str = "") -> None:
    """Give up somebody's edit that is being made; whoever waits for its file is told that it will not come."""
    policy.may_manage_jobs(work.actor)
    edit = await queries.locked(work.db, edit_id)
    if edit is None:
        raise NotFound
    if edit.state not in queries.OPEN:
        raise EditIsOver
    await uploads.abandon(work, edit.upload_id)
    work.note("media:edit:cancelled", edit.account_id, edit_id=str(edit_id), reason=reason)


async def revert(work: Work, edit_id: uuid.UUID) -> None:
    """Write down that an edit was undone."""
    edit = await queries.locked(work.db, edit_id)
    if edit is not None:
        edit.reverted_at = edit.updated_at = work.now


async def forget(work: Work, asset_ids: Sequence[uuid.UUID]) -> None:
    """Forget the edits that made these assets, of which nothing is shown any more."""
    await queries.forget(work.db, asset_ids)


def timeline_of(edit: Edit) -> Timeline:
    """What an edit does to time."""
    return Timeline(tuple(Span(*each) for each in edit.spans))


def mark_of(edit: Edit) -> Mark | None:
    """The picture that an edit lays over the film."""
    return None if edit.mark is None else Mark(Place(edit.mark["place"]), edit.mark["opacity"], edit.mark["size"])


def _may_be_made(timeline: Timeline, wish: Wish, assets: Sequence[Asset], *, most_s: float) -> None:
    if timeline.length_ms < SHORTEST_MS:
        raise EditLeavesNothing
    if timeline.length_ms > most_s * 1_000 or len(timeline.spans) > MOST_SPANS:
        raise EditTooLong
    has_picture = bool(assets[0].has_video)
    if wish.mark is not None and not has_picture:
        raise NoPictureToMark
    heard = wish.sound is Sound.REPLACED or (
        wish.sound is Sound.KEPT and any(assets[span.input].has_audio for span in timeline.spans)
    )
    if not has_picture and not heard:
        raise NoSoundLeft
    sounds_alike = wish.sound is Sound.KEPT or (wish.sound is Sound.MUTED and assets[0].has_audio is False)
    if timeline.is_whole(assets[0].duration_ms or 0) and wish.mark is None and sounds_alike:
        raise EditChangesNothing


async def _ready(work: Work, asset_id: uuid.UUID) -> Asset:
    asset = await work.db.get(Asset, asset_id)
    if asset is None or asset.state != AssetState.READY or not asset.duration_ms:
        raise NotReadyForEditing
    return asset


async def _mark(work: Work, upload_id: uuid.UUID) -> uuid.UUID:
    card = await uploads.card(work, upload_id, Purpose.WATERMARK)
    if card.state in {UploadProgress.FAILED, UploadProgress.EXPIRED}:
        raise ImageRefused
    if card.state != UploadProgress.READY:
        raise NotReadyForEditing
    return card.asset_id


async def _sound(work: Work, upload_id: uuid.UUID) -> uuid.UUID:
    card = await uploads.card(work, upload_id, Purpose.SOUND)
    if card.state in {UploadProgress.FAILED, UploadProgress.EXPIRED}:
        raise SoundRefused
    if card.state != UploadProgress.READY:
        raise NotReadyForEditing
    return card.asset_id


async def _make_room(app: App, work: Work, account_id: uuid.UUID, source: Asset, timeline: Timeline) -> Upload:
    """An upload for as many bytes as the edit may have at most."""
    settings, editor = app.settings.media, app.port(Editor)
    most = editor.most_bytes(source.width, source.height, source.frame_rate, timeline.length_ms / 1_000)
    quota = policy.quota_of(work.actor, settings)
    if not await upload_queries.reserve(work.db, account_id, most, quota):
        raise QuotaExceeded(extra={"quota_bytes": quota})
    # Whoever asks at the same time waits at that row, and is counted after us.
    policy.may_open_another((await upload_queries.open_of(work.db, account_id)).number)
    if await queries.count_open(work.db, account_id) >= settings.edits_at_once:
        raise TooManyEdits(retry_after=60)
    name = source.source_name or Purpose.VIDEO
    upload = uploads.row_of(work, account_id, Wanted(most, filetype=FILETYPE), name, settings)
    upload.origin, upload.expires_at = Origin.EDIT, work.now + PATIENCE
    work.db.add(upload)
    await work.db.flush()
    return upload


async def _upload(work: Work, edit: Edit) -> Upload | None:
    """The upload of an edit, held, while its bytes may still come."""
    upload = await upload_queries.locked(work.db, edit.upload_id)
    return upload if upload is not None and upload.state == UploadState.RECEIVING else None
