"""Connections of one's own account to other providers: added by who has just shown who they are, and taken away."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from socialflow.domains.accounts import policy, queries
from socialflow.domains.accounts.errors import ConnectedElsewhere
from socialflow.domains.accounts.events import ConnectionAdded
from socialflow.domains.accounts.models import Connection
from socialflow.domains.accounts.service import ways
from socialflow.kernel.errors import NotFound, Unauthorized
from socialflow.kernel.work import Work
from socialflow.ports.identity import Identity


async def connections(work: Work, after: uuid.UUID | None, limit: int) -> Sequence[Connection]:
    """The actor's connections, oldest first."""
    if work.actor.id is None:
        raise Unauthorized
    return await queries.connections_of(work.db, work.actor.id, after, limit)


async def connect(work: Work, identity: Identity, key: str) -> Connection:
    """Let the actor in by this identity from now on; doing so twice is doing so once."""
    if work.actor.id is None:
        raise Unauthorized
    present = await queries.connection_of(work.db, identity.issuer, identity.subject)
    if present is not None:
        if present.account_id != work.actor.id:
            raise ConnectedElsewhere
        return present
    made = Connection(
        account_id=work.actor.id,
        issuer=identity.issuer,
        subject=identity.subject,
        provider=key,
        email=identity.email,
        name=identity.name,
        created_at=work.now,
    )
    work.db.add(made)
    try:
        await work.db.flush()
    except IntegrityError:
        # Somebody was quicker.
        raise ConnectedElsewhere from None
    work.note("account:connection:added", work.actor.id, provider=key)
    work.emit(ConnectionAdded(account_id=work.actor.id, connection_id=made.id, provider=key))
    return made


async def disconnect(work: Work, connection_id: uuid.UUID, *, issuers: Collection[str]) -> None:
    """Take a way in away, unless it is the last; `issuers` are those by whom one may still come."""
    if work.actor.id is None:
        raise Unauthorized
    # Two that are taken away at once must see each other.
    await queries.account_for_update(work.db, work.actor.id)
    connection = await queries.own_connection(work.db, work.actor.id, connection_id)
    if connection is None:
        raise NotFound
    others = await queries.other_connections(work.db, work.actor.id, connection_id, issuers)
    policy.may_disconnect(has_another_way=others > 0 or await ways.has_another(work, work.actor.id))
    await work.db.delete(connection)
    work.note("account:connection:removed", work.actor.id, provider=connection.provider)


async def forget_connections(work: Work, account_id: uuid.UUID) -> list[str]:
    """Delete what is known of somebody elsewhere, and tell nobody; gives the providers."""
    gone = delete(Connection).where(Connection.account_id == account_id).returning(Connection.provider)
    return sorted(await work.db.scalars(gone))
