"""Questions about assets and their files, and the statements by which these change."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.media.models import Asset, AssetFile, AssetState, Purpose, Rendition

FINISHED = (AssetState.READY, AssetState.FAILED)
EXPIRED_BATCH = SPARE_BATCH = 200
# Where objects are that stand beside the streams; whoever made those tidies up their own folder, and no other.
BESIDE = "beside/"
GLIMPSED, GLIMPSED_BATCH = "glimpsed", 200
"""The extra that says that a look has been taken, whatever came of it."""


class FileRow(NamedTuple):
    """A file's public name and its object."""

    name: str
    key: str


class ExpiredRow(NamedTuple):
    """A superseded file whose time is over."""

    asset_id: uuid.UUID
    name: str
    key: str


class Earlier(NamedTuple):
    """The asset that the same bytes became before."""

    asset_id: uuid.UUID
    upload_id: uuid.UUID | None
    filename: str | None
    created_at: datetime


_locked = select(Asset).where(Asset.id == bindparam("id")).with_for_update()
_files = select(AssetFile.name, AssetFile.key).where(AssetFile.asset_id == bindparam("asset_id"))
_known_keys = select(AssetFile.key).where(AssetFile.key.in_(bindparam("keys", expanding=True)))
_unfinished = select(Asset.id).where(
    Asset.id.in_(bindparam("ids", expanding=True)), Asset.state.not_in([str(state) for state in FINISHED])
)
_expired = (
    select(AssetFile.asset_id, AssetFile.name, AssetFile.key)
    .where(AssetFile.expires_at < bindparam("now"))
    .order_by(AssetFile.expires_at)
    .limit(EXPIRED_BATCH)
)
# A name's former object stays a while under a name that cannot be asked for: someone may be about to read it.
_RETIRE = text("""
    INSERT INTO asset_files (asset_id, name, key, content_type, size, sha256, created_at, expires_at)
    SELECT asset_id, 'old/' || left(sha256, 16) || '/' || name, key, content_type, size, sha256, created_at, :until
    FROM asset_files WHERE asset_id = :asset_id AND name = :name AND key <> :key
    ON CONFLICT (asset_id, name) DO UPDATE SET expires_at = excluded.expires_at
    RETURNING name
""")


async def locked(db: AsyncSession, asset_id: uuid.UUID) -> Asset | None:
    """An asset, held against others until the transaction ends."""
    return (await db.scalars(_locked, {"id": asset_id})).one_or_none()


async def earlier(db: AsyncSession, account_id: uuid.UUID, asset_id: uuid.UUID, sha256: str) -> Earlier | None:
    """The earliest asset of this account, and of nobody else, that was made of the same bytes before this one."""
    same = select(Asset.id, Asset.upload_id, Asset.source_name, Asset.created_at).where(
        Asset.account_id == account_id,
        Asset.sha256 == sha256,
        Asset.purpose == Purpose.VIDEO,
        Asset.state != AssetState.FAILED,
        Asset.id < asset_id,
    )
    row = (await db.execute(same.order_by(Asset.id).limit(1))).one_or_none()
    return Earlier(*row) if row else None


async def thumbhash(db: AsyncSession, asset_id: uuid.UUID) -> str | None:
    """What an asset looks like from far away."""
    return await db.scalar(select(Asset.thumbhash).where(Asset.id == asset_id))


async def state_of(db: AsyncSession, asset_id: uuid.UUID) -> str | None:
    """Where an asset stands; None for one that is gone."""
    return await db.scalar(select(Asset.state).where(Asset.id == asset_id))


async def files(db: AsyncSession, asset_id: uuid.UUID) -> list[FileRow]:
    """Every file of an asset, superseded ones too."""
    return [FileRow(*row) for row in await db.execute(_files, {"asset_id": asset_id})]


async def put_file(db: AsyncSession, row: dict[str, Any], *, until: datetime) -> bool:
    """Make a file the one of its name; what had the name before is kept until a time. Whether something had."""
    retired = await db.execute(
        _RETIRE, {"asset_id": row["asset_id"], "name": row["name"], "key": row["key"], "until": until}
    )
    statement = insert(AssetFile).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in {"asset_id", "name"}}
    await db.execute(statement.on_conflict_do_update(index_elements=["asset_id", "name"], set_=changed))
    return retired.one_or_none() is not None


async def put_rendition(db: AsyncSession, row: dict[str, Any]) -> None:
    """Write down a rendition."""
    statement = insert(Rendition).values(**row)
    changed = {name: statement.excluded[name] for name in row if name not in {"asset_id", "name"}}
    await db.execute(statement.on_conflict_do_update(index_elements=["asset_id", "name"], set_=changed))


async def retire(
    db: AsyncSession, asset_id: uuid.UUID, rendition: str, names: Sequence[str], *, until: datetime
) -> None:
    """Offer a rendition no more; its files are served until a time."""
    await db.execute(delete(Rendition).where(Rendition.asset_id == asset_id, Rendition.name == rendition))
    its_files = update(AssetFile).where(AssetFile.asset_id == asset_id, AssetFile.name.in_(names))
    await db.execute(its_files.values(expires_at=until))


