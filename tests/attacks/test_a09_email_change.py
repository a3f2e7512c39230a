"""A9: taking an account over, or an address away, by changes of addresses."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

import httpx2
import pytest
from sqlalchemy import select, text
from tests.factories.accounts import PASSWORD, Person
from tests.factories.letters import Mails, follow, letters_to, log_in, token_of
from tests.factories.oauth import let_in, make_app

from socialflow.domains.accounts.models import Account, AppGrant, Connection, Passkey, RecoveryCode, TotpFactor
from socialflow.kernel import ids
from socialflow.kernel.config import Settings
from socialflow.kernel.events import decode
from socialflow.kernel.work import SYSTEM, App

Deliver = Callable[..., Awaitable[int]]
Connect = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Mails without number."""
    names = ("mail_account", "mail_address", "link_account", "link_address")
    limits = settings.limits.model_copy(update=dict.fromkeys(names, "1000/60"))
    return settings.model_copy(update={"limits": limits})


@pytest.fixture
async def owner(ada: Person, client: httpx2.AsyncClient, deliver: Deliver, mails: Mails) -> Person:
    """Ada, whose address is verified."""
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "ada@example.org", "/verify")[0])).status_code == 204
    return ada


async def wish(person: Person, email: str) -> None:
    assert (await person.post("/me/email", {"email": email})).status_code == 202


async def email_of(person: Person) -> tuple[str, bool]:
    me = (await person.get("/me")).json()
    return me["email"], me["email_verified"]


async def test_a09_an_address_moves_only_after_the_new_one_has_confirmed(
    owner: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "new@example.org")
    await deliver(times=1)

    assert await email_of(owner) == ("ada@example.org", True)
    assert [letter.to for letter in mails() if "/email/confirm" in letter.text] == ["new@example.org"]
    assert [letter.to for letter in mails() if "/email/undo" in letter.text] == ["ada@example.org"]


async def test_a09_nobody_gets_a_victim_s_address(
    client: httpx2.AsyncClient, owner: Person, bob: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(bob, "ada@example.org")
    await deliver(times=1)

    assert letters_to(mails, "ada@example.org", "/email/confirm") == []
    assert mails()[-1].subject == "You have an account already"
    assert await email_of(bob) == ("bob@example.org", False)
    assert (await log_in(client, "ada@example.org", PASSWORD)).json()["user"]["id"] == owner.id


async def test_a09_a_link_for_an_address_that_was_changed_since_verifies_nothing(
    client: httpx2.AsyncClient, bob: Person, deliver: Deliver, mails: Mails
) -> None:
    await deliver(times=1)
    (old,) = letters_to(mails, "bob@example.org", "/verify")
    await wish(bob, "new@example.org")
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "new@example.org", "/email/confirm")[0])).status_code == 204

    answer = await follow(client, old)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_link")
    assert await email_of(bob) == ("new@example.org", True)


@pytest.mark.parametrize(
    "field", ["is_verified", "email_verified", "email_verified_at", "email", "pending_email", "email_restored"]
)
async def test_a09_nobody_says_of_themselves_that_they_are_verified(
    client: httpx2.AsyncClient, bob: Person, field: str
) -> None:
    for method, path, body in (
        (bob.patch, "/me", {"display_name": "Bob"}),
        (bob.post, "/me/email", {"email": "new@example.org"}),
        (bob.post, "/auth/register", {"email": "eve@example.org", "password": PASSWORD, "handle": "eve_"}),
    ):
        # A body of sign-ups has an address of its own: there the value is what is wrong.
        answer = await method(path, {**body, field: True})
        assert answer.status_code == 422, path
    assert await email_of(bob) == ("bob@example.org", False)


async def test_a09_of_two_wishes_the_newer_one_counts(
    client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "first@example.org")
    await deliver(times=1)
    (first,) = letters_to(mails, "first@example.org", "/email/confirm")
    await wish(owner, "second@example.org")
    await deliver(times=1)
    (second,) = letters_to(mails, "second@example.org", "/email/confirm")

    assert (await follow(client, first)).status_code == 422
    assert (await follow(client, second)).status_code == 204
    assert (await follow(client, first)).status_code == 422
    assert await email_of(owner) == ("second@example.org", True)


