"""Who may see a row: one rule a domain, said once, compiled to SQL for every statement that reads its table.

A domain gives columns and relations, `Rule` gives conditions:

    visible     somebody who names a row may see it
    listed      it belongs into lists that are the same for everybody, and may be kept for a moment
    listed_to   it belongs into lists that are made for one viewer
    judged      whoever was given a signed address of its files may still use it

`:viewer` is an account or null, `:sees_any` whether they are staff who may, `:grants` what they have unlocked.
A row's own part of the rule is its *reach*, which the row works out by itself (`reach_of`), so that partial indexes
make lists cheap for the same reason that makes them safe; whatever depends on two people is a relation.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from socialflow.kernel.work import Actor, App


class Visibility(StrEnum):
    """Whom an owner wants to see something."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    MEMBERS = "members"
    PASSWORD = "password"  # noqa: S105  # the name of a choice
    NAMED = "named"
    PRIVATE = "private"


class Mark(StrEnum):
    """Of what kind something is: `adult` is shown to nobody but people who are logged in."""

    NONE = "none"
    SENSITIVE = "sensitive"
    ADULT = "adult"


class Restriction(StrEnum):
    """Why staff keep something out of sight: it is being looked at, or it was decided so."""

    UNDER_REVIEW = "under_review"
    BLOCKED = "blocked"


class Reach(StrEnum):
    """Who can see it as things stand: everybody, whoever has its id and is one of these, or its owner alone."""

    EVERYONE = "everyone"
    # Everybody who is logged in.
    KNOWN = "known"
    LINK = "link"
    FOLLOWERS = "followers"
    MEMBERS = "members"
    PASSWORD = "password"  # noqa: S105  # the name of a choice
    NAMED = "named"
    OWNER = "owner"


REACHES = {
    Visibility.PUBLIC: Reach.EVERYONE,
    Visibility.UNLISTED: Reach.LINK,
    Visibility.FOLLOWERS: Reach.FOLLOWERS,
    Visibility.MEMBERS: Reach.MEMBERS,
    Visibility.PASSWORD: Reach.PASSWORD,
    Visibility.NAMED: Reach.NAMED,
    Visibility.PRIVATE: Reach.OWNER,
}
# What stands on a channel's own shelf, for those of its visitors who may see it.
SHELVED = (Reach.EVERYONE, Reach.KNOWN, Reach.FOLLOWERS, Reach.MEMBERS)
VIEWER = "CAST(:viewer AS uuid)"
SEES_ANY = "CAST(:sees_any AS boolean)"
# SQL that is true where the account of the first column, or value, stands in a relation to the second.
Relation = Callable[[str, str], str]
Condition = Callable[[str], str]


def nobody(_viewer: str, _other: str) -> str:
    """The relation in which nobody stands: the answer of a door behind which there is no domain yet."""
    return "FALSE"


def words(values: Sequence[StrEnum]) -> str:
    """`'everyone', 'followers'`."""
    return ", ".join(f"'{value}'" for value in values)


