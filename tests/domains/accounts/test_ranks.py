"""Who may act on whom, as a table: a strict subset of permissions, or everything for administrators."""

import uuid

import pytest

from socialflow.domains.accounts import policy
from socialflow.domains.accounts.errors import CannotActOnYourself, CannotGrant, NotPermitted, RankTooLow
from socialflow.domains.accounts.models import BUILT_IN, PERMISSIONS
from socialflow.domains.accounts.policy import Staff
from socialflow.domains.accounts.service.roles import standing_in
from socialflow.kernel.errors import Problem
from socialflow.kernel.work import SYSTEM, Actor

ME, THEM = uuid.uuid4(), uuid.uuid4()
HELD = {str(row["name"]): standing_in(row).permissions for row in BUILT_IN} | {
    "curator": frozenset({"comments:remove_any"}),
    "other_curator": frozenset({"videos:see_any"}),
    "senior": standing_in(next(row for row in BUILT_IN if row["name"] == "moderator")).permissions
    | {"accounts:manage"},
}
ROLES = ("user", "creator", "curator", "other_curator", "moderator", "senior", "admin")
# Who (a line) may act on whom (a column).
ACTS = {
    "user": "no  no  no  no  no  no  no",
    "creator": "no  no  no  no  no  no  no",
    "curator": "yes yes no  no  no  no  no",
    "other_curator": "yes yes no  no  no  no  no",
    "moderator": "yes yes yes yes no  no  no",
    "senior": "yes yes yes yes yes no  no",
    "admin": "yes yes yes yes yes yes yes",
}
# Who may give somebody without permissions which role.
GRANTS = {
    "user": "yes yes no  no  no  no  no",
    "creator": "yes yes no  no  no  no  no",
    "curator": "yes yes yes no  no  no  no",
    "other_curator": "yes yes no  yes no  no  no",
    "moderator": "yes yes yes yes yes no  no",
    "senior": "yes yes yes yes yes yes no",
    "admin": "yes yes yes yes yes yes yes",
}


def staff(role: str) -> Staff:
    return Staff(ME, HELD[role], is_admin=role == "admin")


def refusal(act: object, *arguments: object) -> type[Problem] | None:
    try:
        act(*arguments)  # type: ignore[operator]  # policies of several forms
    except Problem as problem:
        return type(problem)
    return None


@pytest.mark.parametrize("mine", ROLES)
@pytest.mark.parametrize("theirs", ROLES)
def test_who_acts_on_whom(mine: str, theirs: str) -> None:
    allowed = ACTS[mine].split()[ROLES.index(theirs)] == "yes"
    assert refusal(policy.may_act_on, staff(mine), THEM, HELD[theirs]) is (None if allowed else RankTooLow)
    assert refusal(policy.may_act_on, staff(mine), ME, HELD[theirs]) is CannotActOnYourself


@pytest.mark.parametrize("mine", ROLES)
@pytest.mark.parametrize("given", ROLES)
def test_who_gives_what(mine: str, given: str) -> None:
    allowed = GRANTS[mine].split()[ROLES.index(given)] == "yes"
    assert refusal(policy.may_grant, staff(mine), HELD[given]) is (None if allowed else CannotGrant)


@pytest.mark.parametrize("mine", ROLES)
@pytest.mark.parametrize("wanted", ROLES)
def test_one_steps_down_and_never_up_nor_aside(mine: str, wanted: str) -> None:
    down = HELD[wanted] <= HELD[mine]
    found = refusal(policy.may_change_role, staff(mine), ME, HELD[mine], HELD[wanted])
    assert found is (None if down else CannotGrant)


def test_who_may_grant_a_role_still_cannot_give_it_to_somebody_above() -> None:
    assert refusal(policy.may_change_role, staff("senior"), THEM, HELD["admin"], frozenset()) is RankTooLow
    assert refusal(policy.may_change_role, staff("senior"), THEM, HELD["senior"], frozenset()) is RankTooLow
    assert refusal(policy.may_change_role, staff("senior"), THEM, HELD["moderator"], frozenset()) is None


def test_a_permission_is_held_or_not_and_a_star_holds_all() -> None:
    for name in PERMISSIONS:
        assert refusal(policy.must_hold, Actor(id=ME), name) is NotPermitted
        assert refusal(policy.must_hold, Actor(id=ME, permissions=frozenset({name})), name) is None
        assert refusal(policy.must_hold, SYSTEM, name) is None
    assert refusal(policy.must_hold, Actor(id=ME, permissions=frozenset({"accounts"})), "accounts:view") is NotPermitted


def test_every_permission_has_a_sentence_and_a_name_of_two_words() -> None:
    for name, sentence in PERMISSIONS.items():
        assert name.count(":") == 1, name
        assert sentence.endswith("."), name


def test_the_table_cannot_weaken_admin_nor_invent_a_permission() -> None:
    emptied = {"name": "admin", "permissions": [], "may_upload": False, "may_invite": False, "may_go_live": False}
    assert standing_in(emptied).permissions == set(PERMISSIONS)
    assert standing_in(emptied).allowances == {"may_upload", "may_go_live", "may_invite"}
    assert standing_in({"name": "x", "permissions": ["*", "videos:see_any", "root"]}).permissions == {"videos:see_any"}
