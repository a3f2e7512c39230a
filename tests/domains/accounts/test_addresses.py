"""E-mail addresses: claimed, verified, changed and taken back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.letters import Mails, follow, letters_to, log_in, reset, token_of

from socialflow.domains.accounts import service
from socialflow.domains.accounts.errors import InvalidLink
from socialflow.domains.accounts.schemas import canonical
from socialflow.kernel.config import Settings
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Mails without number; none at sign-up where a test asks for that."""
    limits = settings.limits.model_copy(update={"mail_account": "1000/60", "mail_address": "1000/60"})
    changed = {"limits": limits}
    if "unasked" in request.fixturenames:
        changed["auth"] = settings.auth.model_copy(update={"verify_email": "off"})  # type: ignore[assignment]  # two kinds of sections
    return settings.model_copy(update=changed)


@pytest.fixture
def unasked() -> None:
    """Asks for an installation that sends nothing at sign-up."""


@pytest.fixture
async def verified(ada: Person, client: httpx2.AsyncClient, deliver: Deliver, mails: Mails) -> Person:
    """Ada, whose address is verified."""
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "ada@example.org", "/verify")[0])).status_code == 204
    return ada


async def claim(client: httpx2.AsyncClient, handle: str, email: str) -> httpx2.Response:
    return await client.post("/api/v1/auth/register", json=form(handle) | {"email": email})


async def wish(person: Person, email: str) -> None:
    answer = await person.post("/me/email", {"email": email})
    assert (answer.status_code, answer.content) == (202, b"")


async def test_signing_up_asks_for_a_proof_of_the_address(
    client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    assert (await ada.get("/me")).json()["email_verified"] is False
    await deliver(times=1)
    (letter,) = letters_to(mails, "ada@example.org", "/verify")

    assert (await follow(client, letter)).status_code == 204

    assert (await ada.get("/me")).json()["email_verified"] is True
    again = await follow(client, letter)
    assert (again.status_code, again.json()["code"]) == (422, "invalid_link")


@pytest.mark.usefixtures("unasked")
async def test_where_nobody_is_asked_one_may_ask_oneself(ada: Person, deliver: Deliver, mails: Mails) -> None:
    await deliver(times=1)
    assert mails() == []

    assert (await ada.post("/me/email/verification")).status_code == 202

    await deliver(times=1)
    assert letters_to(mails, "ada@example.org", "/verify")


async def test_whoever_is_verified_gets_no_more_links(verified: Person, deliver: Deliver, mails: Mails) -> None:
    before = len(mails())
    assert (await verified.post("/me/email/verification")).status_code == 202
    await deliver(times=1)
    assert len(mails()) == before


async def test_a_sign_up_with_somebody_s_address_looks_like_any_other_and_only_the_owner_is_told(
    client: httpx2.AsyncClient, verified: Person, deliver: Deliver, mails: Mails
) -> None:
    known, unknown = await claim(client, "eve", "Ada@example.org"), await claim(client, "eva", "eva@example.org")

    assert known.status_code == unknown.status_code == 201
    assert known.json()["user"].keys() == unknown.json()["user"].keys()
    assert known.json()["user"]["email_verified"] is unknown.json()["user"]["email_verified"] is False
    await deliver(times=1)
    assert len(letters_to(mails, "ada@example.org", "/verify")) == 1, "the one of the first sign-up"
    assert [each.subject for each in mails() if each.to == "ada@example.org"][-1] == "You have an account already"
    for password, handle in ((PASSWORD, "ada"), (PASSWORD + "x", None)):
        answer = await log_in(client, "ada@example.org", password)
        assert answer.json().get("user", {}).get("handle") == handle


async def test_of_several_claims_the_first_counts_until_one_is_verified(
    client: httpx2.AsyncClient, ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await claim(client, "late", "ada@example.org")
    await deliver(times=1)
    assert (await log_in(client, "ada@example.org", PASSWORD)).json()["user"]["handle"] == "ada"
    first, second = letters_to(mails, "ada@example.org", "/verify")
    late = first if "@late" in first.text else second
    other = second if late is first else first

    assert (await follow(client, late)).status_code == 204

    assert (await log_in(client, "ada@example.org", PASSWORD)).json()["user"]["handle"] == "late"
    taken = await follow(client, other)
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    assert (await ada.get("/me")).json()["email_verified"] is False
    # What belongs to a mere claim is not sent to who owns the address.
    before = len(mails())
    assert (await ada.post("/me/password", {"current_password": PASSWORD, "new_password": PASSWORD + "x"})).is_success
    await deliver(times=1)
    assert len(mails()) == before


async def test_an_address_is_changed_when_the_new_one_confirms(
    client: httpx2.AsyncClient, verified: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(verified, "ADA@Lovelace.example")
    me = (await verified.get("/me")).json()
    assert (me["email"], me["pending_email"]) == ("ada@example.org", "ada@lovelace.example")
    await deliver(times=1)
    (letter,) = letters_to(mails, "ada@lovelace.example", "/email/confirm")

    assert (await follow(client, letter)).status_code == 204

    me = (await verified.get("/me")).json()
    assert (me["email"], me["email_verified"], me["pending_email"]) == ("ada@lovelace.example", True, None)
    assert (await log_in(client, "ada@lovelace.example", PASSWORD)).status_code == 200
    assert (await log_in(client, "ada@example.org", PASSWORD)).status_code == 401
    await deliver(times=1)
    assert (mails()[-1].to, mails()[-1].subject) == ("ada@example.org", "Your e-mail address has changed")
    assert (await follow(client, letter)).status_code == 422


async def test_the_address_before_takes_a_change_back_for_seven_days(
    app: App, client: httpx2.AsyncClient, verified: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(verified, "thief@example.com")
    await deliver(times=1)
    (confirm,) = letters_to(mails, "thief@example.com", "/email/confirm")
    assert (await follow(client, confirm)).status_code == 204
    # A thief would go on at once.
    await wish(verified, "thief2@example.com")
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "thief2@example.com", "/email/confirm")[0])).status_code == 204
    (undo,) = letters_to(mails, "ada@example.org", "/email/undo")
    later = replace(app, clock=lambda: datetime.now(UTC) + timedelta(days=7, minutes=1))
    async with later.work(SYSTEM) as work:
        with pytest.raises(InvalidLink):
            await service.undo_email_change(work, token_of(undo), keys=app.keys)

    assert (await follow(client, undo)).status_code == 204

    account = (await log_in(client, "ada@example.org", PASSWORD)).json()["user"]
    assert (account["id"], account["email_verified"]) == (verified.id, True)
    ended = await client.post("/api/v1/auth/refresh", json={"refresh_token": verified.refresh_token})
    assert ended.json()["code"] == "session_ended"
    assert (await follow(client, undo)).status_code == 422, "once"
    theirs = letters_to(mails, "thief@example.com", "/email/undo")
    assert [(await follow(client, each)).status_code for each in theirs] == [422], "nor by the thief"
    await deliver(times=1)
    (letter,) = letters_to(mails, "ada@example.org", "/reset")
    assert (await reset(client, letter, PASSWORD + " and more")).status_code == 204


async def test_a_change_that_is_only_wished_for_is_taken_back_too(
    client: httpx2.AsyncClient, verified: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(verified, "thief@example.com")
    await deliver(times=1)

    assert (await follow(client, letters_to(mails, "ada@example.org", "/email/undo")[0])).status_code == 204

    assert (await follow(client, letters_to(mails, "thief@example.com", "/email/confirm")[0])).status_code == 422
    ended = await client.post("/api/v1/auth/refresh", json={"refresh_token": verified.refresh_token})
    assert ended.status_code == 401


async def test_an_address_that_nobody_verified_gets_no_link_to_take_the_account(
    ada: Person, deliver: Deliver, mails: Mails
) -> None:
    await deliver(times=1)
    await wish(ada, "right@example.org")
    await deliver(times=1)

    assert letters_to(mails, "right@example.org", "/email/confirm")
    assert letters_to(mails, "ada@example.org", "/email/undo") == []


async def test_a_wish_is_forgotten(
    client: httpx2.AsyncClient, verified: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(verified, "new@example.org")
    await deliver(times=1)

    assert (await verified.delete("/me/email/pending")).status_code == 204

    assert (await verified.get("/me")).json()["pending_email"] is None
    assert (await follow(client, letters_to(mails, "new@example.org", "/email/confirm")[0])).status_code == 422


async def test_wishing_for_the_address_that_one_has_is_a_mistake(ada: Person) -> None:
    answer = await ada.post("/me/email", {"email": "ada@EXAMPLE.org"})

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "email_same")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        ("a.d.a+x@example.org", "a.d.a+x@example.org"),
        ("ada@b\u00fccher.example", "ada@b\u00fccher.example"),
        ("ada@xn--bcher-kva.example", "ada@b\u00fccher.example"),
        ("ada@BU\u0308CHER.example", "ada@b\u00fccher.example"),
        ("\u0430da@example.org", "\u0430da@example.org"),
        ("not an address", "not an address"),
    ],
)
def test_an_address_has_one_spelling_and_nothing_else_is_made_the_same(written: str, kept: str) -> None:
    assert canonical(written) == canonical(canonical(written)) == kept


