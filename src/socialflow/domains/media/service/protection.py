"""Streams that are enciphered: what is wanted, which key is in force, and who is given it.

A key is made for each asset and each time that its streams are written, and is sealed in the vault. Whoever may have
the files may have the key, by the same signature; what it keeps off is everybody who gets at files alone.
"""

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from socialflow.domains.media.errors import NoFileYet, NotProtected, ProtectionGoesOn
from socialflow.domains.media.events import AssetDressed, AssetWithdrawn, CaptionsChanged
from socialflow.domains.media.models import Asset, AssetKey, AssetState
from socialflow.domains.media.queries import assets as asset_queries
from socialflow.domains.media.queries import edits as edit_queries
from socialflow.domains.media.queries import protection as queries
from socialflow.domains.media.queries.assets import FINISHED
from socialflow.domains.media.schemas import ProtectionState
from socialflow.domains.media.service import assets, delivery, enciphering, transcodes
from socialflow.domains.media.service.assets import KEEP_SUPERSEDED, STAGED, KeptFile
from socialflow.kernel import crypto, vault
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.vault import Place
from socialflow.kernel.work import SYSTEM, App, Work
from socialflow.ports.encoder import Rendition
from socialflow.ports.packaging import Protection, Shield

KEY_BYTES = 16
KEEP_KEYS = timedelta(days=1)
"""Of keys that have ended, and twice the length of the film: longer than any file under them is served."""
LEAST_GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Shielded:
    """Streams that are in the store, written anew; `taken` are the objects they were written from, by name.

    `was_ready`: of an asset that was ready then, and not of one that was about to be.
    """

    was_ready: bool
    shield: Shield | None
    renditions: Sequence[Rendition]
    files: Sequence[KeptFile]
    taken: dict[str, str] = field(default_factory=dict)


class OutOfStep(Exception):
    """What was wanted, or what there was, has changed meanwhile; another attempt begins anew."""


async def want(work: Work, asset_id: uuid.UUID, protection: Protection) -> None:
    """Have an asset's streams enciphered so; raises NoFileYet or ProtectionGoesOn.

    One that is being processed is shown so from the beginning, one that is ready a while later.
    """
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None:
        raise NoFileYet
    if (asset.protection or Protection.NONE) == protection and not enciphering.has_failed(asset):
        asset.protection = protection
        return
    if enciphering.is_working(asset):
        raise ProtectionGoesOn
    is_held = enciphering.is_held(asset)
    asset.protection = protection
    if asset.state == AssetState.READY:
        await enciphering.begin(work, asset)
        return
    asset.extras = enciphering.without(asset, enciphering.PROTECTING)
    if is_held and protection is Protection.NONE and await queries.has_staged(work.db, asset_id, STAGED):
        # Some of it has no names that can be asked for: all of it gets them at once, as if it were enciphered.
        asset.extras = {**asset.extras, enciphering.HELD: True}


async def follow(work: Work, former_id: uuid.UUID, asset_id: uuid.UUID) -> None:
    """Have what is to be shown instead of an asset enciphered as that is, before anything of it is shown."""
    wanted = (await queries.wanted_of(work.db, [former_id])).get(former_id)
    if wanted not in {None, Protection.NONE}:
        await want(work, asset_id, Protection(wanted))


async def at_first(work: Work, asset_id: uuid.UUID, usual: str) -> str:
    """How a new asset is enciphered: as the site says; an edit as what it is made of where that is enciphered.

    So nothing of a protected film is ever served in the clear.
    """
    inputs = await edit_queries.inputs_of(work.db, asset_id)
    found = await queries.wanted_of(work.db, inputs)
    held = (found[each] for each in inputs if found.get(each) not in {None, Protection.NONE})
    return next(held, None) or usual


async def replace_key(work: Work, asset_id: uuid.UUID) -> None:
    """Have an asset's streams written under another key; raises NotProtected or ProtectionGoesOn."""
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None or asset.state != AssetState.READY or not enciphering.is_protected(asset):
        raise NotProtected
    if enciphering.is_working(asset):
        raise ProtectionGoesOn
    await enciphering.begin(work, asset)


async def standing(work: Work, asset_id: uuid.UUID) -> dict[str, Any]:
    """What is wanted, and what is in force."""
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None:
        raise NoFileYet
    key = await queries.in_force(work.db, asset_id)
    wanted = Protection(asset.protection or Protection.NONE)
    in_force = Protection(key.protection) if key else Protection.NONE
    pending = asset.state not in FINISHED and wanted != in_force
    state = ProtectionState.WORKING if pending or enciphering.is_working(asset) else ProtectionState.DONE
    return {
        "protection": wanted,
        "in_force": in_force,
        "state": ProtectionState.FAILED if enciphering.has_failed(asset) else state,
        "key_id": key.id.hex if key else None,
        "key_since": key.created_at if key else None,
    }


def new_shield(protection: Protection) -> Shield | None:
    """A key that nothing was enciphered with yet; none where nothing is to be."""
    if protection is Protection.NONE:
        return None
    return Shield(protection, uuid.uuid4(), os.urandom(KEY_BYTES), os.urandom(KEY_BYTES))


def shield_of(keys: Keys, row: AssetKey) -> Shield:
    """A key as it is kept."""
    secret = vault.unseal(keys, _place(row.id), row.secret)
    return Shield(Protection(row.protection), row.id, secret[:KEY_BYTES], secret[KEY_BYTES:])


