"""Text tracks: what one can do with them. Their files follow a moment later, made of what is written here."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError

from socialflow.domains.media.errors import NoFileYet, TooManyCaptions
from socialflow.domains.media.events import CaptionsChanged
from socialflow.domains.media.models import Asset, AssetState, CaptionKind, Captions
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import captions as queries
from socialflow.domains.media.service.cues import Cue, tidy
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

MOST_TRACKS = 50


@dataclass(frozen=True, slots=True)
class Wished:
    """What is wished of a track beside its cues; None leaves it as it is, or takes what is usual."""

    label: str | None = None
    kind: CaptionKind | None = None
    is_default: bool | None = None
    automatic: bool = False


async def tracks(work: Work, asset_id: uuid.UUID) -> Sequence[Captions]:
    """The tracks of an asset, without their cues."""
    return await queries.of_asset(work.db, asset_id)


async def track(work: Work, asset_id: uuid.UUID, language: str) -> Captions:
    """One track with its cues; raises NotFound."""
    found = await queries.one(work.db, asset_id, tag_of(language))
    if found is None:
        raise NotFound
    return found


async def held(work: Work, asset_id: uuid.UUID, language: str) -> Captions:
    """One track, held against other changes until the transaction ends; raises NotFound."""
    await _hold(work, asset_id)
    return await track(work, asset_id, language)


async def put(work: Work, asset_id: uuid.UUID, language: str, cues: Sequence[Cue], wished: Wished) -> Captions:
    """Give an asset captions in a language, or replace them; the caller has asked whether the actor may."""
    await _hold(work, asset_id)
    language = tag_of(language)
    found = await queries.one(work.db, asset_id, language)
    if found is None:
        if await queries.count(work.db, asset_id) >= MOST_TRACKS:
            raise TooManyCaptions
        found = Captions(
            asset_id=asset_id,
            language=language,
            kind=CaptionKind.CAPTIONS,
            label=name_of(language),
            is_default=False,
            edition=0,
            created_at=work.now,
        )
    rows = [cue.row() for cue in tidy(cues)]
    found.cues, found.cue_count, found.automatic = rows, len(rows), wished.automatic
    await _wish(work, found, wished)
    return found


async def change(work: Work, asset_id: uuid.UUID, language: str, wished: Wished) -> Captions:
    """Change what a track is called, what it is, and whether it is shown by itself."""
    await _hold(work, asset_id)
    found = await track(work, asset_id, language)
    await _wish(work, found, wished)
    return found


async def remove(work: Work, asset_id: uuid.UUID, language: str) -> None:
    """Take a track away; raises NotFound."""
    await _hold(work, asset_id)
    await work.db.delete(await track(work, asset_id, language))
    work.emit(CaptionsChanged(asset_id=asset_id))


def tag_of(language: str) -> str:
    """A language tag in its usual case (RFC 5646, 2.1.1): `pt-br` is `pt-BR`."""
    first, *rest = language.split("-")
    cased = [part.title() if len(part) == 4 else part.upper() if len(part) == 2 else part.lower() for part in rest]
    return "-".join([first.lower(), *cased])


def name_of(language: str) -> str:
    """What a language is called by those who speak it; its tag where that is not known."""
    try:
        name = Locale.parse(language, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name[:1].upper()}{name[1:]}" if name else language


async def _hold(work: Work, asset_id: uuid.UUID) -> Asset:
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None or asset.state == AssetState.FAILED:
        raise NoFileYet
    return asset


async def _wish(work: Work, found: Captions, wished: Wished) -> None:
    if wished.is_default and not found.is_default:
        await queries.prefer_none(work.db, found.asset_id)
    found.label = wished.label or found.label
    found.kind = wished.kind or found.kind
    found.is_default = found.is_default if wished.is_default is None else wished.is_default
    found.edition += 1
    found.updated_at = work.now
    work.db.add(found)
    await work.db.flush()
    work.emit(CaptionsChanged(asset_id=found.asset_id))
