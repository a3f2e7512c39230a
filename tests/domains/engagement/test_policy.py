"""Who may change and delete comments."""

from collections.abc import Callable

import pytest

from socialflow.domains.channels.service import TeamRole
from socialflow.domains.engagement import policy
from socialflow.domains.engagement.errors import NotYourComment
from socialflow.kernel import ids
from socialflow.kernel.work import ANONYMOUS, SYSTEM, Actor

SOMEBODY = Actor(id=ids.new())
MODERATOR = Actor(id=ids.new(), permissions=frozenset({"comments:remove_any"}))


@pytest.mark.parametrize(
    ("actor", "voice", "role", "edits", "deletes"),
    [
        (SOMEBODY, TeamRole.OWNER, None, True, True),
        (SOMEBODY, TeamRole.EDITOR, None, True, True),
        (SOMEBODY, TeamRole.MODERATOR, None, False, False),
        (SOMEBODY, TeamRole.ANALYST, None, False, False),
        (MODERATOR, None, None, False, True),
        (SYSTEM, None, None, False, True),
        (SOMEBODY, None, None, False, False),
        (ANONYMOUS, None, None, False, False),
        (SOMEBODY, None, TeamRole.OWNER, False, True),
        (SOMEBODY, None, TeamRole.EDITOR, False, True),
        (SOMEBODY, None, TeamRole.MODERATOR, False, True),
        (SOMEBODY, None, TeamRole.ANALYST, False, False),
    ],
)
def test_who_may_do_what(
    actor: Actor, voice: TeamRole | None, role: TeamRole | None, *, edits: bool, deletes: bool
) -> None:
    def refused(may: Callable[[], None]) -> bool:
        try:
            may()
        except NotYourComment:
            return True
        return False

    assert refused(lambda: policy.may_edit(voice)) != edits
    assert refused(lambda: policy.may_delete(actor, voice=voice, role=role)) != deletes
