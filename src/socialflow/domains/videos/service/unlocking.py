"""Videos for whoever knows a password: it is asked for once, and remembered by what only we can sign.

A grant is a video, the edition of its password and a time, and a signature. It is nobody's in particular: whoever
has it could have been told the password as well. Another password has another edition, and ends it.
"""

import struct
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialflow.domains.accounts.service import Passwords
from socialflow.domains.videos import queries
from socialflow.domains.videos.errors import WrongVideoPassword
from socialflow.kernel import crypto
from socialflow.kernel.crypto import BadSignature, Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import App, Work

PURPOSE = "video grant"
GOOD_FOR = timedelta(hours=12)
MOST_GRANTS = 10
# A video, the edition of its password, and the second in which the grant runs out.
_BODY = struct.Struct(">16sIQ")


@dataclass(frozen=True, slots=True)
class Locked:
    """A video that a password opens: what it was hashed to, and its edition."""

    video_id: uuid.UUID
    password_hash: str
    edition: int


async def locked(work: Work, video_id: uuid.UUID) -> Locked:
    """What a password has to fit; raises NotFound where none would open the video to the actor."""
    row = await queries.lock_of(work, video_id)
    if row is None:
        raise NotFound
    return Locked(video_id, row.password_hash, row.password_edition)


async def unlock(app: App, wanted: Locked, password: str) -> tuple[str, datetime]:
    """A grant for who knows the password, and until when it is good; raises WrongVideoPassword."""
    if not await app.port(Passwords).verify(password, wanted.password_hash):
        raise WrongVideoPassword
    until = app.clock() + GOOD_FOR
    body = _BODY.pack(wanted.video_id.bytes, wanted.edition, int(until.timestamp()))
    return crypto.to_text(app.keys.sign(PURPOSE, body) + body), until


def read_grants(keys: Keys, given: str, now: datetime) -> frozenset[str]:
    """What a caller has unlocked, as the rule of visibility compares it: grants by comma, those no good left out."""
    found = (_read(keys, grant.strip(), now) for grant in given.split(",")[:MOST_GRANTS])
    return frozenset(grant for grant in found if grant is not None)


def _read(keys: Keys, grant: str, now: datetime) -> str | None:
    try:
        raw = crypto.from_text(grant) if len(grant) < 100 else b""
        body = raw[-_BODY.size :]
        keys.verify(PURPOSE, body, raw[: -_BODY.size])
        video, edition, until = _BODY.unpack(body)
    except (BadSignature, ValueError, struct.error):
        return None
    return f"{uuid.UUID(bytes=video)}:{edition}" if until > now.timestamp() else None
