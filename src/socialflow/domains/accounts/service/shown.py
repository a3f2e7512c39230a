"""Log-ins as their owner sees them."""

from socialflow.domains.accounts.models import Session
from socialflow.domains.accounts.schemas.sessions import DeviceSession
from socialflow.domains.accounts.service.devices import name_of
from socialflow.kernel.work import Actor
from socialflow.ports.places import Places


def place_of(address: str, places: Places) -> str:
    """Where an address is, for people: with the place, where that is known."""
    place = places.of(address)
    return f"{place} ({address})" if place else address


def device_session(session: Session, *, actor: Actor, places: Places) -> DeviceSession:
    """One log-in: what is kept of it, and what that means."""
    return DeviceSession(
        id=session.id,
        kind=session.kind,
        device=name_of(session.user_agent),
        place=places.of(session.address),
        address=session.address,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
        ends_at=session.ends_at,
        methods=session.methods.split(),
        current=session.id == actor.session_id,
    )
