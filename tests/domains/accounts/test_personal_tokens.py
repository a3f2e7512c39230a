"""Personal tokens: shown once, good for what and where and as long as was said, and ended by whoever finds one."""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from tests.factories.accounts import Person
from tests.factories.tokens import personal_token

from socialflow.domains.accounts.errors import InvalidToken
from socialflow.domains.accounts.service import Authenticator, pat
from socialflow.domains.accounts.service.leaks import ReportKeys
from socialflow.entrypoints.bootstrap import open_app
from socialflow.kernel import crypto, ids
from socialflow.kernel.config import InvalidSettings, Settings
from socialflow.kernel.work import App

Connect = Callable[..., httpx2.AsyncClient]
GITHUB = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def published(*keys: Any) -> str:
    """Keys as GitHub's API lists them."""
    listed = [
        {"key_identifier": f"key{number}", "key": pem_of(key), "is_current": True} for number, key in enumerate(keys)
    ]
    return json.dumps({"public_keys": listed})


def pem_of(key: Any) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem: bytes = key.public_key().public_bytes(serialization.Encoding.PEM, form)
    return pem.decode()


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Takes reports where a test asks for that."""
    keys = SecretStr(published(GITHUB)) if "reports" in request.fixturenames else None
    auth = settings.auth.model_copy(update={"leak_report_keys": keys, "most_tokens": 5})
    return settings.model_copy(update={"auth": auth})


@pytest.fixture
def reports() -> None:
    """Asks for reports to be taken."""


def bearer(connect: Connect, token: str) -> httpx2.AsyncClient:
    return connect(Authorization=f"Bearer {token}")


async def create(person: Person, **fields: Any) -> dict[str, Any]:
    answer = await person.post("/me/tokens", {"name": "Backup script", "scopes": ["read"], **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def notes(app: App, tag: str) -> list[dict[str, Any]]:
    """Details of what the audit log says under a tag."""
    told = text("""
        SELECT d.details FROM audit_events e JOIN audit_details d ON d.event_id = e.id WHERE e.tag = :tag ORDER BY seq
    """)
    async with app.sessions() as session:
        return list(await session.scalars(told, {"tag": tag}))


def test_a_scanner_can_tell_a_token_without_asking() -> None:
    found = re.fullmatch(r"sf_pat_([0-9A-Za-z]{43})([0-9A-Za-z]{6})", token := pat.new())
    assert found
    number = 0
    for digit in found[2]:
        number = number * 62 + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".index(digit)
    assert number == zlib.crc32(found[1].encode())
    assert pat.is_well_formed(token)
    for wrong in (token[:-1], token + "x", token.upper(), token.replace("sf_pat_", "sf_pat-"), token[:-6] + "000000"):
        assert not pat.is_well_formed(wrong)
    assert len({pat.new() for _ in range(1_000)}) == 1_000


async def test_a_token_is_shown_once_and_kept_as_a_digest(app: App, ada: Person) -> None:
    made = await create(ada, scopes=["write:videos", "read", "write"], networks=["192.0.2.7/24", "2001:DB8::/32"])

    assert made["scopes"] == ["read", "write"], "what is carried anyway is not said"
    assert made["networks"] == ["192.0.2.0/24", "2001:db8::/32"]
    assert made["last_used_at"] is None
    listed = (await ada.get("/me/tokens")).json()
    assert [item["id"] for item in listed["items"]] == [made["id"]]
    assert "token" not in listed["items"][0]
    async with app.sessions() as session:
        row = (await session.execute(text("SELECT * FROM personal_tokens"))).one()
    assert row.digest == crypto.digest(made["token"])
    assert [note["scopes"] for note in await notes(app, "account:token:created")] == [["read", "write"]]


async def test_a_token_speaks_for_its_owner_until_it_is_revoked(app: App, connect: Connect, ada: Person) -> None:
    made = await create(ada)
    program = bearer(connect, made["token"])
    assert (await program.get("/api/v1/me")).json()["id"] == ada.id
    used = (await ada.get("/me/tokens")).json()["items"][0]["last_used_at"]
    assert used is not None

    assert (await ada.delete(f"/me/tokens/{made['id']}")).status_code == 204
    assert (await ada.delete(f"/me/tokens/{made['id']}")).status_code == 204
    assert (await ada.get("/me/tokens")).json()["items"] == []
    async with open_app(app.settings) as elsewhere:
        with pytest.raises(InvalidToken):
            await elsewhere.port(Authenticator).bearer(made["token"])
    assert len(await notes(app, "account:token:ended")) == 1


async def test_one_token_is_read_as_it_stands_in_the_list_while_it_is_good(ada: Person, bob: Person) -> None:
    made = await create(ada)
    path = f"/me/tokens/{made['id']}"
    read = await ada.get(path)
    assert read.json() == (await ada.get("/me/tokens")).json()["items"][0]
    assert made["token"] not in read.text
    assert (await ada.get("/me/tokens/pat_1")).status_code in {404, 422}
    for who in (bob, ada):
        await ada.delete(path) if who is ada else None
        answer = await who.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), who.handle


async def test_a_token_is_nobody_else_s_to_end(ada: Person, bob: Person) -> None:
    made = await create(ada)
    assert (await bob.delete(f"/me/tokens/{made['id']}")).status_code == 404
    assert (await bob.get("/me/tokens")).json()["items"] == []
    assert len((await ada.get("/me/tokens")).json()["items"]) == 1


async def test_a_token_is_good_from_its_networks_only(app: App, api: FastAPI, ada: Person) -> None:
    token = await personal_token(app, ada, "read", networks=["192.0.2.0/24", "2001:db8::/32"])

    async def status(address: str) -> int:
        transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False, client=(address, 50_000))
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
            return answer.status_code

    for address in ("192.0.2.1", "::ffff:192.0.2.9", "2001:db8:7::1"):
        assert await status(address) == 200, address
    for address in ("192.0.3.1", "2001:db9::1", "127.0.0.1", "203.0.113.5", "203.0.113.5"):
        assert await status(address) == 401, address
    refused = await notes(app, "account:token:refused")
    assert [note["address"] for note in refused] == ["192.0.3.1", "2001:db9::1", "127.0.0.1", "203.0.113.5"]


async def test_a_token_ends_when_it_was_said_to(app: App, connect: Connect, ada: Person) -> None:
    now = app.clock()
    for expires_at in (now - timedelta(minutes=1), now + timedelta(days=367)):
        body = {"name": "x", "scopes": ["read"], "expires_at": expires_at.isoformat()}
        answer = await ada.post("/me/tokens", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "unusable_expiry")
    made = await create(ada, expires_at=(now + timedelta(days=366)).isoformat())
    assert made["expires_at"]
    short = await create(ada, expires_at=(app.clock() + timedelta(seconds=1)).isoformat())
    program = bearer(connect, short["token"])
    assert (await program.get("/api/v1/me")).status_code == 200
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE personal_tokens SET created_at = now() - interval '1 day'"))
        await session.execute(
            text("UPDATE personal_tokens SET expires_at = now() WHERE id = :id"), {"id": ids.parse("pat", short["id"])}
        )
    async with open_app(app.settings) as elsewhere:
        with pytest.raises(InvalidToken):
            await elsewhere.port(Authenticator).bearer(short["token"])


async def test_a_name_a_scope_and_networks_are_needed_in_their_form(ada: Person) -> None:
    for fields in (
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 61},
        {"scopes": []},
        {"scopes": "read"},
        {"networks": ["home"]},
        {"networks": ["192.0.2.0/33"]},
        {"networks": ["10.0.0.0/8"] * 21},
        {"expires_at": "soon"},
        {"secret": "mine"},
    ):
        answer = await ada.post("/me/tokens", {"name": "x", "scopes": ["read"], **fields})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), fields


async def test_a_token_is_made_by_who_has_just_shown_who_they_are(app: App, ada: Person) -> None:
    async with app.sessions.begin() as session:
        await session.execute(text("UPDATE sessions SET authenticated_at = now() - interval '1 day'"))

    answer = await ada.post("/me/tokens", {"name": "x", "scopes": ["read"]})

    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_required")


async def test_there_are_so_many_tokens_and_no_more(ada: Person) -> None:
    for _ in range(5):
        await create(ada)
    answer = await ada.post("/me/tokens", {"name": "x", "scopes": ["read"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_tokens")
    first = (await ada.get("/me/tokens?limit=3")).json()
    rest = (await ada.get(f"/me/tokens?limit=3&cursor={first['next_cursor']}")).json()
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 5
    assert rest["next_cursor"] is None


async def test_a_token_of_staff_is_worth_less_when_they_are_none_any_more(
    app: App, connect: Connect, person: Callable[..., Any]
) -> None:
    moderator = await person("moe", role="moderator")
    token = await personal_token(app, moderator, "read", "admin")
    # Not by `change_role`, which ends tokens: what a token is worth does not hang on that.
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE accounts SET role = 'user' WHERE handle = 'moe'"))

    async with open_app(app.settings) as elsewhere:
        actor = await elsewhere.port(Authenticator).bearer(token)
    assert (actor.role, actor.scopes, actor.permissions) == ("user", frozenset({"read"}), frozenset())


async def test_a_token_is_no_session(connect: Connect, ada: Person) -> None:
    program = bearer(connect, (await create(ada))["token"])
    for answer in (await program.get("/api/v1/auth/session"), await program.post("/api/v1/auth/logout")):
        assert (answer.status_code, answer.json()["code"]) == (403, "session_needed")
    assert (await program.get("/api/v1/me")).status_code == 200


async def test_text_that_only_looks_like_a_token_costs_the_database_nothing(
    app: App, client: httpx2.AsyncClient
) -> None:
    for wrong in ("sf_pat_", "sf_pat_x", pat.new()[:-1] + "!", "sf_pat_" + "A" * 49, pat.new() + "x"):
        answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {wrong}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), wrong
    answer = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {pat.new()}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_whoever_finds_a_token_may_end_it_and_learns_nothing(
    app: App, client: httpx2.AsyncClient, connect: Connect, ada: Person
) -> None:
    token, other = await personal_token(app, ada, "read"), await personal_token(app, ada, "read")
    for shown in (token, token, pat.new(), "nothing", ada.refresh_token, ada.access_token[:199]):
        answer = await client.post("/api/v1/auth/tokens/revoke", json={"token": shown})
        assert (answer.status_code, answer.content) == (204, b"")

    async with open_app(app.settings) as elsewhere:
        with pytest.raises(InvalidToken):
            await elsewhere.port(Authenticator).bearer(token)
        assert await elsewhere.port(Authenticator).bearer(other)
    assert (await ada.get("/me")).status_code == 200
    assert [note["reason"] for note in await notes(app, "account:token:ended")] == ["given_up"]


async def report(
    client: httpx2.AsyncClient,
    body: bytes,
    *,
    key: Any = GITHUB,
    identifier: str = "key0",
    signature: str | None = None,
) -> httpx2.Response:
    made = base64.b64encode(key.sign(body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "Content-Type": "application/json",
        "Github-Public-Key-Identifier": identifier,
        "Github-Public-Key-Signature": made if signature is None else signature,
    }
    return await client.post("/api/v1/token-leaks", content=body, headers=headers)


def leak(*tokens: str) -> bytes:
    url = "https://github.com/ada/dotfiles/blob/main/.env"
    return json.dumps(
        [{"token": token, "type": "social_flow_personal_token", "url": url, "source": "content"} for token in tokens]
    ).encode()


@pytest.mark.usefixtures("reports")
async def test_a_leaked_token_is_ended_and_its_owner_told(
    app: App, client: httpx2.AsyncClient, connect: Connect, ada: Person
) -> None:
    token, other = await personal_token(app, ada, "read"), await personal_token(app, ada, "read")
    unknown = pat.new()

    for _ in range(2):
        answer = await report(client, leak(token, unknown, "sf_pat_nothing"))
        assert answer.status_code == 200, answer.text
        assert [found["label"] for found in answer.json()] == ["true_positive", "false_positive", "false_positive"]
        assert answer.json()[0]["token_hash"] == hashlib.sha256(token.encode()).hexdigest()
        assert token not in answer.text

    async with open_app(app.settings) as elsewhere:
        with pytest.raises(InvalidToken):
            await elsewhere.port(Authenticator).bearer(token)
        assert await elsewhere.port(Authenticator).bearer(other)
    ended = await notes(app, "account:token:ended")
    assert [(note["reason"], note["url"]) for note in ended] == [
        ("leaked", "https://github.com/ada/dotfiles/blob/main/.env")
    ]
    async with app.sessions() as session:
        told = await session.scalar(text("SELECT count(*) FROM outbox WHERE kind LIKE '%TokenLeaked%'"))
    assert told == 1


@pytest.mark.usefixtures("reports")
async def test_a_report_is_signed_by_somebody_who_may_make_one(
    app: App, client: httpx2.AsyncClient, ada: Person
) -> None:
    token = await personal_token(app, ada, "read")
    body = leak(token)
    good = base64.b64encode(GITHUB.sign(body, ec.ECDSA(hashes.SHA256()))).decode()
    other_hash = base64.b64encode(GITHUB.sign(body, ec.ECDSA(hashes.SHA512()))).decode()
    tries: list[dict[str, Any]] = [
        {"key": OTHER},
        {"identifier": "key1"},
        {"identifier": ""},
        {"signature": ""},
        {"signature": "!"},
        {"signature": good[:-4]},
        {"signature": other_hash},
    ]
    for each in tries:
        answer = await report(client, body, **each)
        assert (answer.status_code, answer.json()["code"]) == (401, "unsigned_report"), each
    answer = await report(client, body + b" ", signature=good)
    assert answer.status_code == 401
    assert await app.port(Authenticator).bearer(token)
    # What is signed and no report is refused as any other body.
    assert (await report(client, b'{"token": "x"}')).status_code == 422


async def test_where_nobody_may_report_there_is_no_such_route(client: httpx2.AsyncClient) -> None:
    answer = await report(client, leak(pat.new()))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_keys_that_can_be_no_reporter_s_are_refused_at_the_start(settings: Settings) -> None:
    wrong = [
        "",
        "[]",
        "{}",
        '{"public_keys": []}',
        '{"public_keys": [{"key_identifier": "x"}]}',
        '{"public_keys": [{"key_identifier": "x", "key": "no PEM"}]}',
        published(ec.generate_private_key(ec.SECP384R1())),
        published(ed25519.Ed25519PrivateKey.generate()),
    ]
    for keys in wrong:
        with pytest.raises(ValueError, match="key"):
            ReportKeys(keys)
    auth = settings.auth.model_copy(update={"leak_report_keys": SecretStr("{}")})
    with pytest.raises(InvalidSettings, match="SF_AUTH__LEAK_REPORT_KEYS"):
        async with open_app(settings.model_copy(update={"auth": auth})):
            pass
