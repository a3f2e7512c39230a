"""The rule of who may see a video: what the row computes, what the object says, what both lead to."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from tests.factories.accounts import Person
from tests.factories.videos import draft, in_future

from socialflow.domains.channels.service import TeamRole
from socialflow.domains.videos import policy, queries
from socialflow.domains.videos.models import PLAYABLE, Reach, Video, VideoState, Visibility
from socialflow.kernel import ids
from socialflow.kernel.visibility import SHELVED
from socialflow.kernel.work import ANONYMOUS, SYSTEM, Actor, App

OWNER = Actor(id=ids.new())
STRANGER = Actor(id=ids.new())
MODERATOR = Actor(id=ids.new(), permissions=frozenset({"videos:see_any"}))
ADMIN = Actor(id=ids.new(), permissions=frozenset({"videos:see_any", "videos:remove_any"}))


async def test_column_object_and_select_agree_about_every_state_and_visibility(app: App, ada: Person) -> None:
    made = ids.parse("vid", (await draft(ada))["id"])
    owner = Actor(id=ids.parse("acc", ada.id))
    for state, visibility, waits in product(VideoState, Visibility, (False, True)):
        if waits and visibility == Visibility.PRIVATE:
            continue  # which the table refuses
        async with app.work(SYSTEM) as work:
            # Its time may have come: until somebody has looked at the clock, nothing changes.
            times = {"publish_at": work.now if waits else None, "published_at": None if waits else work.now}
            values = {"state": state, "visibility": visibility, "password_hash": "of some words", **times}
            await work.db.execute(update(Video).where(Video.id == made).values(values))
            video = (await work.db.scalars(select(Video).execution_options(populate_existing=True))).one()

            assert video.is_playable == (state in PLAYABLE)
            assert video.is_listed == (video.reach == Reach.EVERYONE)
            shown = state in PLAYABLE and not waits
            assert (video.reach == Reach.LINK) == (shown and visibility == Visibility.UNLISTED)
            assert (video.reach == Reach.EVERYONE) == (shown and visibility == Visibility.PUBLIC)
            assert video.is_shelved == (video.reach in SHELVED)
            assert video.is_open == (video.reach != Reach.OWNER)
            for actor, sees in {
                owner: True,
                MODERATOR: True,
                ADMIN: True,
                SYSTEM: True,
                STRANGER: video.reach in {Reach.EVERYONE, Reach.LINK},
                ANONYMOUS: video.reach in {Reach.EVERYONE, Reach.LINK},
            }.items():
                found = await work.db.scalars(queries.visible_to(actor))
                assert (found.one_or_none() is not None) == sees, (state, visibility, waits, actor)


async def test_nothing_is_public_without_a_time_of_publishing(app: App, ada: Person) -> None:
    await draft(ada)
    with pytest.raises(IntegrityError, match="ck_videos_published"):
        async with app.work(SYSTEM) as work:
            await work.db.execute(update(Video).values(state="ready", visibility="public"))


@pytest.mark.parametrize("values", [{"visibility": "private"}, {"published_at": datetime(2026, 1, 1, tzinfo=UTC)}])
async def test_nothing_waits_that_is_private_or_was_published(app: App, ada: Person, values: dict[str, Any]) -> None:
    await draft(ada, publish_at=in_future())
    with pytest.raises(IntegrityError, match="ck_videos_scheduled"):
        async with app.work(SYSTEM) as work:
            await work.db.execute(update(Video).values(values))


@pytest.mark.parametrize(
    ("actor", "role", "edits", "deletes"),
    [
        (OWNER, TeamRole.OWNER, True, True),
        (STRANGER, TeamRole.EDITOR, True, True),
        (STRANGER, TeamRole.MODERATOR, False, False),
        (STRANGER, TeamRole.ANALYST, False, False),
        (STRANGER, None, False, False),
        (ANONYMOUS, None, False, False),
        (MODERATOR, None, False, False),
        (ADMIN, None, False, True),
    ],
)
def test_who_may_do_what(actor: Actor, role: TeamRole | None, *, edits: bool, deletes: bool) -> None:
    assert policy.can_edit(role) == edits
    assert policy.can_delete(actor, role) == deletes
