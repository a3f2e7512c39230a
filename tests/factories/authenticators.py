"""Devices in software: a phone that shows codes, and an authenticator that holds passkeys (WebAuthn Level 3).

What they answer is made by hand from the specification, and not by the library that verifies it.
"""

import base64
import hashlib
import os
import time
from dataclasses import dataclass, field
from typing import Any

import cbor2
import orjson
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from socialflow.kernel.work import App
from tests.factories.accounts import PASSWORD, Person

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN = "http://localhost:8000"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Held:
    """A passkey in a device."""

    id: bytes
    private: ec.EllipticCurvePrivateKey
    rp_id: str
    user: bytes
    count: int = 0


@dataclass
class Authenticator:
    """A device; fields say how it behaves, rightly or wrongly."""

    origin: str = ORIGIN
    verifies: bool = True
    counts: bool = True
    synced: bool = False
    held: list[Held] = field(default_factory=list)

    def create(self, options: str, **changes: Any) -> str:
        """`navigator.credentials.create`: the credential as JSON text."""
        asked = orjson.loads(options)
        private = ec.generate_private_key(ec.SECP256R1())
        key = Held(os.urandom(32), private, asked["rp"]["id"], unb64(asked["user"]["id"]))
        self.held.append(key)
        numbers = private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(key.id).to_bytes(2, "big") + key.id + cbor2.dumps(cose)
        data = self._data(key, AT) + attested
        response = {
            "clientDataJSON": b64(self._client("webauthn.create", asked, **changes)),
            "attestationObject": b64(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "hybrid", "nonsense"],
        }
        return self._credential(key, response)

    def get(self, options: str, key: Held | None = None, **changes: Any) -> str:
        """`navigator.credentials.get`: the assertion as JSON text."""
        asked = orjson.loads(options)
        allowed = [unb64(one["id"]) for one in asked.get("allowCredentials", ())]
        key = key or next(one for one in self.held if not allowed or one.id in allowed)
        key.count += self.counts
        client = self._client("webauthn.get", asked, **changes)
        data = self._data(key, 0)
        signature = key.private.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(key.user),
        }
        return self._credential(key, response)

    def _client(self, kind: str, asked: dict[str, Any], **changes: Any) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        return orjson.dumps(said | changes)

    def _data(self, key: Held, more: int) -> bytes:
        flags = UP | more | (UV if self.verifies else 0) | (BE | BS if self.synced else 0)
        return hashlib.sha256(key.rp_id.encode()).digest() + bytes([flags]) + key.count.to_bytes(4, "big")

    def _credential(self, key: Held, response: dict[str, Any]) -> str:
        said = {"id": b64(key.id), "rawId": b64(key.id), "type": "public-key", "response": response}
        return orjson.dumps(said | {"clientExtensionResults": {}, "authenticatorAttachment": "platform"}).decode()


@dataclass
class Phone:
    """An authenticator app, and the paper with recovery codes beside it."""

    secret: str
    codes: list[str]

    def code(self, later: int = 0) -> str:
        """The code of now, or of so many steps of 30 s later."""
        return pyotp.TOTP(self.secret).at(int(time.time()) + 30 * later)


async def add_phone(app: App, person: Person) -> Phone:
    """Set up an authenticator app as people do; it was a while ago."""
    begun = (await person.post("/me/factors/totp")).json()
    phone = Phone(begun["secret"], [])
    answer = await person.post("/me/factors/totp/confirm", {"code": phone.code()})
    assert answer.status_code == 200, answer.text
    phone.codes = answer.json()["recovery_codes"] or []
    await let_codes_pass(app)
    return phone


async def add_passkey(person: Person, device: Authenticator, name: str = "Key") -> dict[str, Any]:
    """Add a passkey as people do."""
    asked = (await person.post("/me/factors/passkeys/options")).json()
    sent = {"state": asked["state"], "credential": device.create(asked["options"]), "name": name}
    answer = await person.post("/me/factors/passkeys", sent)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def let_codes_pass(app: App) -> None:
    """As if a minute had gone by since the last code was taken."""
    async with app.sessions() as session, session.begin():
        await session.execute(text("UPDATE totp_factors SET last_step = last_step - 2"))


async def grow_old(app: App, seconds: int = 3_600) -> None:
    """As if everybody had shown who they are so long ago."""
    async with app.sessions() as session, session.begin():
        statement = "UPDATE sessions SET authenticated_at = authenticated_at - make_interval(secs => :seconds)"
        await session.execute(text(statement), {"seconds": seconds})


async def begin(person: Person, http: Any, password: str = PASSWORD) -> dict[str, Any]:
    """The first step of a log-in: the problem that asks for the second."""
    answer = await http.post("/api/v1/auth/login", json={"login": person.handle, "password": password})
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required"), answer.text
    asked: dict[str, Any] = answer.json()
    return asked
