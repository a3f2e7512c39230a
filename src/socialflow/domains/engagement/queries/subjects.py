"""What can be commented on: where its rows are, and by which rule they are seen.

A domain whose things are to be commented on adds a line here and one in `service/subjects.py`; nothing else knows of
which kinds there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from socialflow.domains.engagement.models import REMOVE_ANY, Subject
from socialflow.domains.videos.models import JUDGED, VISIBLE
from socialflow.domains.videos.service import seen_by as seen_of_videos
from socialflow.kernel.work import Actor


@dataclass(frozen=True, slots=True)
class Commentable:
    """A kind of subject: `visible` is its domain's rule for who names a row, `judged` that for signed addresses."""

    kind: Subject
    prefix: str
    table: str
    visible: str
    judged: str

    @property
    def owner(self) -> str:
        """The account whose it is."""
        return f"{self.table}.account_id"

    @property
    def mode(self) -> str:
        """How it may be commented on: what is said of itself, or of all of its channel."""
        said = "(SELECT rule.mode FROM comment_rules AS rule WHERE rule.subject_id = {}.{})"
        return f"coalesce({said.format(self.table, 'id')}, {said.format(self.table, 'channel_id')}, 'open')"


COMMENTABLE = {each.prefix: each for each in (Commentable(Subject.VIDEO, "vid", "videos", VISIBLE, JUDGED),)}
BY_KIND = {each.kind: each for each in COMMENTABLE.values()}


def judges(actor: Actor) -> bool:
    """Whether somebody sees every comment on what they see, to judge it."""
    return bool(actor.permissions & {REMOVE_ANY, "*"})


def seen_by(actor: Actor) -> Mapping[str, Any]:
    """Whom the rules of subjects and of comments ask about."""
    return {**seen_of_videos(actor), "judges": judges(actor)}
