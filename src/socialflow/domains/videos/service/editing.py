"""Edits of videos: cut, joined, marked, with another sound. The result replaces the file as any other does."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from socialflow.domains.channels import service as channels
from socialflow.domains.media import service as media
from socialflow.domains.media.errors import EditGoesOn, EditIsOver, NotReadyForEditing
from socialflow.domains.media.service.edits import Wish
from socialflow.domains.media.service.timelines import Concat, Cut, Step, Trim
from socialflow.domains.videos.errors import NothingToUndo, NotYourVideo
from socialflow.domains.videos.models import SourceState, Video, VideoState
from socialflow.domains.videos.queries import Hold, sources
from socialflow.domains.videos.queries import edits as queries
from socialflow.domains.videos.schemas import (
    EditCreate,
    EditOperation,
    EditOperationRead,
    EditPage,
    EditProgress,
    EditRead,
    OperationKind,
)
from socialflow.domains.videos.service import replacing, rights
from socialflow.domains.videos.service.catalogue import visible
from socialflow.kernel import pages
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work
from socialflow.ports.editing import Mark, Place, Sound

LIST = "video-edits"
ALWAYS = "always"
# What a video's line of files says of an edit whose file is made.
_SHOWN = {
    SourceState.PENDING: EditProgress.PROCESSING,
    SourceState.CURRENT: EditProgress.APPLIED,
    SourceState.RETIRED: EditProgress.REPLACED,
    SourceState.GONE: EditProgress.REPLACED,
    SourceState.FAILED: EditProgress.FAILED,
    SourceState.SUPERSEDED: EditProgress.CANCELLED,
}


async def start(app: App, work: Work, video_id: uuid.UUID, body: EditCreate) -> EditRead:
    """Have the actor's video edited; one edit, or other file, at a time."""
    video = await _own(work, video_id, hold=Hold.CHANGE)
    if video.state != VideoState.READY:
        raise NotReadyForEditing
    if await sources.pending(work.db, video.id) is not None:
        raise EditGoesOn
    brought = [operation.upload_id for operation in body.operations]
    owning = await channels.for_owner(app, work, video.account_id, *brought)
    edit = await media.edits.start(app, owning, await _wish(work, video, body.operations))
    await replacing.wait_for(work, video, edit.upload_id, edit.asset_id)
    return await _one(work, app, video.id, edit.id)


async def page(app: App, work: Work, video_id: uuid.UUID, *, limit: int, cursor: str | None) -> EditPage:
    """The edits of the actor's video, the newest first."""
    video = await _own(work, video_id)
    filters = {"video": str(video.id)}
    keys: Keys = app.keys
    before = uuid.UUID(pages.unseal(keys, LIST, filters, cursor)[0]) if cursor else None
    rows, last = pages.cut(await queries.page(work.db, video.id, before, limit + 1), limit)
    following = pages.seal(keys, LIST, filters, [str(last.id)]) if last is not None else None
    return EditPage(items=[_read(app, video.id, row) for row in rows], next_cursor=following)


async def one(app: App, work: Work, video_id: uuid.UUID, edit_id: uuid.UUID) -> EditRead:
    """One of them; raises NotFound."""
    video = await _own(work, video_id)
    return await _one(work, app, video.id, edit_id)


async def cancel(app: App, work: Work, video_id: uuid.UUID, edit_id: uuid.UUID) -> EditRead:
    """Give up an edit that is not shown yet; whoever is at it notices within seconds."""
    video, row = await _held(work, video_id, edit_id)
    source = await sources.pending(work.db, video.id)
    if source is None or source.asset_id != row.asset_id:
        raise EditIsOver
    await media.edits.cancel(work, edit_id)
    await replacing.give_way(work, video, source)
    return await _one(work, app, video.id, edit_id)


async def revert(app: App, work: Work, video_id: uuid.UUID, edit_id: uuid.UUID) -> EditRead:
    """Show what was shown before an edit, at once: it is kept as it was."""
    video, row = await _held(work, video_id, edit_id)
    if await sources.pending(work.db, video.id) is not None:
        raise EditGoesOn
    former = await sources.retired(work.db, video.id, row.source_asset_id)
    if row.asset_id != video.asset_id or former is None:
        raise NothingToUndo
    await media.edits.revert(work, edit_id)
    await replacing.show_again(work, video, former)
    return await _one(work, app, video.id, edit_id)


