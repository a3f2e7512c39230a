"""What people have saved: by the page, and the statements by which that changes."""

import uuid

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from socialflow.domains.posts.models import VISIBLE as POST_VISIBLE
from socialflow.domains.shelves.models import Save, SaveKind
from socialflow.domains.videos.models import CARD_COLUMNS, CARD_TABLES
from socialflow.domains.videos.models import VISIBLE as VIDEO_VISIBLE
from socialflow.kernel.reads import Read
from socialflow.kernel.work import Work

_SEEN = f"CASE saves.kind WHEN 'video' THEN {VIDEO_VISIBLE} ELSE {POST_VISIBLE} END"


def _page(kind: str) -> Read:
    # What cannot be seen any more is left out, and is there again when it can be.
    lines = [
        "SELECT saves.id AS place, saves.kind, saves.subject_id, saves.created_at AS saved_at FROM saves",
        "LEFT JOIN videos ON saves.kind = 'video' AND videos.id = saves.subject_id",
        "LEFT JOIN posts ON saves.kind = 'post' AND posts.id = saves.subject_id",
        "WHERE saves.account_id = :viewer AND saves.id < :before",
        kind,
        f"AND {_SEEN} ORDER BY saves.id DESC LIMIT CAST(:limit AS int)",
    ]
    return Read(" ".join(lines))


ALL, OF_KIND = _page(""), _page("AND saves.kind = :kind")
VIDEOS = Read(f"""
    SELECT {CARD_COLUMNS} FROM videos {CARD_TABLES}
    WHERE videos.id = ANY(CAST(:ids AS uuid[])) AND {VIDEO_VISIBLE}
""")  # noqa: S608  # constants, joined at import


async def add(work: Work, kind: SaveKind, subject_id: uuid.UUID) -> bool:
    """Save something for the actor; whether that is new."""
    made = insert(Save).values(account_id=work.actor.id, subject_id=subject_id, kind=kind, created_at=work.now)
    return (await work.db.execute(made.on_conflict_do_nothing().returning(Save.id))).first() is not None


async def remove(work: Work, subject_id: uuid.UUID) -> bool:
    """Take it back; whether there was something to take back."""
    gone = delete(Save).where(Save.account_id == work.actor.id, Save.subject_id == subject_id)
    return (await work.db.execute(gone.returning(Save.id))).first() is not None


async def count(work: Work) -> int:
    """How much the actor has saved."""
    return await work.db.scalar(select(func.count()).select_from(Save).where(Save.account_id == work.actor.id)) or 0


_FORGET = text("""
    DELETE FROM saves WHERE ctid = ANY(ARRAY(SELECT ctid FROM saves WHERE subject_id = :subject_id LIMIT :most))
""")


async def forget(db: AsyncSession, subject_id: uuid.UUID, most: int) -> int:
    """Forget some of who has saved something that is gone; returns how many."""
    gone = await db.execute(_FORGET, {"subject_id": subject_id, "most": most})
    count: int = gone.rowcount  # type: ignore[attr-defined]  # a DELETE's result has one
    return count
