"""What is kept of a person, exports and the end of an account, as their owners see them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from socialflow.domains.accounts.models import AccountState, ExportState
from socialflow.kernel.ids import ExportId
from socialflow.kernel.pages import Page
from socialflow.kernel.personal import Level
from socialflow.kernel.schemas import Body, Read


class ExportRead(Read):
    """An archive of everything about one."""

    id: ExportId
    state: ExportState
    progress: float = Field(description="From 0 to 1.")
    size: int | None = Field(description="Bytes of the archive, once it is there.")
    created_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None = Field(description="When the archive is deleted.")


class ExportPage(Page[ExportRead]):
    """One's exports, the latest first."""


class ExportLinkRead(Read):
    """An address for downloading an archive: for the session that asked, and for a while."""

    url: str = Field(description="Path on this server; the log-in is asked for there as well.")
    expires_at: datetime


class HeldRead(Read):
    """Things of one kind that are kept of one."""

    kind: str = Field(description="The name of the file in an export.", examples=["comments"])
    count: int
    bytes: int | None = Field(description="What they take up, where that is counted.")
    level: Level = Field(description="How they are protected.")
    kept: str = Field(description="For how long, in words.")


class HeldPage(Page[HeldRead]):
    """What is kept of one, by kind; there is one page."""


class Leave(Body):
    """The end of one's account."""

    handle: Annotated[
        str,
        StringConstraints(min_length=1, max_length=40, strip_whitespace=True),
        Field(description="The account's handle, typed by its owner.", examples=["ada"]),
    ]


class LeavingRead(Read):
    """An account that is being left."""

    state: AccountState
    erase_after: datetime = Field(description="Until then a log-in can take it back.")


class Restore(Body):
    """The way back into an account that is being left."""

    restore_token: Annotated[
        str, StringConstraints(max_length=300), Field(description="From the problem `account_leaving` of a log-in.")
    ]
