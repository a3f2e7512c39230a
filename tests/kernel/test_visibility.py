"""The engine of visibility: what a rule becomes, and who judges addresses."""

import uuid

import pytest

from socialflow.kernel import ids, visibility
from socialflow.kernel.visibility import REACHES, SHELVED, Reach, Rule, Visibility, nobody, reach_of
from socialflow.kernel.work import ANONYMOUS, Actor, App

RULE = Rule(
    id="notes.id",
    owner="notes.account_id",
    hub="notes.channel_id",
    reach="notes.reach",
    hidden=lambda owner: f"hidden({owner})",
    private=lambda owner: f"private({owner})",
    apart=lambda one, other: f"apart({one}, {other})",
    follows=lambda viewer, hub: f"follows({viewer}, {hub})",
)


def test_every_visibility_has_a_reach_and_nothing_but_private_is_the_owners() -> None:
    assert set(REACHES) == set(Visibility)
    assert [each for each, reach in REACHES.items() if reach is Reach.OWNER] == [Visibility.PRIVATE]
    assert set(SHELVED) < set(Reach)
    column = reach_of("state <> 'ready'")
    assert column.startswith("CASE WHEN state <> 'ready' THEN 'owner'")
    assert column.endswith("ELSE 'owner' END")


def test_lists_for_everybody_ask_about_nobody() -> None:
    assert ":viewer" not in RULE.listed
    assert "reach = 'everyone'" in RULE.listed
    for word in ("hidden(", "private("):
        assert word in RULE.listed


@pytest.mark.parametrize("condition", [RULE.visible, RULE.listed_to, RULE.followed, RULE.judged])
def test_whatever_is_made_for_one_viewer_asks_whether_they_are_apart(condition: str) -> None:
    assert "NOT apart(notes.account_id, CAST(:viewer AS uuid))" in condition
    assert "NOT hidden(notes.account_id)" in condition


def test_what_a_domain_does_not_have_lets_nobody_in() -> None:
    assert nobody("anybody", "anything") == "FALSE"
    for reach in (Reach.MEMBERS, Reach.NAMED, Reach.PASSWORD):
        assert f"notes.reach = '{reach}' AND FALSE" in RULE.visible
    assert ":grants" not in RULE.visible


def test_a_rule_asks_about_a_viewer_and_what_they_have_unlocked() -> None:
    assert visibility.seen_by(ANONYMOUS, sees_any=False) == {"viewer": None, "sees_any": False, "grants": []}
    somebody = Actor(id=ids.new(), grants=frozenset({"b:1", "a:2"}))
    assert visibility.seen_by(somebody, sees_any=True) == {
        "viewer": somebody.id,
        "sees_any": True,
        "grants": ["a:2", "b:1"],
    }


async def test_the_first_who_knows_an_asset_judges_its_addresses(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    known, viewer = ids.new(), ids.new()

    async def ignorant(_app: App, _asset_id: uuid.UUID, _viewer: uuid.UUID | None) -> bool | None:
        return None

    async def strict(_app: App, asset_id: uuid.UUID, viewer_id: uuid.UUID | None) -> bool | None:
        return viewer_id == viewer if asset_id == known else None

    monkeypatch.setattr(visibility, "judges", [ignorant, strict])
    assert await visibility.may_still(app, known, viewer)
    assert not await visibility.may_still(app, known, None)
    assert await visibility.may_still(app, ids.new(), None), "what nobody knows is whoever's that has the address"