async def test_a09_the_same_wish_again_has_a_link_of_its_own(
    client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    for _ in range(2):
        await wish(owner, "new@example.org")
        await deliver(times=1)
    tokens = [token_of(each) for each in mails() if "/email/confirm" in each.text]

    statuses = [
        (await client.post("/api/v1/auth/email-change/confirm", json={"token": token})).status_code for token in tokens
    ]

    assert statuses == [422, 204]


async def test_a09_two_who_wish_for_one_address_at_once_cannot_both_have_it(
    client: httpx2.AsyncClient, owner: Person, bob: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "one@example.org")
    await wish(bob, "one@example.org")
    await deliver(times=1)
    letters = letters_to(mails, "one@example.org", "/email/confirm")
    assert len(letters) == 2

    answers = await asyncio.gather(*(follow(client, letter) for letter in letters))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([204, 409], [204, 422])
    assert [await email_of(each) for each in (owner, bob)].count(("one@example.org", True)) == 1


@pytest.mark.parametrize(
    "alike",
    ["a.da@example.org", "ada+x@example.org", "\u0430da@example.org", "ada@ex\u0430mple.org", "ada@example.org.example",
     "ad\u00e1@example.org", "\uff41da@example.org"],
)  # fmt: skip
async def test_a09_addresses_that_look_alike_are_others(
    client: httpx2.AsyncClient, owner: Person, bob: Person, deliver: Deliver, mails: Mails, alike: str
) -> None:
    answer = await bob.post("/me/email", {"email": alike})
    assert answer.status_code in {202, 422}
    await deliver(times=1)

    assert letters_to(mails, "ada@example.org", "/email/confirm") == []
    asked = await client.post("/api/v1/auth/password-reset", json={"email": alike})
    assert asked.status_code in {202, 422}
    await deliver(times=1)
    assert letters_to(mails, "ada@example.org", "/reset") == []


async def test_a09_an_address_in_other_letters_of_the_same_is_the_same(
    client: httpx2.AsyncClient, owner: Person, bob: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(bob, "ADA@Example.ORG")
    await deliver(times=1)

    assert mails()[-1].subject == "You have an account already"


async def test_a09_it_needs_a_fresh_proof_of_who_one_is(app: App, owner: Person) -> None:
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 hour'"))

    answer = await owner.post("/me/email", {"email": "thief@example.com"})

    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")
    assert (await owner.get("/me")).json()["pending_email"] is None


async def test_a09_a_new_password_ends_what_a_thief_has_wished_for(
    client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "thief@example.com")
    await deliver(times=1)
    (confirm,) = letters_to(mails, "thief@example.com", "/email/confirm")
    body = {"current_password": PASSWORD, "new_password": PASSWORD + " of old"}
    assert (await owner.post("/me/password", body)).status_code == 200

    assert (await follow(client, confirm)).status_code == 422


async def test_a09_links_are_of_one_purpose_and_one_account(
    client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "new@example.org")
    await client.post("/api/v1/auth/password-reset", json={"email": "ada@example.org"})
    await owner.post("/me/email/verification")
    await deliver(times=1)
    doors = {
        "/reset": "/auth/password-reset/confirm",
        "/email/confirm": "/auth/email-change/confirm",
        "/email/undo": "/auth/email-change/undo",
        "/verify": "/auth/verify-email",
    }
    found = [letter for letter in mails() if "token=" in letter.text]
    assert {page for page in doors if any(f"{page}?token=" in each.text for each in found)} == set(doors)
    for letter in found:
        for page, door in doors.items():
            if f"{page}?token=" in letter.text:
                continue
            body = {"token": token_of(letter)} | ({"password": PASSWORD + "x"} if page == "/reset" else {})
            answer = await client.post(f"/api/v1{door}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (422, "invalid_link"), (page, letter.subject)


async def test_a09_a_thief_s_way_back_does_not_take_the_owner_s(
    client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    for email in ("thief@example.com", "thief2@example.com"):
        await wish(owner, email)
        await deliver(times=1)
        assert (await follow(client, letters_to(mails, email, "/email/confirm")[0])).status_code == 204
    (first,) = letters_to(mails, "ada@example.org", "/email/undo")
    (theirs,) = letters_to(mails, "thief@example.com", "/email/undo")
    assert (await follow(client, theirs)).status_code == 204

    assert (await follow(client, first)).status_code == 204

    assert (await log_in(client, "ada@example.org", PASSWORD)).json()["user"]["id"] == owner.id
    for used in (theirs, first):
        assert (await follow(client, used)).status_code == 422


async def test_a09_what_was_taken_back_stays_so_after_a_second_time(
    client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "thief@example.com")
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "thief@example.com", "/email/confirm")[0])).status_code == 204
    await wish(owner, "thief2@example.com")
    await deliver(times=1)
    (theirs,) = letters_to(mails, "thief@example.com", "/email/undo")
    assert (await follow(client, letters_to(mails, "ada@example.org", "/email/undo")[0])).status_code == 204
    entered = (await log_in(client, "ada@example.org", PASSWORD)).json()
    bearer = {"Authorization": f"Bearer {entered['access_token']}"}
    asked = await client.post("/api/v1/me/email", json={"email": "thief3@example.com"}, headers=bearer)
    assert asked.status_code == 202
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "ada@example.org", "/email/undo")[-1])).status_code == 204

    assert (await follow(client, theirs)).status_code == 422