def kept_for(policy_text: str) -> timedelta | None:
    """How long the file before an edit is kept, as the operator says it; None for always."""
    return None if policy_text == ALWAYS else timedelta(days=int(policy_text.removesuffix("d")))


async def _own(work: Work, video_id: uuid.UUID, *, hold: Hold = Hold.NOT) -> Video:
    video = await visible(work, video_id, hold=hold)
    await rights.demand(work, video)
    return video


async def _held(work: Work, video_id: uuid.UUID, edit_id: uuid.UUID) -> tuple[Video, Any]:
    video = await _own(work, video_id, hold=Hold.CHANGE)
    row = await queries.one(work.db, video.id, edit_id)
    if row is None:
        raise NotFound
    return video, row


async def _wish(work: Work, video: Video, operations: Sequence[EditOperation]) -> Wish:
    inputs, steps = [video.asset_id], list[Step]()
    mark, mark_upload, sound, sound_upload = None, None, Sound.KEPT, None
    for each in operations:
        match each.kind:
            case OperationKind.TRIM:
                steps.append(Trim(each.start_ms or 0, each.end_ms if each.end_ms is not None else 2**53))
            case OperationKind.CUT:
                steps.append(Cut(tuple((part.start_ms, part.end_ms) for part in each.ranges or ())))
            case OperationKind.CONCAT:
                first = len(inputs)
                inputs += [await _asset_of(work, video.account_id, other) for other in each.video_ids or ()]
                steps.append(Concat(tuple(range(first, len(inputs))), bool(each.before)))
            case OperationKind.WATERMARK:
                mark_upload = each.upload_id
                mark = Mark(each.position or Place.BOTTOM_RIGHT, _or(each.opacity, 1.0), _or(each.size, 0.2))
            case OperationKind.REPLACE_AUDIO:
                sound, sound_upload = Sound.REPLACED, each.upload_id
            case OperationKind.MUTE:
                sound = Sound.MUTED
    kept = [each.model_dump(mode="json", exclude_none=True) for each in operations]
    return Wish(kept, tuple(inputs), tuple(steps), mark, mark_upload, sound, sound_upload)


async def _asset_of(work: Work, owner_id: uuid.UUID, video_id: uuid.UUID) -> uuid.UUID:
    """The file of another video of the same account's."""
    other = await _own(work, video_id)
    if other.account_id != owner_id:
        raise NotYourVideo
    if other.state != VideoState.READY:
        raise NotReadyForEditing
    return other.asset_id


def _or(value: float | None, usual: float) -> float:
    return usual if value is None else value


async def _one(work: Work, app: App, video_id: uuid.UUID, edit_id: uuid.UUID) -> EditRead:
    await work.db.flush()
    row = await queries.one(work.db, video_id, edit_id)
    if row is None:
        raise NotFound
    return _read(app, video_id, row)


def _read(app: App, video_id: uuid.UUID, row: Any) -> EditRead:
    is_made = row.state == "made"
    state = EditProgress(row.state) if not is_made else _SHOWN[SourceState(row.shown)]
    if row.reverted_at is not None:
        state = EditProgress.REVERTED
    failed = state is EditProgress.FAILED
    can_revert = state is EditProgress.APPLIED and row.replaced_at is not None
    kept = kept_for(app.settings.media.keep_unedited)
    return EditRead(
        id=row.id,
        video_id=video_id,
        upload_id=row.upload_id,
        state=state,
        progress=_progress(row, state),
        seconds_left=row.seconds_left if state is EditProgress.PROCESSING else None,
        operations=[EditOperationRead.model_validate(_whole(each)) for each in row.operations],
        duration_ms=row.duration_ms,
        failure_code=(row.failure_code or row.shown_failure_code) if failed else None,
        failure_detail=(row.failure_detail or row.shown_failure_detail) if failed else None,
        can_revert=can_revert,
        revert_until=row.replaced_at + kept if can_revert and kept is not None else None,
        created_at=row.created_at,
        made_at=row.made_at,
        shown_at=row.shown_at,
        reverted_at=row.reverted_at,
    )


def _whole(operation: dict[str, Any]) -> dict[str, Any]:
    return {**dict.fromkeys(EditOperationRead.model_fields), **operation}


def _progress(row: Any, state: EditProgress) -> float:
    """Of the making and of what is made of it then, half each."""
    if state in {EditProgress.APPLIED, EditProgress.REPLACED, EditProgress.REVERTED}:
        return 1.0
    made = row.progress / 200
    return float(round(made + (row.asset_progress or 0) / 200, 3))
