"""A10: links for a new password, used again, too late, by others, at once, and sent to where an attacker says."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.letters import Mails, follow, letters_to, log_in, reset, token_of

from socialflow.domains.accounts import service
from socialflow.domains.accounts.errors import InvalidLink
from socialflow.kernel import crypto
from socialflow.kernel.config import Settings
from socialflow.kernel.work import ANONYMOUS, App

Deliver = Callable[..., Awaitable[int]]
NEW = "another long and winding password"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Mails without number."""
    limits = settings.limits.model_copy(update={"mail_account": "1000/60", "mail_address": "1000/60"})
    return settings.model_copy(update={"limits": limits})


async def ask(client: httpx2.AsyncClient, handle: str = "ada", **headers: str) -> None:
    body = {"email": f"{handle}@example.org"}
    answer = await client.post("/api/v1/auth/password-reset", json=body, headers=headers)
    assert answer.status_code == 202


@pytest.fixture
async def letter(client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails) -> object:
    """The mail that Ada gets."""
    await ask(client)
    await deliver(times=1)
    return letters_to(mails, "ada@example.org", "/reset")[0]


async def test_a10_a_link_is_good_once(client: httpx2.AsyncClient, letter: object) -> None:
    assert (await reset(client, letter, NEW)).status_code == 204

    again = await reset(client, letter, PASSWORD + "x")

    assert (again.status_code, again.json()["code"]) == (422, "invalid_link")
    assert (await log_in(client, "ada", NEW)).status_code == 200


async def test_a10_used_many_times_at_once_it_is_good_once(client: httpx2.AsyncClient, letter: object) -> None:
    words = [f"the words of number {number}" for number in range(8)]

    answers = await asyncio.gather(*(reset(client, letter, each) for each in words))

    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [204] + [422] * 7
    (winner,) = (each for each, status in zip(words, statuses, strict=True) if status == 204)
    assert (await log_in(client, "ada", winner)).status_code == 200


async def test_a10_two_uses_that_meet_in_the_database_are_one(app: App, letter: object) -> None:
    token = token_of(letter)
    read = asyncio.Barrier(4)

    async def use() -> bool:
        try:
            async with app.work(ANONYMOUS) as work:
                # All have begun, and hold a connection each, before the first goes on.
                await work.db.execute(text("SELECT 1"))
                await read.wait()
                await service.reset_password(work, token, encoded="x", keys=app.keys)
                await asyncio.sleep(0.1)
        except InvalidLink:
            return False
        return True

    assert sum(await asyncio.gather(*(use() for _ in range(4)))) == 1


async def test_a10_of_several_links_one_is_good(
    client: httpx2.AsyncClient, letter: object, deliver: Deliver, mails: Mails
) -> None:
    await asyncio.sleep(1.1)  # a link of another second is another
    await ask(client)
    await deliver(times=1)
    first, second = letters_to(mails, "ada@example.org", "/reset")

    assert (await reset(client, second, NEW)).status_code == 204
    assert (await reset(client, first, PASSWORD)).status_code == 422


async def test_a10_it_dies_with_the_password(client: httpx2.AsyncClient, ada: Person, letter: object) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert (await ada.post("/me/password", body)).status_code == 200

    assert (await reset(client, letter, PASSWORD)).status_code == 422
    assert (await log_in(client, "ada", NEW)).status_code == 200


async def test_a10_it_dies_with_the_password_even_if_that_is_the_same_again(
    client: httpx2.AsyncClient, ada: Person, letter: object
) -> None:
    assert (await ada.post("/me/password", {"current_password": PASSWORD, "new_password": PASSWORD})).status_code == 200

    assert (await reset(client, letter, NEW)).status_code == 422


async def test_a10_it_dies_with_the_address(
    client: httpx2.AsyncClient, ada: Person, letter: object, deliver: Deliver, mails: Mails
) -> None:
    await ada.post("/me/email", {"email": "new@example.org"})
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "new@example.org", "/email/confirm")[0])).status_code == 204

    assert (await reset(client, letter, NEW)).status_code == 422


async def test_a10_it_is_no_good_for_another_account(
    client: httpx2.AsyncClient, app: App, bob: Person, letter: object
) -> None:
    said = crypto.from_text(token_of(letter))
    async with app.sessions() as session:
        other = await session.scalar(text("SELECT id FROM accounts WHERE handle = 'bob'"))
    assert other is not None
    for changed in (
        other.bytes + said[16:],
        said[:16] + (2**40).to_bytes(8, "big") + said[24:],
        said[:24] + b"x" + said[24:],
        said[:-1] + bytes([said[-1] ^ 1]),
        said[:-32] + bytes(32),
    ):
        body = {"token": crypto.to_text(changed), "password": NEW}
        answer = await client.post("/api/v1/auth/password-reset/confirm", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_link")
    for handle in ("ada", "bob"):
        assert (await log_in(client, handle, PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
        {"Forwarded": "host=evil.example"},
        {"Origin": "https://evil.example", "Referer": "https://evil.example/"},
        {"X-Original-URL": "https://evil.example/", "X-Host": "evil.example"},
    ],
)
async def test_a10_a_link_leads_to_where_the_operator_said(
    client: httpx2.AsyncClient,
    ada: Person,
    deliver: Deliver,
    mails: Mails,
    settings: Settings,
    headers: dict[str, str],
) -> None:
    await ask(client, **headers)
    await deliver(times=1)

    (letter,) = letters_to(mails, "ada@example.org", "/reset")
    assert letter.link.startswith(f"{settings.public_url}/reset?token=")
    assert all("evil" not in part for part in (letter.text, letter.html, *letter.headers.values()))


async def test_a10_every_session_ends_within_five_seconds(
    client: httpx2.AsyncClient, ada: Person, letter: object
) -> None:
    assert (await ada.get("/me")).status_code == 200

    assert (await reset(client, letter, NEW)).status_code == 204

    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})
    assert refreshed.json()["code"] == "session_ended"
    async with asyncio.timeout(5):
        while (await ada.get("/me")).status_code != 401:
            await asyncio.sleep(0.2)


async def test_a10_it_logs_nobody_in(client: httpx2.AsyncClient, letter: object) -> None:
    answer = await reset(client, letter, NEW)

    assert answer.content == b""
    assert "set-cookie" not in answer.headers


async def test_a10_an_address_that_nobody_has_gets_no_mail(
    client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await deliver(times=1)
    before = len(mails())
    await ask(client, "nobody")
    await deliver(times=1)

    assert len(mails()) == before


async def test_a10_tokens_lie_nowhere(
    app: App, client: httpx2.AsyncClient, letter: object, deliver: Deliver, mails: Mails
) -> None:
    tokens = {token_of(each) for each in mails() if "token=" in each.text}
    assert len(tokens) >= 2
    async with app.sessions() as session:
        names = await session.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        )
        for name in names.all():
            for row in await session.scalars(text(f'SELECT t::text FROM "{name}" t')):
                assert not any(token in row for token in tokens), name
