"""A12: an account made with a victim's address before the victim comes; what is done here without another provider."""

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.authenticators import Authenticator, add_passkey, add_phone
from tests.factories.letters import Mails, follow, letters_to, log_in, reset
from tests.factories.oauth import code_for, let_in, make_app, refused_within_five_seconds
from tests.factories.tokens import personal_token

from socialflow.kernel.config import Settings
from socialflow.kernel.work import App

Deliver = Callable[..., Awaitable[int]]
Connect = Callable[..., httpx2.AsyncClient]
VICTIM = "victim@example.org"
OWN = "the victim's own long words"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Mails without number."""
    limits = settings.limits.model_copy(update={"mail_account": "1000/60", "mail_address": "1000/60"})
    return settings.model_copy(update={"limits": limits})


@pytest.fixture
async def thief(client: httpx2.AsyncClient, connect: Callable[..., httpx2.AsyncClient]) -> httpx2.AsyncClient:
    """Somebody who was here first, by the victim's address."""
    given = (await client.post("/api/v1/auth/register", json=form("thief") | {"email": VICTIM})).json()
    return connect(Authorization=f"Bearer {given['access_token']}")


async def test_a12_the_victim_signs_up_all_the_same_and_the_address_becomes_theirs(
    client: httpx2.AsyncClient, thief: httpx2.AsyncClient, deliver: Deliver, mails: Mails
) -> None:
    sent = form("victim") | {"email": VICTIM, "password": OWN}
    assert (await client.post("/api/v1/auth/register", json=sent)).status_code == 201
    await deliver(times=1)
    (letter,) = (each for each in letters_to(mails, VICTIM, "/verify") if "@victim" in each.text)

    assert (await follow(client, letter)).status_code == 204

    assert (await log_in(client, VICTIM, OWN)).json()["user"]["handle"] == "victim"
    assert (await log_in(client, VICTIM, PASSWORD)).status_code == 401
    assert (await thief.get("/api/v1/me")).json()["email_verified"] is False
    assert (await thief.post("/api/v1/me/email/verification")).status_code == 202
    await client.post("/api/v1/auth/password-reset", json={"email": VICTIM})
    await deliver(times=1)
    (letter,) = letters_to(mails, VICTIM, "/reset")
    assert "@victim" in letter.text, "the thief's account is reset by nobody through this address"


async def test_a12_who_resets_by_mail_has_the_account_alone(
    client: httpx2.AsyncClient, thief: httpx2.AsyncClient, deliver: Deliver, mails: Mails
) -> None:
    # The thief waits with a change that would take the account back afterwards.
    assert (await thief.post("/api/v1/me/email", json={"email": "thief@example.com"})).status_code == 202
    await client.post("/api/v1/auth/password-reset", json={"email": VICTIM})
    await deliver(times=1)
    (letter,) = letters_to(mails, VICTIM, "/reset")

    assert (await reset(client, letter, OWN)).status_code == 204

    assert (await follow(client, letters_to(mails, "thief@example.com", "/email/confirm")[0])).status_code == 422
    assert (await log_in(client, "thief", PASSWORD)).status_code == 401
    user = (await log_in(client, VICTIM, OWN)).json()["user"]
    assert (user["email"], user["email_verified"], user["pending_email"]) == (VICTIM, True, None)


async def test_a12_no_door_that_was_left_open_survives_the_first_reset(
    app: App, client: httpx2.AsyncClient, ada: Person, connect: Connect, deliver: Deliver, mails: Mails
) -> None:
    # `ada` has claimed the address, and adds whatever there is to add.
    phone, device = await add_phone(app, ada), Authenticator()
    await add_passkey(ada, device)
    sky = await make_app(ada, connect(), confidential=True)
    given, waiting = await let_in(ada, sky), await code_for(ada, sky)
    personal = await personal_token(app, ada, "read")
    await client.post("/api/v1/auth/password-reset", json={"email": "ada@example.org"})
    await deliver()
    (letter,) = letters_to(mails, "ada@example.org", "/reset")

    assert (await reset(client, letter, OWN)).status_code == 204

    asked = (await client.post("/api/v1/auth/passkey/options")).json()
    sent = {"state": asked["state"], "credential": device.get(asked["options"])}
    assert (await client.post("/api/v1/auth/passkey", json=sent)).json()["code"] == "wrong_factor"
    for refused in (await sky.exchange(waiting), await sky.refresh(given["refresh_token"])):
        assert refused.json()["error"] == "invalid_grant"
    for secret in (personal, given["access_token"], ada.access_token):
        await refused_within_five_seconds(connect(Authorization=f"Bearer {secret}"))
    entered = await log_in(client, "ada", OWN)
    assert entered.status_code == 200, "nobody else's second factor is asked for"
    owner = connect(Authorization=f"Bearer {entered.json()['access_token']}")
    assert (await owner.get("/api/v1/me/factors")).json()["enabled"] is False
    assert (await owner.get("/api/v1/me/authorized-apps")).json()["items"] == []
    assert phone.codes, "there were recovery codes, too"
    async with app.sessions() as session:
        for table in ("totp_factors", "passkeys", "recovery_codes", "app_grants", "device_codes"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


async def test_a12_the_factors_of_a_verified_account_are_asked_for_after_a_reset(
    app: App, client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await deliver()
    assert (await follow(client, letters_to(mails, "ada@example.org", "/verify")[0])).status_code == 204
    await add_phone(app, ada)
    await client.post("/api/v1/auth/password-reset", json={"email": "ada@example.org"})
    await deliver()

    assert (await reset(client, letters_to(mails, "ada@example.org", "/reset")[0], OWN)).status_code == 204

    entered = await log_in(client, "ada", OWN)
    assert (entered.status_code, entered.json()["code"]) == (401, "second_factor_required")
