"""What may be uploaded."""

import unicodedata
import uuid
from dataclasses import dataclass

from socialflow.domains.accounts.errors import NotPermitted
from socialflow.domains.media.errors import (
    EmptyUpload,
    InvalidFilename,
    TooManyUploads,
    TypeNotAccepted,
    UnknownPurpose,
    UploadsNotAllowed,
    UploadTooLarge,
)
from socialflow.domains.media.models import Purpose, UploadKind
from socialflow.kernel.config import MediaSettings
from socialflow.kernel.work import Actor

PICTURES = frozenset(
    {
        Purpose.AVATAR,
        Purpose.BANNER,
        Purpose.POSTER,
        Purpose.PHOTO,
        Purpose.COMMENT_PHOTO,
        Purpose.EMOJI,
        Purpose.WATERMARK,
    }
)
UNSEEN = PICTURES - {Purpose.AVATAR, Purpose.BANNER}
"""Pictures that are served to nobody by themselves."""
AVATAR_BYTES = 10 * 1024**2
AVATAR_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")
VIDEO_TYPES = ("video/*", "audio/*", "application/octet-stream", "application/ogg", "application/mxf")
LONGEST_FILENAME = 255
LONGEST_FILETYPE = 100
MOST_OPEN_UPLOADS = 100
MOST_PARTS = MOST_OPEN_UPLOADS
"""Parts are open uploads until they are joined."""
# Control, format (bidirectional overrides among them), surrogate and private characters.
_UNSEEN = {"Cc", "Cf", "Cs", "Co"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An upload that somebody would like to start; `sha256`, in hexadecimal, is what they say of the whole file.

    The length of one that is joined of `parts` follows from them.
    """

    length: int
    filename: str = ""
    filetype: str = ""
    purpose: str = Purpose.VIDEO
    client_metadata: str = ""
    sha256: str | None = None
    kind: UploadKind = UploadKind.WHOLE
    parts: tuple[uuid.UUID, ...] = ()


def may_upload(actor: Actor) -> None:
    """The role of who asks lets them upload."""
    if not actor.may("may_upload"):
        raise UploadsNotAllowed


def may_manage_jobs(actor: Actor) -> None:
    """Staff who look after what is made of everybody's uploads."""
    if not actor.may("jobs:manage"):
        raise NotPermitted(extra={"missing_permission": "jobs:manage"})


def quota_of(actor: Actor, settings: MediaSettings) -> int:
    """Bytes that somebody may keep: as their role says, else as everybody."""
    return settings.quota_bytes if actor.quota_bytes is None else actor.quota_bytes


def may_start(wanted: Wanted, settings: MediaSettings) -> None:
    """Refuse what could never become an asset; what a file really is will be seen from its bytes."""
    if wanted.purpose not in set(Purpose):
        raise UnknownPurpose
    if wanted.length == 0:
        raise EmptyUpload
    most = AVATAR_BYTES if wanted.purpose in PICTURES else settings.max_upload_bytes
    if wanted.length > most:
        raise UploadTooLarge(extra={"max_bytes": most})
    if not _accepted(wanted):
        raise TypeNotAccepted


def may_open_another(count: int) -> None:
    """Bound what is unfinished."""
    if count >= MOST_OPEN_UPLOADS:
        raise TooManyUploads(retry_after=60)


def may_import_another(count: int, most: int) -> None:
    """Bound what is fetched for one account at once."""
    if count >= most:
        raise TooManyUploads(retry_after=60)


def shown_name(filename: str) -> str:
    """A file's own name without folders and without what cannot be seen; for display and nothing else."""
    if len(filename) > LONGEST_FILENAME or "\x00" in filename:
        raise InvalidFilename
    own = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in own if unicodedata.category(letter) not in _UNSEEN).strip()


def _accepted(wanted: Wanted) -> bool:
    declared = wanted.filetype.partition(";")[0].strip().lower()
    if len(declared) > LONGEST_FILETYPE:
        return False
    if not declared:
        return True
    if wanted.purpose in PICTURES:
        return declared in AVATAR_TYPES
    return declared in VIDEO_TYPES or declared.startswith(("video/", "audio/"))