def reach_of(closed: str) -> str:
    """What a column `reach` is computed from, of `visibility` and `mark`: the owner's alone where `closed` is true."""
    known = f"WHEN visibility = 'public' AND mark = '{Mark.ADULT}' THEN '{Reach.KNOWN}'"
    cases = [f"WHEN visibility = '{seen}' THEN '{reach}'" for seen, reach in REACHES.items() if reach != Reach.OWNER]
    return " ".join([f"CASE WHEN {closed} THEN 'owner'", known, *cases, "ELSE 'owner' END"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a domain knows of its rows. `hub` is what one follows, or is a member of, in order to see more."""

    id: str
    owner: str
    hub: str
    reach: str
    hidden: Condition
    private: Condition
    apart: Relation
    follows: Relation = nobody
    member: Relation = nobody
    named: Relation = nobody
    # Who works for the hub sees what it has, as long as its owner is in good standing.
    works: Relation = nobody
    # Who works on it with its owner, and sees it whomever else it is for; not while it is kept out of sight.
    invited: Relation = nobody
    # An edition of what locks a row, where there is such a thing: who knew a former one has to unlock it again.
    lock: str | None = None
    # What it is marked as, where there are such marks.
    mark: str | None = None

    @property
    def shown(self) -> str:
        """The account is in good standing: what it has made is hidden with it, whatever the rows say."""
        return f"NOT {self.hidden(self.owner)}"

    @property
    def listed(self) -> str:
        """For everybody alike."""
        return f"{self.reach} = '{Reach.EVERYONE}' AND {self.shown} AND NOT {self.private(self.owner)}"

    @property
    def listed_to(self) -> str:
        """For one viewer who looks at a hub; their own things are among them."""
        return (
            f"{self.reach} IN ({words(SHELVED)})"
            f" AND ({self._theirs} OR ({self._fit} AND ({self._reached('FALSE')})){self._by_work})"
        )

    @property
    def followed(self) -> str:
        """For one viewer, where the statement has made sure already that they follow the hub."""
        member = f"{self.reach} = '{Reach.MEMBERS}' AND {self.member(VIEWER, self.hub)}"
        open_ones = f"{self.reach} IN ({words((Reach.EVERYONE, Reach.KNOWN, Reach.FOLLOWERS))})"
        return f"{self.reach} IN ({words(SHELVED)}) AND ({open_ones} OR ({member})) AND {self._fit}"

    @property
    def visible(self) -> str:
        """For whoever names it."""
        return f"({self._theirs} OR {SEES_ANY} OR ({self._fit} AND ({self._reached(self._unlocked)})){self._by_work})"

    @property
    def judged(self) -> str:
        """For whoever holds an address that was signed after the lock was last changed."""
        return f"({self._theirs} OR ({self._fit} AND ({self._reached('TRUE')})){self._by_work})"

    @property
    def _theirs(self) -> str:
        return f"{self.owner} = {VIEWER}"

    @property
    def _by_work(self) -> str:
        # Last, so that it is asked for those alone who would see nothing without it.
        return "" if self.works is nobody else f" OR ({self.works(VIEWER, self.hub)} AND {self.shown})"

    @property
    def _fit(self) -> str:
        fit = f"{self.shown} AND NOT {self.apart(self.owner, VIEWER)}"
        return fit if self.mark is None else f"{fit} AND ({self.mark} <> '{Mark.ADULT}' OR {VIEWER} IS NOT NULL)"

    @property
    def _unlocked(self) -> str:
        if self.lock is None:
            return "FALSE"
        return f"CAST({self.id} AS text) || ':' || CAST({self.lock} AS text) = ANY(CAST(:grants AS text[]))"

    def _reached(self, unlocked: str) -> str:
        open_ones = (Reach.EVERYONE, Reach.KNOWN, Reach.LINK)
        by_all = f"{self.reach} IN ({words(open_ones)}) AND NOT {self.private(self.owner)}"
        by_followers = f"{self.reach} IN ({words((*open_ones, Reach.FOLLOWERS))})"
        ways = [
            by_all,
            f"{by_followers} AND {self.follows(VIEWER, self.hub)}",
            f"{self.reach} = '{Reach.MEMBERS}' AND {self.member(VIEWER, self.hub)}",
            f"{self.reach} = '{Reach.NAMED}' AND {self.named(VIEWER, self.id)}",
            f"{self.reach} = '{Reach.PASSWORD}' AND {unlocked}",
        ]
        if self.invited is not nobody:
            ways.append(f"{self.reach} <> '{Reach.OWNER}' AND {self.invited(VIEWER, self.id)}")
        return " OR ".join(f"({way})" for way in ways)


def seen_by(actor: "Actor", *, sees_any: bool) -> Mapping[str, Any]:
    """Whom a rule asks about."""
    return {"viewer": actor.id, "sees_any": sees_any, "grants": sorted(actor.grants)}


# Says of an asset, and an account or nobody, whether who holds a signed address may still use it; None where the
# asset is nothing that it knows.
Judge = Callable[["App", uuid.UUID, uuid.UUID | None], Awaitable[bool | None]]
judges: list[Judge] = []


def judges_addresses(judge: Judge) -> Judge:
    """Register who judges signed addresses: a domain above the one that serves files, which knows what they are of."""
    judges.append(judge)
    return judge


async def may_still(app: "App", asset_id: uuid.UUID, viewer: uuid.UUID | None) -> bool:
    """Whether who holds a signed address of an asset may still use it; of what nobody knows, whoever has it."""
    for judge in judges:
        verdict = await judge(app, asset_id, viewer)
        if verdict is not None:
            return verdict
    return True
