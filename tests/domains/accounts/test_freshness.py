"""What is dangerous is refused to a session that has not shown lately who is there: which operations that are."""

from collections.abc import Awaitable, Callable

import pytest
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import add_phone, grow_old
from tests.factories.operations import operations

from socialflow.entrypoints.api import openapi
from socialflow.kernel.work import App

# What opens an account, what ends or takes along what is in it, and what staff do to others.
OWN = {"changeEmail", "beginTotp", "confirmTotp", "removeTotp", "renewRecoveryCodes"}
OWN |= {"beginPasskey", "addPasskey", "removePasskey", "startConnection", "connectByProviderToken", "removeConnection"}
OWN |= {"endMySession", "endMyOtherSessions", "createToken", "createExport", "createExportLink", "leaveAccount"}
OWN |= {"createApp", "updateMyApp", "deleteMyApp", "rotateAppSecret"}
STAFFS = {"suspendAccount", "unsuspendAccount", "signAccountOut", "signEverybodyOut", "changeAccountRole"}
STAFFS |= {"createRole", "updateRole", "deleteRole"}
# These ask for a password or a factor themselves.
BY_THEMSELVES = {"changePassword", "stepUp"}
BODIES = {"leaveAccount": {"handle": "boss"}, "confirmTotp": {"code": "123456"}}


def fresh_of(api: FastAPI) -> set[str]:
    """The operations whose documents say that they may ask for a fresh proof."""
    return {
        operation["operationId"]
        for item in openapi.document(api)["paths"].values()
        for operation in item.values()
        if "step_up_required" in operation["responses"].get("401", {}).get("x-codes", ())
    }


def test_each_dangerous_operation_says_that_it_may_ask_for_a_fresh_proof(api: FastAPI) -> None:
    assert fresh_of(api) >= OWN | STAFFS | BY_THEMSELVES


async def test_an_old_session_does_nothing_dangerous(
    app: App, api: FastAPI, person: Callable[..., Awaitable[Person]]
) -> None:
    boss = await person("boss", role="admin")
    await grow_old(app)
    fresh = fresh_of(api) - BY_THEMSELVES

    asked = set()
    for operation in operations(api):
        if operation.name not in fresh:
            continue
        answer = await boss.http.request(operation.method, operation.url(), json=BODIES.get(operation.name, {}))
        if operation.name == "endMySession":
            # One's own may be ended at any time; of one that is nobody's nothing is told.
            assert answer.status_code in {401, 404}
        else:
            assert (answer.status_code, answer.json().get("code")) == (401, "step_up_required"), operation.name
        asked.add(operation.name)
    assert asked == fresh


@pytest.mark.parametrize("has_factor", [False, True])
async def test_a_password_is_changed_by_the_present_one_and_the_second_factor_where_there_is_one(
    app: App, ada: Person, *, has_factor: bool
) -> None:
    phone = await add_phone(app, ada) if has_factor else None
    await grow_old(app)
    body = {"current_password": PASSWORD, "new_password": "quite another one"}

    answer = await ada.post("/me/password", body)

    if phone is None:
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
    assert (await ada.post("/auth/step-up", {"totp": phone.code()})).status_code == 200
    assert (await ada.post("/me/password", body)).status_code == 200