async def forget_made(db: AsyncSession, asset_id: uuid.UUID, *, but: str | None = None) -> list[str]:
    """Forget all renditions and files of an asset, but for files whose objects are in a folder; the objects' keys."""
    await db.execute(delete(Rendition).where(Rendition.asset_id == asset_id))
    files = delete(AssetFile).where(AssetFile.asset_id == asset_id)
    if but is not None:
        files = files.where(AssetFile.key.not_like(f"{but}%"))
    return list(await db.scalars(files.returning(AssetFile.key)))


async def expired_files(db: AsyncSession, now: datetime) -> list[ExpiredRow]:
    """Superseded files whose time is over, some at a time."""
    return [ExpiredRow(*row) for row in await db.execute(_expired, {"now": now})]


async def forget_files(db: AsyncSession, rows: Sequence[ExpiredRow]) -> None:
    """Forget files one by one."""
    for row in rows:
        await db.execute(delete(AssetFile).where(AssetFile.asset_id == row.asset_id, AssetFile.name == row.name))


async def unknown_file_keys(db: AsyncSession, keys: Iterable[str]) -> set[str]:
    """Which of these objects no file names."""
    wanted = set(keys)
    return wanted - set(await db.scalars(_known_keys, {"keys": list(wanted)}))


async def unfinished(db: AsyncSession, asset_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these assets exist and are still to be processed."""
    return set(await db.scalars(_unfinished, {"ids": list(asset_ids)}))


async def forget_named(db: AsyncSession, asset_id: uuid.UUID, names: Sequence[str]) -> None:
    """Forget files of an asset by their names."""
    await db.execute(delete(AssetFile).where(AssetFile.asset_id == asset_id, AssetFile.name.in_(names)))


async def forget_staged(db: AsyncSession, asset_id: uuid.UUID, prefix: str) -> None:
    """Forget files of an asset whose names begin so."""
    await db.execute(delete(AssetFile).where(AssetFile.asset_id == asset_id, AssetFile.name.startswith(prefix)))


async def keep_until(db: AsyncSession, asset_id: uuid.UUID, names: Sequence[str], *, until: datetime) -> None:
    """Serve files for a while yet, and then no more."""
    its = update(AssetFile).where(AssetFile.asset_id == asset_id, AssetFile.name.in_(names))
    await db.execute(its.values(expires_at=until))


async def end_file(db: AsyncSession, asset_id: uuid.UUID, name: str, *, until: datetime) -> None:
    """Serve a file no more; its object stays until a time, for who is about to read it."""
    await db.execute(_RETIRE, {"asset_id": asset_id, "name": name, "key": "", "until": until})
    await db.execute(delete(AssetFile).where(AssetFile.asset_id == asset_id, AssetFile.name == name))


async def give_file(db: AsyncSession, giver: uuid.UUID, heir: uuid.UUID, name: str, *, until: datetime) -> bool:
    """Make a file of one asset another's, with its object; whether there was one. What that had before is ended."""
    its = (AssetFile.asset_id == giver, AssetFile.name == name)
    if await db.scalar(select(AssetFile.name).where(*its)) is None:
        return False
    await end_file(db, heir, name, until=until)
    await db.execute(update(AssetFile).where(*its).values(asset_id=heir))
    return True


async def digest_of(db: AsyncSession, asset_id: uuid.UUID, name: str) -> str | None:
    """The digest of a file that is served; None where there is no such file."""
    found = select(AssetFile.sha256).where(AssetFile.asset_id == asset_id, AssetFile.name == name)
    return await db.scalar(found)


async def waiting_for(db: AsyncSession, account_id: uuid.UUID, picture_id: uuid.UUID) -> Asset | None:
    """The asset of an account whose poster is to be a picture, held until the transaction ends."""
    found = select(Asset).where(
        Asset.account_id == account_id, Asset.extras["chosen"]["upload"].astext == str(picture_id)
    )
    return (await db.scalars(found.with_for_update().limit(1))).one_or_none()


async def spare_pictures(db: AsyncSession, before: datetime) -> list[uuid.UUID]:
    """Some pictures that were to be posters, and have been left alone since a time: one that is taken goes at once."""
    found = select(Asset.id).where(Asset.purpose == Purpose.POSTER, Asset.updated_at < before)
    return list(await db.scalars(found.order_by(Asset.id).limit(SPARE_BATCH)))


async def without_glimpses(db: AsyncSession, before: datetime) -> list[tuple[uuid.UUID, bool]]:
    """Some videos that have been ready for a while and have not been looked at, and whether they have a picture."""
    found = select(Asset.id, Asset.has_video).where(
        Asset.state == AssetState.READY,
        Asset.purpose == Purpose.VIDEO,
        Asset.extras[GLIMPSED].is_(None),
        Asset.updated_at < before,
    )
    return [(row.id, bool(row.has_video)) for row in await db.execute(found.limit(GLIMPSED_BATCH))]
