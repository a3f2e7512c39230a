"""What one can do with channels."""

from socialflow.domains.channels.models import PinKind, TeamRole, role_on, works_for
from socialflow.domains.channels.policy import Right, allows, may_for
from socialflow.domains.channels.service import opening, profile, teams, verifying
from socialflow.domains.channels.service.counting import (
    adjust_followers,
    adjust_following,
    adjust_videos,
    recount_followers,
    recount_following,
    recount_videos,
    some,
)
from socialflow.domains.channels.service.finding import (
    demand,
    find,
    for_owner,
    met,
    named,
    of_actor,
    owner_of,
    role_in,
    speaking,
    visible,
)
from socialflow.domains.channels.service.handles import drop_over, rename
from socialflow.domains.channels.service.opening import create, delete, erase_of, join, leave_all, sign_up
from socialflow.domains.channels.service.pictures import picture_is_ready
from socialflow.domains.channels.service.profile import card, edit, pin, pinned, read, unpin
from socialflow.domains.channels.service.teams import part_company

__all__ = [
    "PinKind",
    "Right",
    "TeamRole",
    "adjust_followers",
    "adjust_following",
    "adjust_videos",
    "allows",
    "card",
    "create",
    "delete",
    "demand",
    "drop_over",
    "edit",
    "erase_of",
    "find",
    "for_owner",
    "join",
    "leave_all",
    "may_for",
    "met",
    "named",
    "of_actor",
    "opening",
    "owner_of",
    "part_company",
    "picture_is_ready",
    "pin",
    "pinned",
    "profile",
    "read",
    "recount_followers",
    "recount_following",
    "recount_videos",
    "rename",
    "role_in",
    "role_on",
    "sign_up",
    "some",
    "speaking",
    "teams",
    "unpin",
    "verifying",
    "visible",
    "works_for",
]
