"""Who may change and delete comments."""

from collections.abc import Callable

import pytest

from socialflow.domains.engagement import policy
from socialflow.domains.engagement.errors import NotYourComment
from socialflow.domains.engagement.models import Comment
from socialflow.kernel import ids
from socialflow.kernel.work import ANONYMOUS, SYSTEM, Actor

AUTHOR, OWNER, STRANGER = (Actor(id=ids.new()) for _ in range(3))
MODERATOR = Actor(id=ids.new(), permissions=frozenset({"comments:remove_any"}))
COMMENT = Comment(account_id=AUTHOR.id, owner_id=OWNER.id)


@pytest.mark.parametrize(
    ("actor", "edits", "deletes"),
    [
        (AUTHOR, True, True),
        (OWNER, False, True),
        (MODERATOR, False, True),
        (SYSTEM, False, True),
        (STRANGER, False, False),
        (ANONYMOUS, False, False),
    ],
)
def test_who_may_do_what(actor: Actor, *, edits: bool, deletes: bool) -> None:
    def refused(may: Callable[[], None]) -> bool:
        try:
            may()
        except NotYourComment:
            return True
        return False

    assert refused(lambda: policy.may_edit(actor, COMMENT)) != edits
    assert refused(lambda: policy.may_delete(actor, COMMENT)) != deletes
