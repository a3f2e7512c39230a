"""A19: whoever reads every table and every key of Redis can log in as nobody."""

import base64
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.factories.accounts import PASSWORD, Person, form
from tests.factories.uploads import uploaded
from tests.factories.videos import video

from socialflow.domains.media.service import delivery
from socialflow.kernel import crypto, ids
from socialflow.kernel.work import App

TELLING = re.compile(r"secret|token|passw|digest|hash|credential|seed|salt|cipher|otp|code|key|successor|answer")
# What columns of such names, and all that hold bytes, are. A new one is entered here after a look at what it keeps.
ARGON2, SHA256, SEALED, HARMLESS = "argon2id", "SHA-256 of 256 random bits", "AES-GCM", "no secret"
MAC = "HMAC-SHA256"
KNOWN = {
    "accounts.password_hash": ARGON2,
    "accounts.password_changed_at": HARMLESS,
    "audit_events.details_digest": MAC,
    "audit_events.digest": MAC,
    "audit_heads.digest": MAC,
    "personal_tokens.digest": SHA256,
    "invites.token_digest": SHA256,
    "erasures.mail_to": SEALED,
    "sign_ups.answer": HARMLESS,
    "sessions.secret_digest": SHA256,
    "sessions.previous_digest": SHA256,
    "sessions.successor": SEALED,
    "totp_factors.sealed_seed": SEALED,
    "recovery_codes.code_hash": ARGON2,
    "passkeys.credential_id": HARMLESS,
    "passkeys.public_key": HARMLESS,
    "passkeys.user_handle": HARMLESS,
    "spent_proofs.digest": SHA256,
    "idempotency_keys.fingerprint": SHA256,
    "idempotency_keys.request_hash": SHA256,
    "idempotency_keys.answer": SEALED,
    "client_apps.secret_digest": SHA256,
    "app_codes.digest": SHA256,
    "device_codes.device_digest": SHA256,
    "device_codes.user_code_mac": MAC,
    "jobs.key": HARMLESS,
    "jobs.lease_token": HARMLESS,
    "assets.source_key": HARMLESS,
    "assets.thumbhash": HARMLESS,
    "channels.avatar_thumbhash": HARMLESS,
    "channels.banner_thumbhash": HARMLESS,
    "assets.failure_code": HARMLESS,
    "asset_files.key": HARMLESS,
    "renditions.codecs": HARMLESS,
    "upload_pieces.key": HARMLESS,
    "uploads.failure_code": HARMLESS,
    # The store's number of a multipart upload: of use to whoever has the store's own key.
    "uploads.store_token": HARMLESS,
    "watched_sendings.key": HARMLESS,
    "watched_sendings.token": HARMLESS,
    "asset_keys.secret": SEALED,
    "edits.failure_code": HARMLESS,
    "hashtag_follows.hashtag_id": HARMLESS,
    # Of the address of a page that somebody links to, in public.
    "link_previews.digest": HARMLESS,
    "post_hashtags.hashtag_id": HARMLESS,
    "link_imports.url": SEALED,
    "transcodes.failure_code": HARMLESS,
    "transcode_tasks.failure_code": HARMLESS,
    "videos.failure_code": HARMLESS,
    "videos.password_hash": ARGON2,
    "videos.password_edition": HARMLESS,
    "video_sources.failure_code": HARMLESS,
}
KEY = "an idempotency key that nobody may read"
_COLUMNS = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"


@pytest.fixture
def ports() -> dict[type[Any], Any]:
    """What hashing costs is what this is about."""
    return {}


def spellings(secret: str) -> Iterator[str]:
    """A secret as it may lie in a dump: as text, in hexadecimal, in base64, and its random part alone."""
    for shown in {secret, secret.rpartition(".")[2]}:
        yield shown
        yield shown.encode().hex()
        yield base64.b64encode(shown.encode()).decode().rstrip("=")[:-2]


async def dump(app: App) -> str:
    """Every row of every table, and every key of Redis with what it holds."""
    async with app.sessions() as session:
        tables = {row.table_name for row in await session.execute(text(_COLUMNS))}
        assert len(tables) > 10
        rows = [
            str(row)
            for table in sorted(tables)
            for row in await session.scalars(text(f'SELECT t::text FROM "{table}" t'))
        ]
    kept = [(key, await app.redis.dump(key)) async for key in app.redis.scan_iter()]
    return "\n".join([*rows, *(str(pair) for pair in kept)])


