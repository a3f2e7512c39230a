"""A7: what one session has begun is no factor of another, and odd or doubtful proof opens nothing."""

from collections.abc import Callable
from dataclasses import replace

import httpx2
import orjson
from tests.factories.accounts import PASSWORD, Person
from tests.factories.authenticators import Authenticator, Phone, add_passkey

from socialflow.domains.accounts.service import passkeys
from socialflow.kernel.crypto import Keys
from socialflow.kernel.work import ANONYMOUS, App


async def test_a07_a_seed_that_another_session_has_seen_is_not_shown_again(
    connect: Callable[..., httpx2.AsyncClient], ada: Person
) -> None:
    given = await connect().post("/api/v1/auth/login", json={"login": "ada", "password": PASSWORD})
    thief = connect(Authorization=f"Bearer {given.json()['access_token']}")
    planted = (await thief.post("/api/v1/me/factors/totp")).json()["secret"]

    mine = (await ada.post("/me/factors/totp")).json()["secret"]

    assert mine != planted
    code = {"code": Phone(mine, []).code()}
    assert (await thief.post("/api/v1/me/factors/totp/confirm", json=code)).status_code == 401
    assert (await ada.post("/me/factors/totp/confirm", code)).status_code == 200


async def test_a07_a_passkey_outlives_the_secret_and_an_odd_handle_is_refused(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    device = Authenticator()
    await add_passkey(ada, device)
    later = replace(app, keys=Keys("another secret of this installation, of a test"))
    async with later.work(ANONYMOUS) as work:
        asked = await passkeys.ask(work, None, passkeys.LOG_IN, keys=later.keys, settings=later.settings)
    answer = (asked.state, device.get(asked.options))
    assert (await passkeys.examine(later, ANONYMOUS, None, answer, passkeys.LOG_IN)).user_verified

    options = (await client.post("/api/v1/auth/passkey/options")).json()
    said = orjson.loads(device.get(options["options"]))
    said["response"]["userHandle"] = ["x"]
    sent = {"state": options["state"], "credential": orjson.dumps(said).decode()}
    assert (await client.post("/api/v1/auth/passkey", json=sent)).status_code == 401
