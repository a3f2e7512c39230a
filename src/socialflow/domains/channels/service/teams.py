"""Who works for a channel: asked, and with what right; leaving, and being let go."""

import uuid

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import policy
from socialflow.domains.channels.events import (
    CollaboratorInvited,
    CollaboratorJoined,
    CollaboratorLeft,
    CollaboratorRoleChanged,
)
from socialflow.domains.channels.models import Channel, TeamMember, TeamRole, TeamState
from socialflow.domains.channels.policy import Right
from socialflow.domains.channels.queries import team as queries
from socialflow.domains.channels.schemas import (
    CollaborationPage,
    CollaborationRead,
    CollaboratorPage,
    CollaboratorRead,
)
from socialflow.domains.channels.service.finding import demand, visible
from socialflow.domains.channels.service.profile import card
from socialflow.domains.media import service as media
from socialflow.kernel import ids, pages
from socialflow.kernel.config import ChannelSettings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work

TEAM, MINE, ASKED = "channel-team", "my-channels", "channel-invitations"


async def members(work: Work, keys: Keys, channel: Channel, *, limit: int, cursor: str | None) -> CollaboratorPage:
    """Who is on a channel's team or was asked, the latest first: for the team alone."""
    await demand(work, channel.id, channel.account_id, Right.SEE)
    filters = {"of": str(channel.id)}
    before = _place(keys, TEAM, filters, cursor)
    rows, last = pages.cut(await queries.members(work, channel.id, before, limit + 1), limit)
    items = [
        CollaboratorRead(
            person=card(row),
            role=row["role"],
            state=row["state"],
            created_at=row["created_at"],
            joined_at=row["joined_at"],
        )
        for row in rows
    ]
    return CollaboratorPage(items=items, next_cursor=_next(keys, TEAM, filters, last))