@pytest.mark.parametrize("login", ["ADA@xn--bcher-kva.example", "ada@b\u00fccher.example"])
async def test_one_logs_in_by_any_spelling_of_ones_address(client: httpx2.AsyncClient, login: str) -> None:
    assert (await claim(client, "ada", "ada@B\u00dcCHER.example")).status_code == 201

    assert (await log_in(client, login, PASSWORD)).status_code == 200


@pytest.mark.parametrize("local", ["\u0130da", "\u1e9e", "\u03a3\u03a3", "\u01c5", "a\u0345", "\u212a", "\u2168"])
async def test_an_address_of_any_letters_is_taken_or_refused_and_breaks_nothing(
    client: httpx2.AsyncClient, local: str
) -> None:
    answer = await claim(client, "ada", f"{local}@example.org")

    assert answer.status_code in {201, 422}, answer.text


async def test_an_international_domain_is_written_to_as_mail_servers_know_it(
    client: httpx2.AsyncClient, deliver: Deliver, mails: Mails
) -> None:
    assert (await claim(client, "ada", "ada@b\u00fccher.example")).status_code == 201
    await deliver(times=1)

    (letter,) = letters_to(mails, "ada@xn--bcher-kva.example", "/verify")
    assert (await follow(client, letter)).status_code == 204


@pytest.mark.parametrize("email", ["\u0430da@example.org", "ad\u00e1@example.org"])
async def test_letters_that_no_mail_server_takes_are_refused(client: httpx2.AsyncClient, email: str) -> None:
    answer = await claim(client, "ada", email)

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "email_letters")
