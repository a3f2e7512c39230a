"""Which channel is meant, and who somebody speaks as."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace

from socialflow.domains.accounts import service as accounts
from socialflow.domains.channels import policy, queries
from socialflow.domains.channels.errors import NotYourChannel
from socialflow.domains.channels.models import Channel, TeamRole
from socialflow.domains.channels.policy import Right
from socialflow.domains.channels.queries import handles, team
from socialflow.domains.media import service as media
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound, Problem, Unauthorized
from socialflow.kernel.work import App, Work


async def visible(work: Work, channel_id: uuid.UUID) -> Channel:
    """A channel that the actor may see; raises NotFound."""
    channel = await queries.by_id(work.db, work.actor, channel_id)
    if channel is None:
        raise NotFound
    return channel


async def owner_of(work: Work, channel_id: uuid.UUID) -> uuid.UUID | None:
    """Whose channel this is, whether or not the actor may see it: for taking back what stands between the two."""
    channel = await queries.any_by_id(work.db, channel_id)
    return channel.account_id if channel is not None else None


async def find(work: Work, reference: str) -> Channel:
    """A channel by id, or by the `@handle` that it bears or bore of late; raises NotFound."""
    if reference.startswith("@"):
        handle = reference.removeprefix("@")
        channel = await queries.by_handle(work.db, work.actor, handle)
        if channel is None:
            channel = await handles.by_former(work.db, work.actor, handle, work.now)
        if channel is None:
            raise NotFound
        return channel
    try:
        return await visible(work, ids.parse("chn", reference))
    except ids.MalformedId:
        raise NotFound from None


async def named(work: Work, names: Collection[str]) -> dict[str, Channel]:
    """By each of these handles the channel that bears it, or bore it of late, of those that the actor can meet."""
    return await handles.met(work.db, work.actor, names, work.now)


async def met(work: Work, channel_ids: Sequence[uuid.UUID]) -> Sequence[Channel]:
    """Of these channels those that the actor can meet."""
    return await queries.met(work.db, work.actor, channel_ids)


async def of_actor(work: Work) -> Channel:
    """The channel that came with the actor's account."""
    channel = await queries.of_account(work.db, work.actor.id) if work.actor.id else None
    if channel is None:
        raise Unauthorized
    return channel


async def role_in(work: Work, channel_id: uuid.UUID, owner_id: uuid.UUID) -> TeamRole | None:
    """What the actor is on the team of a channel; None for everybody else. Of one's own channel nothing is asked."""
    if work.actor.id is None:
        return None
    if work.actor.id == owner_id:
        return TeamRole.OWNER
    return await team.role_of(work.db, channel_id, work.actor.id)


async def demand(
    work: Work, channel_id: uuid.UUID, owner_id: uuid.UUID, right: Right, refusal: type[Problem] = NotYourChannel
) -> None:
    """The actor has a right on a channel, or is told so by `refusal`: what is asked before all that is done for one."""
    if not policy.allows(await role_in(work, channel_id, owner_id), right):
        raise refusal


async def speaking(work: Work, channel_id: uuid.UUID | None, right: Right = Right.PUBLISH) -> Channel:
    """As which channel the actor does something: their own unless they name another for which they may.

    Raises Unauthorized for nobody, NotFound for what they may not see, and NotYourChannel.
    """
    if channel_id is None or work.actor.id is None:
        return await of_actor(work)
    channel = await visible(work, channel_id)
    await demand(work, channel.id, channel.account_id, right)
    # What is published while the channel is deleted would be left behind.
    if not await queries.keep(work.db, channel.id):
        raise NotFound
    return channel


async def for_owner(app: App, work: Work, owner_id: uuid.UUID, *upload_ids: uuid.UUID | None) -> Work:
    """The work as the owner of a channel does it, once it is clear that the actor may; uploads become the owner's.

    Whoever acts holds none of the owner's permissions by that, and the audit log knows them.
    """
    actor = work.actor
    if actor.id == owner_id:
        return work
    owner = await accounts.account_of(work, owner_id)
    if owner is None:
        raise NotFound
    work.note("channel:acted", owner_id)
    quota = accounts.standing_of(owner.role).quota_bytes
    acting = replace(
        actor,
        id=owner_id,
        permissions=frozenset(),
        session_id=None,
        token_id=None,
        quota_bytes=quota,
        behind_id=actor.id,
    )
    for upload_id in upload_ids:
        if upload_id is not None:
            await media.entrust(work, upload_id, acting, app.settings.media)
    return replace(work, actor=acting)
