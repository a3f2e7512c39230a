"""What an app may be let in for: what it was registered for, what somebody may give away, and no `security` ever."""

from collections.abc import Iterable

from socialflow.domains.accounts.models import Account, ClientApp
from socialflow.domains.accounts.service.scopes import SCOPES, SECURITY, delegable, parent_of

LONGEST_SCOPE = 1_000


class ScopeRefused(ValueError):
    """An app may not ask for this; the words say why."""


def split(text: str) -> frozenset[str]:
    """Scopes that stand in one text, by space."""
    return frozenset(text.split())


def joined(scopes: Iterable[str]) -> str:
    """Scopes in one text, in the order of the alphabet."""
    return " ".join(sorted(scopes))


def covers(given: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether each wanted scope is given, itself or by its parent."""
    held = frozenset(given)
    return all(scope in held or parent_of(scope) in held for scope in wanted)


def known(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes, if each is one that an app may be registered for; raises ScopeRefused."""
    asked = frozenset(scopes)
    for scope in sorted(asked):
        if scope not in SCOPES or scope == SECURITY:
            raise ScopeRefused(f"{scope[:60]} is no scope of an app.")
    return asked


def askable(app: ClientApp, wanted: str | None) -> frozenset[str]:
    """What an app asks for: what it names, or else all it was registered for but staff's; raises ScopeRefused."""
    registered = split(app.scopes)
    if not wanted:
        return frozenset(scope for scope in registered if parent_of(scope) != "admin")
    if len(wanted) > LONGEST_SCOPE:
        raise ScopeRefused("There are too many scopes.")
    asked = known(split(wanted))
    if not covers(registered, asked):
        raise ScopeRefused("The app is not registered for all of these scopes.")
    if app.verified_at is None and any(parent_of(scope) == "admin" for scope in asked):
        raise ScopeRefused("Only an app that was verified may ask for a scope of staff.")
    return asked


def givable(app: ClientApp, account: Account, scopes: Iterable[str]) -> frozenset[str]:
    """Of these scopes, what this account may give to this app at present."""
    registered, able = split(app.scopes), frozenset(delegable(account.role))
    return frozenset(
        scope
        for scope in scopes
        if scope in able
        and covers(registered, {scope})
        and (app.verified_at is not None or parent_of(scope) != "admin")
    )