async def put_on(app: App, work: Work, asset: Asset, made: Shielded) -> None:
    """Serve streams as they were written anew, instead of what there was; the caller holds the asset."""
    if made.was_ready != (asset.state == AssetState.READY):
        # It is being made anew meanwhile: whoever ends that has all of it written.
        raise OutOfStep
    files = (await queries.streams(work.db, asset.id))[1]
    if any(name not in files or files[name].key != key for name, key in made.taken.items()):
        raise OutOfStep
    if Protection(asset.protection or Protection.NONE) != _protection_of(made.shield):
        raise OutOfStep
    fresh = {kept.file.name for kept in made.files}
    grace = max(LEAST_GRACE, 2 * timedelta(milliseconds=asset.duration_ms or 0))
    media = [name for name in made.taken if name.endswith(".mp4") and not name.startswith(STAGED)]
    await asset_queries.keep_until(
        work.db, asset.id, [name for name in media if name not in fresh], until=work.now + grace
    )
    gone = [
        name
        for name, file in files.items()
        if _is_streams(name) and name not in fresh and (name.startswith(STAGED) or not file.expires_at)
    ]
    for name in set(gone) - set(media):
        await asset_queries.end_file(work.db, asset.id, name, until=work.now + KEEP_SUPERSEDED)
    for kept in made.files:
        row = assets.file_row(work, asset.id, kept.file.name, kept)
        await asset_queries.put_file(work.db, row, until=work.now + grace)
    await _offer(work, asset, made)
    await _put_key(app, work, asset, made.shield)
    _tell(work, asset)
    if asset.state != AssetState.READY:
        assets.complete(work, asset)
        await transcodes.end(work, asset.id)


async def _offer(work: Work, asset: Asset, made: Shielded) -> None:
    """Offer these renditions and no others; what was measured of them stays true."""
    figures = {each.name: each.figures for each in (await queries.streams(work.db, asset.id))[0]}
    for rendition in made.renditions:
        row = assets.rendition_row(work, asset.id, rendition)
        await asset_queries.put_rendition(work.db, row | {"figures": figures.get(rendition.name, {})})
    await queries.offer_only(work.db, asset.id, [rendition.name for rendition in made.renditions])


async def give_up(work: Work, asset_id: uuid.UUID) -> bool:
    """Streams could not be written anew: what is ready stays as it is. False where it is not ready."""
    asset = await asset_queries.locked(work.db, asset_id)
    if asset is None or asset.state != AssetState.READY:
        return asset is None
    asset.extras = {**asset.extras, enciphering.PROTECTING: enciphering.FAILED}
    asset.updated_at = work.now
    return True


async def key_of(app: App, asset_id: uuid.UUID, key_id: uuid.UUID) -> bytes:
    """A key that is in use; raises NotFound. The caller has looked whether it may be given."""
    for shield in await _usable(app, asset_id):
        if shield.key_id == key_id:
            return shield.key
    raise NotFound


async def licence(app: App, asset_id: uuid.UUID, wanted: Sequence[str]) -> dict[str, Any]:
    """Keys in the form of Encrypted Media Extensions, 9.1.4: those that are asked for by number, and are in use."""
    found = [shield for shield in await _usable(app, asset_id) if shield.protection is Protection.CLEARKEY]
    keys = [
        {"kty": "oct", "kid": crypto.to_text(shield.key_id.bytes), "k": crypto.to_text(shield.key)}
        for shield in found
        if crypto.to_text(shield.key_id.bytes) in wanted
    ]
    if not keys:
        raise NotFound
    return {"keys": keys, "type": "temporary"}


async def _usable(app: App, asset_id: uuid.UUID) -> list[Shield]:
    async with app.work(SYSTEM) as work:
        rows = await queries.usable(work.db, asset_id, work.now - KEEP_KEYS)
    return [shield_of(app.keys, row) for row in rows]


async def _put_key(app: App, work: Work, asset: Asset, shield: Shield | None) -> None:
    former = await queries.in_force(work.db, asset.id)
    if former is not None:
        former.ended_at = work.now
        await work.db.flush()
    extras = enciphering.without(asset, enciphering.PROTECTING, enciphering.SHIELD, enciphering.HELD)
    if shield is not None:
        secret = vault.seal(app.keys, _place(shield.key_id), shield.key + shield.iv)
        work.db.add(
            AssetKey(
                id=shield.key_id,
                asset_id=asset.id,
                protection=shield.protection,
                secret=secret,
                created_at=work.now,
            )
        )
        extras[enciphering.SHIELD] = {"protection": shield.protection.value, "key_id": shield.key_id.hex}
    asset.extras = extras


def _tell(work: Work, asset: Asset) -> None:
    asset.version += 1
    asset.updated_at = work.now
    # What is listed in manifests is listed in the new ones, too.
    work.emit(CaptionsChanged(asset_id=asset.id))
    work.emit(AssetWithdrawn(asset_id=asset.id))
    work.emit(AssetDressed(asset_id=asset.id))
    delivery.shelves.forget(asset.id)


def _is_streams(name: str) -> bool:
    """Whether a file is of streams: not of what is dressed beside them, nor one that has been superseded."""
    if name.startswith(STAGED):
        return True
    beside = name.startswith(("captions-", "preview", "get/", "old/"))
    return name.endswith(assets.STREAMS) and not beside


def _protection_of(shield: Shield | None) -> Protection:
    return shield.protection if shield else Protection.NONE


def _place(key_id: uuid.UUID) -> Place:
    return Place("asset_keys", "secret", str(key_id))


def shown(key_id: str) -> uuid.UUID:
    """A key's number out of an address; raises NotFound."""
    try:
        return uuid.UUID(hex=key_id)
    except ValueError:
        raise NotFound from None
