"""Who may change and delete comments."""

from collections.abc import Callable

import pytest

from socialflow.domains.channels.service import TeamRole
from socialflow.domains.engagement import policy
from socialflow.domains.engagement.errors import NotYourComment
from socialflow.domains.engagement.models import Comment
from socialflow.kernel import ids
from socialflow.kernel.work import ANONYMOUS, SYSTEM, Actor

AUTHOR, STRANGER = (Actor(id=ids.new()) for _ in range(2))
MODERATOR = Actor(id=ids.new(), permissions=frozenset({"comments:remove_any"}))
COMMENT = Comment(account_id=AUTHOR.id, owner_id=ids.new())


@pytest.mark.parametrize(
    ("actor", "role", "edits", "deletes"),
    [
        (AUTHOR, None, True, True),
        (MODERATOR, None, False, True),
        (SYSTEM, None, False, True),
        (STRANGER, None, False, False),
        (ANONYMOUS, None, False, False),
        (STRANGER, TeamRole.OWNER, False, True),
        (STRANGER, TeamRole.EDITOR, False, True),
        (STRANGER, TeamRole.MODERATOR, False, True),
        (STRANGER, TeamRole.ANALYST, False, False),
    ],
)
def test_who_may_do_what(actor: Actor, role: TeamRole | None, *, edits: bool, deletes: bool) -> None:
    def refused(may: Callable[[], None]) -> bool:
        try:
            may()
        except NotYourComment:
            return True
        return False

    assert refused(lambda: policy.may_edit(actor, COMMENT)) != edits
    assert refused(lambda: policy.may_delete(actor, COMMENT, role=role)) != deletes
