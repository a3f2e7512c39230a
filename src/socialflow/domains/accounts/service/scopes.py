"""What a credential may ask for, in words that a person can decide by: the one table of all scopes.

`write` carries its children, such as `write:videos`; so does `admin`. What a scope lets somebody ask is
never more than what they may do themselves: permissions are looked at afterwards. `security` is carried
by first-party log-ins alone, never by an app or a personal token.
"""

from collections.abc import Iterable

from socialflow.domains.accounts.service.roles import permissions_of

SECURITY = "security"
# Scope -> what its holder can do, to be read after "This lets it ...".
SCOPES: dict[str, str] = {
    "read": "see what you can see: your account, your private videos, your feed and your notifications",
    "write": "do everything below in your name: publish, edit, delete, comment, like, follow",
    "write:account": "change your name and language",
    "write:channels": "make, change, rename and delete your channels, and decide who works for them",
    "write:uploads": "upload files for you",
    "write:videos": "publish, edit and delete your videos",
    "write:posts": "write, edit and delete posts, vote and repost, in your name",
    "write:comments": "write, edit and delete comments in your name",
    "write:likes": "like things, and take likes back, in your name",
    "write:follows": "follow and unfollow channels and hashtags for you",
    "write:blocks": "block and mute people for you",
    "write:lists": "change your lists of people",
    "write:playlists": "make, change and delete your playlists, and what you want to watch later",
    "write:saves": "save things for you, and take that back",
    "write:history": "keep what you watch and where you stop in it, forget it, and change how your player begins",
    "admin": "do everything that your staff role allows",
    "admin:accounts": "look up, suspend and approve accounts, as far as your staff role allows",
    "admin:roles": "make roles and give them to people, as far as your staff role allows",
    "admin:audit": "read the audit log, as far as your staff role allows",
    "admin:apps": "register and stop apps, as far as your staff role allows",
    "admin:moderation": "keep videos out of sight and vouch for channels, as far as your staff role allows",
    "admin:emojis": "choose what people can react by, as far as your staff role allows",
    "admin:jobs": "look after the processing of videos, as far as your staff role allows",
    SECURITY: "change passwords, second factors, sessions and tokens",
}
# Scope of staff -> the permissions that open anything behind it; `admin` is all of them.
OPENED_BY: dict[str, frozenset[str]] = {
    "admin:accounts": frozenset({"accounts:view", "accounts:suspend", "accounts:manage"}),
    "admin:roles": frozenset({"accounts:view", "accounts:manage", "roles:manage"}),
    "admin:audit": frozenset({"audit:view"}),
    "admin:apps": frozenset({"apps:manage"}),
    "admin:moderation": frozenset({"videos:remove_any", "channels:verify"}),
    "admin:emojis": frozenset({"emojis:manage"}),
    "admin:jobs": frozenset({"jobs:manage"}),
}


def parent_of(scope: str) -> str:
    """The scope that carries this one; itself when none does."""
    return scope.partition(":")[0]


def sentence_of(scope: str) -> str:
    """What a scope lets its holder do; the scope's own name where there are no words for it."""
    return SCOPES.get(scope, scope)


def delegable(role: str) -> tuple[str, ...]:
    """Scopes that somebody of this role may give to an app or to a personal token, in the order of the table.

    Those of staff follow the permissions of the role, whatever its name: a role that was made here counts, too.
    """
    held = permissions_of(role)
    return tuple(scope for scope in SCOPES if scope != SECURITY and _is_open(scope, held))


def _is_open(scope: str, held: frozenset[str]) -> bool:
    if scope == "admin":
        return bool(held)
    return parent_of(scope) != "admin" or bool(OPENED_BY[scope] & held)


def without_children(scopes: Iterable[str]) -> frozenset[str]:
    """The same scopes, without those that another one among them carries anyway."""
    given = frozenset(scopes)
    return frozenset(scope for scope in given if parent_of(scope) == scope or parent_of(scope) not in given)