async def test_a19_every_column_that_could_hold_a_secret_is_known(app: App) -> None:
    async with app.sessions() as session:
        columns = (await session.execute(text(_COLUMNS))).all()
    found = {
        f"{column.table_name}.{column.column_name}"
        for column in columns
        if TELLING.search(column.column_name) or column.data_type == "bytea"
    }
    assert found == set(KNOWN)


async def test_a19_a_dump_gives_nothing_that_opens_anything(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    secrets: set[str] = {PASSWORD, KEY, ada.access_token, ada.refresh_token}
    for wanted in ({}, {"X-Session": "cookie"}):
        handle = f"eve{len(wanted)}"
        headers = {"Idempotency-Key": KEY + handle, **wanted}
        given = (await client.post("/api/v1/auth/register", json=form(handle), headers=headers)).json()
        secrets |= {given["access_token"], given["refresh_token"], given["csrf_token"], *client.cookies.values()}
        client.cookies.clear()
    secrets.discard(None)
    body = {"login": "ada", "password": PASSWORD}
    given = (await client.post("/api/v1/auth/login", json=body, headers={"X-Session": "cookie"})).json()
    await client.post("/api/v1/auth/login", json=body | {"password": f"{PASSWORD}x"})
    secrets |= {given["csrf_token"], client.cookies["sf_session"]}
    client.cookies.clear()
    refreshed = (await client.post("/api/v1/auth/refresh", json={"refresh_token": ada.refresh_token})).json()
    secrets |= {refreshed["access_token"], refreshed["refresh_token"]}
    key = {"Idempotency-Key": f"{KEY}token"}
    made = await ada.post("/me/tokens", {"name": "a script", "scopes": ["read"]}, headers=key)
    given_up = await ada.post("/me/tokens", {"name": "another", "scopes": ["read"]})
    secrets |= {made.json()["token"], given_up.json()["token"]}
    assert (await client.post("/api/v1/auth/tokens/revoke", json={"token": given_up.json()["token"]})).is_success
    used = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {made.json()['token']}"})
    assert used.status_code == 200
    await uploaded(ada, b"x" * 2_000)
    private = await video(app, ada, visibility="private")
    hls = private["playback"]["hls_url"]
    assert (await client.get(hls)).status_code == 200
    secrets.add(hls.split("/")[2].removeprefix("~"))

    text_of_all = await dump(app)

    assert str(ids.parse("acc", ada.id)) in text_of_all, "the dump is one"
    assert len(secrets) > 10
    for secret in secrets:
        for shown in spellings(secret):
            assert shown not in text_of_all, secret[:16]


async def test_a19_what_is_kept_is_of_the_kind_that_is_said(app: App, client: httpx2.AsyncClient) -> None:
    given = (await client.post("/api/v1/auth/register", json=form("ada"), headers={"Idempotency-Key": KEY})).json()
    second = (await client.post("/api/v1/auth/refresh", json={"refresh_token": given["refresh_token"]})).json()

    async with app.sessions() as session:
        account = (await session.execute(text("SELECT password_hash FROM accounts"))).one()
        kept = (await session.execute(text("SELECT * FROM sessions"))).one()
        answer = (await session.execute(text("SELECT * FROM idempotency_keys"))).one()
    assert re.match(r"\$argon2id\$v=19\$m=19456,t=2,p=1\$", account.password_hash)
    assert kept.secret_digest == crypto.digest(second["refresh_token"])
    assert kept.previous_digest == crypto.digest(given["refresh_token"])
    # Sealed under what only the client holds: our own secret alone does not open it.
    for sealed in (kept.successor, answer.answer):
        for purpose in ("", "refresh", "refresh:", "idempotency", "csrf", delivery.PURPOSE):
            try:
                app.keys.unseal(purpose, sealed)
            except crypto.BadSignature:
                continue
            raise AssertionError(purpose)
    assert app.keys.unseal(f"refresh:{given['refresh_token']}", kept.successor)
