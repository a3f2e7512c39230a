"""A3: passwords that are easy to guess are refused, all others are taken byte by byte, as they were sent."""

import unicodedata

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.breaches import range_service
from tests.factories.letters import log_in

from socialflow.domains.accounts.service import Passwords
from socialflow.domains.accounts.service.choosing import check, common_passwords
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel.config import Settings
from socialflow.kernel.errors import InvalidRequest
from socialflow.kernel.work import App

LONGEST = "p4 " * 341 + "x"


async def choose(client: httpx2.AsyncClient, password: str, **more: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/register", json=form("ada") | {"password": password, **more})


def code_of(answer: httpx2.Response) -> str:
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"] in {"/password", "/new_password"}
    code: str = error["code"]
    return code


@pytest.mark.parametrize("length", range(8))
async def test_a03_short_ones_are_refused(client: httpx2.AsyncClient, length: int) -> None:
    assert code_of(await choose(client, "kT7#qLz"[:length])) == "password_length"


def test_a03_the_list_holds_ten_thousands_that_the_length_lets_through() -> None:
    listed = common_passwords()

    assert len(listed) > 10_000
    assert all(len(each.encode()) >= 8 and each == each.lower() for each in listed)
    assert {"password", "12345678", "qwertyuiop", "iloveyou", "sunshine", "princess1"} <= listed


@pytest.mark.parametrize(
    "password",
    ["password", "PASSWORD", "Password123", "qwertyuiop", "1q2w3e4r5t", "pa\uff53\uff53wo\uff52d", "zzzzzzzzzzzz"],
)  # fmt: skip
async def test_a03_common_ones_are_refused_in_any_case_and_width(client: httpx2.AsyncClient, password: str) -> None:
    assert code_of(await choose(client, password)) == "password_common"


async def test_a03_each_of_the_list_is_refused(client: httpx2.AsyncClient) -> None:
    for number, password in enumerate(sorted(common_passwords())[::1_500]):
        answer = await choose(client, password, email=f"{number}@example.org")
        assert code_of(answer) == "password_common", password


@pytest.mark.parametrize(
    "password", ["socialflow", "SocialFlow-2026!", "i love Social Flow so much", "xx-social.flow-yy"]
)
async def test_a03_the_name_of_the_site_is_refused(client: httpx2.AsyncClient, password: str) -> None:
    assert code_of(await choose(client, password)) == "password_of_site"


def test_a03_the_name_that_the_operator_gave_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        check("9 moth-tube 9", site=("socialflow", "Moth Tube"), own=())

    assert refused.value.errors[0].code == "password_of_site"


@pytest.mark.parametrize(
    "password", ["lovelace99", "ada.lovelace1", "Lovelace!1815", "countess2026", "loveLACEcountess"]
)
async def test_a03_ones_own_names_are_refused(client: httpx2.AsyncClient, password: str) -> None:
    answer = await choose(client, password, handle="countess", email="ada.lovelace@example.org")

    assert code_of(answer) == "password_of_owner"


async def test_a03_ones_own_name_is_no_harm_in_a_long_one(client: httpx2.AsyncClient) -> None:
    answer = await choose(client, "the countess walks nine dogs", handle="countess")

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "password",
    ["        8", "kT7#qLz9", "nodigitsatall", "4815162342 108", "\u00e4\u00f6\u00fc\u00df", "\U0001f9a9\U0001f40c",
     "tab\tand\nnewline", "\u202e backwards", "  spaces at both ends  ", "a" * 63 + "b", LONGEST],
)  # fmt: skip
async def test_a03_any_letters_in_any_mixture_are_taken_exactly(client: httpx2.AsyncClient, password: str) -> None:
    assert (await choose(client, password)).status_code == 201

    assert (await log_in(client, "ada", password)).status_code == 200
    for other in (password[:-1], password + " ", password + "x", password.strip(), password.swapcase()):
        if other != password:
            assert (await log_in(client, "ada", other)).status_code in {401, 422}, other


async def test_a03_nothing_is_cut_off(client: httpx2.AsyncClient) -> None:
    assert len(LONGEST.encode()) == 1_024
    assert (await choose(client, LONGEST)).status_code == 201

    assert (await log_in(client, "ada", LONGEST[:-1] + "y")).status_code == 401
    assert code_of(await choose(client, LONGEST + "x")) == "password_length"
    assert code_of(await choose(client, "\u00e4" * 513)) == "password_length", "bytes are counted"


@pytest.mark.parametrize("form_", ["NFC", "NFD", "NFKC", "NFKD"])
async def test_a03_what_looks_the_same_is_not_the_same(client: httpx2.AsyncClient, form_: str) -> None:
    written = "\u00c5ngstr\u00f6m \ufb01ve \u2460"
    assert (await choose(client, written)).status_code == 201

    other = unicodedata.normalize(form_, written)  # type: ignore[arg-type]  # a name of the four

    assert (await log_in(client, "ada", other)).status_code == (200 if other == written else 401)


@pytest.mark.parametrize("password", ["good and\0long", "\0" * 12])
async def test_a03_nul_is_refused(client: httpx2.AsyncClient, password: str) -> None:
    assert (await choose(client, password)).status_code == 422
    assert (await log_in(client, "ada", password)).status_code == 422


async def test_a03_five_megabytes_are_turned_away_before_anything_is_hashed(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    hashed = app.port(Passwords)
    hashed.close()  # whoever asks for a hash from here on gets an error
    for path, body in (
        ("/auth/register", form("eve") | {"password": "x" * 5_000_000}),
        ("/auth/login", {"login": "ada", "password": "x" * 5_000_000}),
        ("/auth/password-reset/confirm", {"token": "x", "password": "x" * 5_000_000}),
    ):
        assert (await client.post(f"/api/v1{path}", json=body)).status_code == 413, path
    answer = await ada.post("/me/password", {"current_password": PASSWORD, "new_password": "x" * 5_000_000})
    assert answer.status_code == 413


@pytest.mark.parametrize("password", ["password1", "socialflow rules", "adalovelace"])
async def test_a03_a_change_asks_for_as_much_as_a_sign_up(ada: Person, password: str) -> None:
    answer = await ada.post("/me/password", {"current_password": PASSWORD, "new_password": password})

    if password == "adalovelace":
        assert answer.status_code == 200, "three letters stand in many words"
    else:
        assert code_of(answer) in {"password_common", "password_of_site"}


async def test_a03_lost_ones_are_refused_where_a_service_is_named(settings: Settings, api: FastAPI) -> None:
    with range_service() as lost:
        lost.lost["a fine password, but lost"] = 12
        auth = settings.auth.model_copy(update={"breached_passwords_url": lost.url})
        async with open_app(settings.model_copy(update={"auth": auth})) as app:
            api.state.app = app
            transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=("127.0.0.1", 50_000))
            async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
                assert code_of(await choose(client, "a fine password, but lost")) == "password_breached"
                lost.status = 503
                assert (await choose(client, "a fine password, but lost")).status_code == 201, "it fails open"
    assert all(len(path) == len("/range/") + 5 for path, _ in lost.asked)
