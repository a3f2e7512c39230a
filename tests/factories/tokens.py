"""Access tokens with anything in them: signed with a key of ours, with another's, or not at all."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import KeySet

from socialflow.domains.accounts.schemas.sessions import TokenCreate
from socialflow.domains.accounts.service import people, tokens
from socialflow.kernel import crypto, ids
from socialflow.kernel.work import Actor, App
from tests.factories.accounts import Person


def part(token: str, number: int) -> dict[str, Any]:
    """The header (0) or what is said (1)."""
    found: dict[str, Any] = orjson.loads(crypto.from_text(token.split(".")[number]))
    return found


def joined(header: dict[str, Any], said: bytes, signature: bytes) -> str:
    """The three parts of a token, whatever they are."""
    return ".".join(map(crypto.to_text, (orjson.dumps(header), said, signature)))


@dataclass(frozen=True, slots=True)
class Forger:
    """Makes tokens after the model of a good one; `keys` is the private JWK Set that signed it."""

    keys: str
    good: str

    @property
    def header(self) -> dict[str, Any]:
        """The good token's header."""
        return part(self.good, 0)

    @property
    def said(self) -> dict[str, Any]:
        """What the good token says."""
        return part(self.good, 1)

    def signed(self, header: dict[str, Any] | None = None, said: Any = None, key: Any = None) -> str:
        """By our key unless another is given: as if the key, or whoever holds it, could be tricked."""
        ours = KeySet.import_key_set(orjson.loads(self.keys)).keys[0]
        words = said if isinstance(said, bytes) else orjson.dumps(self.said if said is None else said)
        algorithms = ["ES256", "Ed25519", "ES384"]
        return jws.serialize_compact(header or self.header, words, key or ours, algorithms=algorithms)

    def with_claims(self, **changes: Any) -> str:
        """Signed by our key: claims are replaced, and left out where they are None."""
        said = {name: value for name, value in {**self.said, **changes}.items() if value is not None}
        return self.signed(said=said)

    def unsigned(self, **header: Any) -> str:
        """The good token's words under another header, with no signature."""
        return joined({**self.header, **header}, crypto.from_text(self.good.split(".")[1]), b"")

    def by_mac(self, secret: bytes, algorithm: str = "HS256", **header: Any) -> str:
        """The good token's words, signed by HMAC with something that everybody knows."""
        head = {**self.header, "alg": algorithm, **header}
        message = f"{crypto.to_text(orjson.dumps(head))}.{self.good.split('.')[1]}".encode()
        made = hmac.new(secret, message, getattr(hashlib, algorithm.replace("HS", "sha"))).digest()
        return f"{message.decode()}.{crypto.to_text(made)}"


async def personal_token(
    app: App, person: Person, *scopes: str, networks: Sequence[str] = (), expires_at: datetime | None = None
) -> str:
    """The secret of a personal token that somebody has just made."""
    account_id = ids.parse("acc", person.id)
    async with app.work(Actor()) as work:
        account = await people.account_of(work, account_id)
    assert account is not None
    actor = Actor(account_id, frozenset({"read", "write", "security"}), role=account.role)
    body = TokenCreate(name="a script", scopes=list(scopes), networks=list(networks), expires_at=expires_at)
    async with app.work(actor) as work:
        return (await tokens.create(work, body, app.settings.auth)).secret
