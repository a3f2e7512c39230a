"""Who may do what to accounts."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from socialflow.domains.accounts.errors import (
    AccountPending,
    AccountSuspended,
    CannotActOnYourself,
    CannotGrant,
    ExportGoingOn,
    HandleDiffers,
    HandleReserved,
    InviteNeeded,
    LastWayIn,
    NotPermitted,
    NotSuspendable,
    RankTooLow,
    RegistrationClosed,
    ScopeNotYours,
    TooManyTokens,
    TooYoung,
    UnusableExpiry,
)
from socialflow.domains.accounts.models import Account, AccountState, Export, ExportState
from socialflow.kernel.errors import Forbidden
from socialflow.kernel.work import Actor

# Names that would read as parts of the site or as its staff.
RESERVED = frozenset(
    {
        "about",
        "account",
        "accounts",
        "admin",
        "administrator",
        "api",
        "app",
        "auth",
        "channel",
        "channels",
        "docs",
        "feed",
        "following",
        "help",
        "home",
        "instance",
        "live",
        "login",
        "logout",
        "me",
        "media",
        "mod",
        "moderator",
        "moderators",
        "notifications",
        "null",
        "official",
        "privacy",
        "root",
        "search",
        "security",
        "settings",
        "signup",
        "staff",
        "static",
        "studio",
        "support",
        "system",
        "terms",
        "undefined",
        "upload",
        "videos",
        "watch",
        "webmaster",
        "www",
    }
)


def may_sign_up(registration: str, *, invited: bool) -> None:
    """Sign-ups are open, or made by invite and there is one."""
    if registration == "closed":
        raise RegistrationClosed
    if registration == "invite" and not invited:
        raise InviteNeeded


def may_be_so_young(years: int, least: int) -> None:
    """One is as old as is asked."""
    if years < least:
        raise TooYoung


def manages_accounts(actor: Actor) -> bool:
    """Whether the actor decides on sign-ups and everybody's invites."""
    return actor.may("accounts:manage")


def may_invite(actor: Actor, uses: int) -> None:
    """Staff invite; others may where their role says so, one person at a time."""
    if manages_accounts(actor):
        return
    if not actor.may("may_invite"):
        raise Forbidden("Your role does not let you invite.")
    if uses != 1:
        raise Forbidden("Your invites let one person in each.")


# Those of them that would speak for the site: what looks like one of these misleads as well.
_OF_STAFF = (
    *("admin", "administrator", "moderator", "moderators", "mod", "official", "root", "security", "socialflow"),
    *("staff", "support", "system", "webmaster"),
)
_LOOKS = str.maketrans({"0": "o", "1": "l", "i": "l", "3": "e", "4": "a", "5": "s", "_": None})


def look_of(handle: str) -> str:
    """A handle as it looks at a glance: letters and digits that are taken for each other are one (compare UTS #39)."""
    return handle.translate(_LOOKS).replace("rn", "m").replace("vv", "w")


_LOOKS_OF_STAFF = frozenset(map(look_of, _OF_STAFF))


def may_use_handle(handle: str) -> None:
    """The handle is not one that would mislead, and does not look like one."""
    look = look_of(handle)
    if handle in RESERVED or look in _LOOKS_OF_STAFF or look.startswith(look_of("socialflow")):
        raise HandleReserved


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody at work on others: who they are and what they may do at this moment; None is the machine itself."""

    id: uuid.UUID | None
    permissions: frozenset[str]
    is_admin: bool


def must_hold(actor: Actor, permission: str) -> None:
    """The actor holds a permission. Asked before anything is read: it takes no look at the database."""
    if not actor.may(permission):
        raise NotPermitted(extra={"missing_permission": permission})


def may_act_on(staff: Staff, account_id: uuid.UUID, theirs: frozenset[str]) -> None:
    """Staff act on others, and on those alone who may do less than they: a strict subset of their permissions.

    Administrators act on each other, too; otherwise nobody could stop one.
    """
    if account_id == staff.id:
        raise CannotActOnYourself
    if not (staff.is_admin or theirs < staff.permissions):
        raise RankTooLow


def may_grant(staff: Staff, permissions: frozenset[str]) -> None:
    """Nobody gives, or takes away, a permission that they lack."""
    missing = permissions - staff.permissions
    if missing:
        raise CannotGrant(extra={"missing_permissions": sorted(missing)})


def may_change_role(staff: Staff, account_id: uuid.UUID, before: frozenset[str], after: frozenset[str]) -> None:
    """Give others a role within one's own permissions; step down oneself, and never up."""
    may_grant(staff, after)
    if account_id == staff.id:
        if not after <= before:
            raise CannotGrant
        return
    may_act_on(staff, account_id, before)


def may_suspend(account: Account) -> None:
    """The account is one that somebody uses."""
    if account.state not in {AccountState.ACTIVE, AccountState.LEAVING, AccountState.SUSPENDED}:
        raise NotSuspendable


def may_log_in(account: Account) -> None:
    """The account is in use."""
    if account.state == AccountState.SUSPENDED and account.suspended_reason:
        # Only who has shown that the account is theirs gets as far as this.
        until = f" until {_in_words(account.suspended_until)}" if account.suspended_until else ""
        raise AccountSuspended(f"This account is suspended{until}: {account.suspended_reason}")
    if account.state == AccountState.PENDING:
        raise AccountPending
    if account.state != AccountState.ACTIVE:
        raise AccountSuspended


def may_disconnect(*, has_another_way: bool) -> None:
    """One can still get in without it."""
    if not has_another_way:
        raise LastWayIn


def may_be_admitted(account: Account) -> None:
    """As `may_log_in`, or the account is being left: whoever has shown all that is asked may come back."""
    if account.state != AccountState.LEAVING:
        may_log_in(account)


def may_leave(account: Account, *, typed: str) -> None:
    """Its owner has typed its handle: nobody leaves by a slip of the finger."""
    if typed.removeprefix("@").lower() != account.handle:
        raise HandleDiffers


def may_export(latest: Export | None) -> None:
    """None is being made."""
    if latest is not None and latest.state in {ExportState.QUEUED, ExportState.RUNNING}:
        raise ExportGoingOn


def may_make_token(*, scopes: Collection[str], delegable: Collection[str]) -> None:
    """Nobody gives more than they have, and `security` is never given."""
    beyond = sorted(set(scopes) - set(delegable))
    if beyond:
        raise ScopeNotYours(extra={"scopes": beyond})


def may_last_until(expires_at: datetime, *, now: datetime, longest: timedelta) -> None:
    """A token has an end, and one that can be seen from here; a day more, since people choose days."""
    if not now < expires_at <= now + longest + timedelta(days=1):
        raise UnusableExpiry


def may_have_another_token(count: int, most: int) -> None:
    """Bound what one has to keep an eye on."""
    if count >= most:
        raise TooManyTokens


def _in_words(moment: datetime) -> str:
    """A time as the pages write it: 2 December 2026, 18:30 UTC."""
    then = moment.astimezone(UTC)
    return f"{then.day} {then:%B %Y, %H:%M} UTC"