async def mine(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> CollaborationPage:
    """As which channels the actor may act: their own, and those of others for which they work."""
    filters = {"of": str(_known(work))}
    rows, last = pages.cut(await queries.mine(work, _place(keys, MINE, filters, cursor), limit + 1), limit)
    return CollaborationPage(items=[_read(row) for row in rows], next_cursor=_next(keys, MINE, filters, last))


async def invitations(work: Work, keys: Keys, *, limit: int, cursor: str | None) -> CollaborationPage:
    """For which channels the actor was asked to work, and has not answered."""
    filters = {"of": str(_known(work))}
    rows, last = pages.cut(await queries.invitations(work, _place(keys, ASKED, filters, cursor), limit + 1), limit)
    return CollaborationPage(items=[_read(row) for row in rows], next_cursor=_next(keys, ASKED, filters, last))


async def invite(
    work: Work, channel: Channel, person_id: uuid.UUID, role: TeamRole, settings: ChannelSettings
) -> CollaboratorRead:
    """Ask somebody, named by the channel of theirs, to work for a channel; or give them another role there.

    Raises NotFound for whom the actor may not see, OwnTeam, TeamIsFull, and NotYourChannel.
    """
    await demand(work, channel.id, channel.account_id, Right.MANAGE)
    person = await visible(work, person_id)
    account_id = await _account_of(work, person_id)
    policy.may_join(channel, account_id)
    # Who is blocked by the owner, or has blocked them, does not work for them, whoever asks.
    if await accounts.are_apart(work, account_id, channel.account_id):
        raise NotFound
    # Whoever asks others at the same time waits here, and is counted after us.
    await queries.hold(work.db, channel.id)
    member = await queries.member(work.db, channel.id, account_id)
    if member is None:
        policy.may_be_asked(await queries.count(work.db, channel.id), settings.team_size)
        member = _ask(work, channel, account_id, role)
    elif member.role != role:
        _change_role(work, channel, member, role)
    await work.db.flush()
    return CollaboratorRead(
        person=card(_columns(person)),
        role=TeamRole(member.role),
        state=TeamState(member.state),
        created_at=member.created_at,
        joined_at=member.joined_at,
    )


async def accept(work: Work, channel_id: uuid.UUID) -> CollaborationRead:
    """Say yes to an invitation; saying it twice is saying it once. Raises NotFound where there is none."""
    me = _known(work)
    channel = await visible(work, channel_id)
    member = await queries.member(work.db, channel.id, me)
    if member is None:
        raise NotFound
    if member.state == TeamState.INVITED:
        member.state, member.joined_at = TeamState.ACTIVE, work.now
        work.emit(CollaboratorJoined(channel_id=channel.id, account_id=me, role=member.role))
        work.note("channel:collaborator:joined", me, channel_id=str(channel.id), role=member.role)
        work.forget(accounts.circle_name(me))
        await work.db.flush()
    return CollaborationRead(
        channel=card(_columns(channel)),
        role=TeamRole(member.role),
        state=TeamState(member.state),
        is_main=False,
        since=member.created_at,
    )


async def leave(work: Work, channel_id: uuid.UUID) -> None:
    """Work for a channel no more, or say no to an invitation; it need not be."""
    me = _known(work)
    member = await queries.member(work.db, channel_id, me)
    if member is not None:
        await part(work, await _channel(work, member), member, by=me)


async def remove(work: Work, channel: Channel, person_id: uuid.UUID) -> None:
    """Let somebody go, or take an invitation back; they need not be on the team."""
    await demand(work, channel.id, channel.account_id, Right.MANAGE)
    account_id = await _account_of(work, person_id)
    member = await queries.member(work.db, channel.id, account_id)
    if member is not None:
        await part(work, channel, member, by=work.actor.id)


async def part_company(work: Work, one: uuid.UUID, other: uuid.UUID) -> None:
    """Two who want nothing of each other do not work for each other."""
    for member in await queries.between(work.db, one, other):
        await part(work, await _channel(work, member), member, by=work.actor.id)


async def part(work: Work, channel: Channel, member: TeamMember, *, by: uuid.UUID | None) -> None:
    """Somebody is on a team no more: from here on they have no right that came with it."""
    account_id, was = member.account_id, member.state
    await queries.remove(work.db, channel.id, account_id)
    work.db.expunge(member)
    if was == TeamState.ACTIVE:
        await media.forget_sender(work, account_id, channel.account_id)
        work.forget(accounts.circle_name(account_id))
    work.emit(CollaboratorLeft(channel_id=channel.id, account_id=account_id, by_id=by))
    work.note(
        "channel:collaborator:left" if by == account_id else "channel:collaborator:removed",
        account_id,
        channel_id=str(channel.id),
        role=member.role,
        state=was,
    )


def _ask(work: Work, channel: Channel, account_id: uuid.UUID, role: TeamRole) -> TeamMember:
    member = TeamMember(
        channel_id=channel.id,
        account_id=account_id,
        id=ids.new(),
        role=role,
        state=TeamState.INVITED,
        invited_by=work.actor.id,
        created_at=work.now,
    )
    work.db.add(member)
    work.emit(CollaboratorInvited(channel_id=channel.id, account_id=account_id, by_id=work.actor.id, role=str(role)))
    work.note("channel:collaborator:invited", account_id, channel_id=str(channel.id), role=str(role))
    return member


def _change_role(work: Work, channel: Channel, member: TeamMember, role: TeamRole) -> None:
    before, member.role = member.role, role
    by = work.actor.id
    work.emit(CollaboratorRoleChanged(channel_id=channel.id, account_id=member.account_id, by_id=by, role=str(role)))
    work.note(
        "channel:collaborator:role", member.account_id, channel_id=str(channel.id), before=before, after=str(role)
    )


async def _channel(work: Work, member: TeamMember) -> Channel:
    channel = await work.db.get(Channel, member.channel_id)
    if channel is None:
        raise NotFound
    return channel


async def _account_of(work: Work, person_id: uuid.UUID) -> uuid.UUID:
    """Who is meant by a channel: whose own face it is, since a second channel of theirs need not say so."""
    account_id = await queries.face_of(work.db, person_id)
    if account_id is None:
        raise NotFound
    return account_id


def _known(work: Work) -> uuid.UUID:
    if work.actor.id is None:
        raise Unauthorized
    return work.actor.id


def _columns(channel: Channel) -> dict[str, object]:
    names = ("id", "handle", "display_name", "avatar_asset_id", "verified_at")
    return {name: getattr(channel, name) for name in names}


def _read(row: dict[str, object]) -> CollaborationRead:
    return CollaborationRead.model_validate(
        {
            "channel": card(row),
            "role": row["role"],
            "state": row["state"],
            "is_main": row["is_main"],
            "since": row["since"],
        }
    )


def _place(keys: Keys, name: str, filters: dict[str, str], cursor: str | None) -> uuid.UUID | None:
    return uuid.UUID(pages.unseal(keys, name, filters, cursor)[0]) if cursor else None


def _next(keys: Keys, name: str, filters: dict[str, str], last: object) -> str | None:
    return pages.seal(keys, name, filters, [str(last["place"])]) if last else None  # type: ignore[index]  # a row
