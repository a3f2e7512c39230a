"""How something may be commented on: what its owner says of it, or of all of their channel."""

import uuid

from socialflow.domains.channels import service as channels
from socialflow.domains.engagement import policy
from socialflow.domains.engagement.models import CommentMode
from socialflow.domains.engagement.queries import comments as queries
from socialflow.domains.engagement.queries import pages
from socialflow.domains.engagement.schemas import CommentRuleRead
from socialflow.domains.engagement.service import subjects
from socialflow.domains.engagement.service.reading import name_of
from socialflow.kernel import ids
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Work

CHANNEL = "channel"


async def rule(work: Work, shown: str) -> CommentRuleRead:
    """How something that the actor may see may be commented on; raises NotFound."""
    kind, subject_id, _, channel_id = await _found(work, shown)
    rows = await pages.RULES.rows_in(work, ids=[subject_id, channel_id])
    said = {row["subject_id"]: CommentMode(row["mode"]) for row in rows}
    own = said.get(subject_id)
    mode = own or said.get(channel_id) or CommentMode.OPEN
    may = kind != CHANNEL and work.actor.known and mode != CommentMode.OFF
    return CommentRuleRead(subject_id=shown, mode=mode, own=own, may_comment=may)


async def change(work: Work, shown: str, mode: CommentMode | None) -> CommentRuleRead:
    """Say how something of the actor's may be commented on from now on, or say nothing of it any more."""
    kind, subject_id, owner_id, channel_id = await _found(work, shown)
    policy.may_curate(await channels.role_in(work, channel_id, owner_id))
    if mode is None:
        await queries.drop_rule(work.db, subject_id)
    else:
        values = {"subject_id": subject_id, "account_id": owner_id, "kind": kind, "mode": mode, "updated_at": work.now}
        await queries.put_rule(work.db, values)
    # A channel's goes for everything of it: those pages are forgotten by their age alone.
    if kind != CHANNEL:
        work.forget(name_of(kind, subject_id))
    return await rule(work, shown)


async def _found(work: Work, shown: str) -> tuple[str, uuid.UUID, uuid.UUID, uuid.UUID]:
    """The kind and id of what is ruled, whose it is, and its channel."""
    if not shown.startswith("chn_"):
        card = await subjects.visible(work, *subjects.parse(shown))
        return card.kind, card.id, card.owner_id, card.channel_id
    try:
        channel = await channels.visible(work, ids.parse("chn", shown))
    except ids.MalformedId:
        raise NotFound from None
    return CHANNEL, channel.id, channel.account_id, channel.id