async def test_a09_ways_in_that_a_thief_has_added_go_with_the_address(
    app: App, client: httpx2.AsyncClient, owner: Person, bob: Person, deliver: Deliver, mails: Mails, connect: Connect
) -> None:
    early, late = await make_app(bob, connect()), await make_app(bob, connect(), name="Late")
    await let_in(owner, early)
    account_id = ids.parse("acc", owner.id)
    async with app.work(SYSTEM) as work:
        work.db.add(connection_of(account_id, "early", work.now))
    await wish(owner, "thief@example.com")
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "thief@example.com", "/email/confirm")[0])).status_code == 204
    await let_in(owner, late)
    async with app.work(SYSTEM) as work:
        work.db.add(passkey_of(account_id, b"late", work.now))
        work.db.add(connection_of(account_id, "late", work.now))
        sealed = app.keys.seal(f"totp:{account_id}", b"s" * 20)
        work.db.add(TotpFactor(account_id=account_id, sealed_seed=sealed, created_at=work.now, confirmed_at=work.now))
        work.db.add(RecoveryCode(account_id=account_id, number=1, code_hash="x", created_at=work.now))

    assert (await follow(client, letters_to(mails, "ada@example.org", "/email/undo")[0])).status_code == 204

    async with app.sessions() as session:
        assert list(await session.scalars(select(Passkey.credential_id))) == []
        assert list(await session.scalars(select(Connection.subject))) == ["early"]
        assert list(await session.scalars(select(TotpFactor.account_id))) == []
        assert list(await session.scalars(select(RecoveryCode.number))) == []
        grants = await session.scalars(select(AppGrant.app_id).where(AppGrant.account_id == account_id))
        assert list(grants) == [ids.parse("app", early.id)]


async def test_a09_the_way_to_a_new_password_goes_to_the_restored_address_alone(
    app: App, client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "thief@example.com")
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "ada@example.org", "/email/undo")[0])).status_code == 204
    # Before the mail goes out the address is another one again.
    moved = "UPDATE accounts SET email = 'thief2@example.com', email_verified_at = now() WHERE handle = 'ada'"
    async with app.sessions.begin() as session:
        await session.execute(text(moved))
    await deliver(times=1)

    assert letters_to(mails, "thief2@example.com", "/reset") == []


async def test_a09_addresses_stand_nowhere_in_what_is_on_its_way(
    app: App, client: httpx2.AsyncClient, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    await wish(owner, "new@example.org")
    written = [await on_its_way(app)]
    await deliver(times=1)
    assert (await follow(client, letters_to(mails, "new@example.org", "/email/confirm")[0])).status_code == 204
    written.append(await on_its_way(app))
    await deliver(times=1)
    written.append(await on_its_way(app))

    assert (mails()[-1].to, mails()[-1].subject) == ("ada@example.org", "Your e-mail address has changed")
    assert "EmailChangeAsked" in written[0]
    assert "EmailChanged" in written[1]
    assert [each for each in written if "@" in each] == []


async def test_a09_what_was_on_its_way_before_addresses_were_sealed_arrives(
    app: App, owner: Person, deliver: Deliver, mails: Mails
) -> None:
    known = {"account_id": str(ids.parse("acc", owner.id)), "known": True}
    asked = decode("EmailChangeAsked", {**known, "present": "ada@example.org"})
    changed = decode("EmailChanged", {**known, "before": "ada@example.org"})
    async with app.work(SYSTEM) as work:
        account = await work.db.get(Account, ids.parse("acc", owner.id))
        assert account is not None
        account.pending_email, account.pending_email_at = "new@example.org", work.now
        work.emit(asked)
        work.emit(changed)
    await deliver(times=1)

    assert len(letters_to(mails, "ada@example.org", "/email/undo")) == 1
    assert "Your e-mail address has changed" in [each.subject for each in mails() if each.to == "ada@example.org"]


async def on_its_way(app: App) -> str:
    async with app.sessions() as session:
        rows = await session.scalars(
            text("SELECT to_jsonb(o)::text FROM outbox o UNION ALL SELECT to_jsonb(j)::text FROM jobs j")
        )
        return "\n".join(rows)


def passkey_of(account_id: uuid.UUID, credential_id: bytes, now: datetime) -> Passkey:
    kept = {
        "public_key": b"k",
        "user_handle": b"u",
        "sign_count": 0,
        "transports": [],
        "name": "key",
        "is_backed_up": False,
    }
    return Passkey(account_id=account_id, credential_id=credential_id, created_at=now, **kept)


def connection_of(account_id: uuid.UUID, subject: str, now: datetime) -> Connection:
    kept = {"issuer": "https://id.example", "provider": "acme", "email": None, "name": None}
    return Connection(account_id=account_id, subject=subject, created_at=now, **kept)
