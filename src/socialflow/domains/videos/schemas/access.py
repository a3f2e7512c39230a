"""What is said and heard about who may see a video."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr

from socialflow.domains.channels.schemas import ChannelCard
from socialflow.domains.videos.models import Restriction
from socialflow.domains.videos.schemas.catalogue import LONGEST_PASSWORD
from socialflow.kernel.pages import Page
from socialflow.kernel.schemas import Body, Read


class Unlock(Body):
    """What somebody believes the password to be."""

    password: SecretStr = Field(min_length=1, max_length=LONGEST_PASSWORD)


class UnlockedRead(Read):
    """What opens a video to whoever sends it along."""

    grant: str = Field(description="To be sent in the header `Video-Grants`, several by comma.")
    expires_at: datetime


class ViewerPage(Page[ChannelCard]):
    """A page of people with whom a video is shared."""


class RestrictionUpdate(Body):
    """Why a video is kept out of sight."""

    restriction: Annotated[Restriction, Field(strict=False)]
