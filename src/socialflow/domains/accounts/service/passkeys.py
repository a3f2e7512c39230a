"""Passkeys (WebAuthn Level 3): made, used and taken away. What devices answer is verified by py_webauthn.

One counts as a second factor beside a password, and as both factors where the device has verified who
holds it (by a finger, a face or a PIN). Attestation is not asked for: which maker's device it is says
nothing that we would act on.
"""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
import webauthn
from sqlalchemy import or_, update
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from socialflow.domains.accounts import queries
from socialflow.domains.accounts.errors import (
    InvalidChallenge,
    PasskeyKnown,
    PasskeyRefused,
    TooManyPasskeys,
    WrongFactor,
)
from socialflow.domains.accounts.models import Account, Passkey
from socialflow.domains.accounts.service import challenges
from socialflow.kernel import crypto, ids
from socialflow.kernel.config import Settings
from socialflow.kernel.crypto import Keys
from socialflow.kernel.errors import NotFound
from socialflow.kernel.work import Actor, App, Work

MOST = 20
TIMEOUT_MS = 300_000
# Purposes of challenges.
REGISTER, LOG_IN, SECOND, STEP_UP = "passkey-register", "passkey-log-in", "passkey-second", "passkey-step-up"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a device is asked: the state to be sent back with its answer, and the options as JSON text."""

    state: str
    options: str


@dataclass(frozen=True, slots=True)
class New:
    """A passkey that a device has made and that is not kept yet."""

    made: VerifiedRegistration
    user_handle: bytes
    transports: list[str]


@dataclass(frozen=True, slots=True)
class Used:
    """A passkey that has signed what it was asked to."""

    passkey: Passkey
    sign_count: int
    is_backed_up: bool
    user_verified: bool


def rp_id(settings: Settings) -> str:
    """For whom keys are made: the host that people type."""
    return urlsplit(settings.public_url).hostname or "localhost"


def origin(settings: Settings) -> str:
    """Where pages stand that may ask for keys."""
    parts = urlsplit(settings.public_url)
    return f"{parts.scheme}://{parts.netloc}"


async def ask_for_new(work: Work, account: Account, *, keys: Keys, settings: Settings) -> Asked:
    """What is to be asked of a device that shall hold a new passkey."""
    known = await queries.passkeys_of(work.db, account.id)
    if len(known) >= MOST:
        raise TooManyPasskeys
    handle = user_handle(account.id, keys)
    options = webauthn.generate_registration_options(
        rp_id=rp_id(settings),
        rp_name=settings.instance_name,
        user_id=handle,
        user_name=account.handle,
        user_display_name=account.display_name,
        timeout=TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[_descriptor(passkey) for passkey in known],
    )
    state = challenges.issue(keys, REGISTER, account.id, work.now, challenge=options.challenge.hex(), user=handle.hex())
    return Asked(state, webauthn.options_to_json(options))


async def examine_new(app: App, actor: Actor, account_id: uuid.UUID, answer: tuple[str, str]) -> New:
    """The passkey that a device has made; `answer` is the state and the credential, as JSON text.

    It comes before all that costs more. Right or wrong, a challenge is good once.
    """
    state, credential = answer
    challenge = challenges.read(app.keys, REGISTER, state, app.clock())
    if challenge.account_id != account_id:
        raise InvalidChallenge
    async with app.work(actor) as work:
        await challenges.spend(work, challenge)
    made = _verified_new(credential, bytes.fromhex(challenge.said["challenge"]), app.settings)
    async with app.work(actor) as work:
        await _demand_room(work, account_id, made.credential_id)
    return New(made, bytes.fromhex(challenge.said["user"]), _transports(credential))


async def register(work: Work, account: Account, new: New, name: str) -> Passkey:
    """Keep a passkey that was looked at; raises PasskeyKnown and TooManyPasskeys."""
    made = new.made
    await _demand_room(work, account.id, made.credential_id)
    passkey = Passkey(
        id=ids.new(),
        account_id=account.id,
        credential_id=made.credential_id,
        user_handle=new.user_handle,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=new.transports,
        name=name,
        is_backed_up=made.credential_backed_up,
        created_at=work.now,
    )
    work.db.add(passkey)
    await work.db.flush()
    return passkey


async def ask(work: Work, account_id: uuid.UUID | None, purpose: str, *, keys: Keys, settings: Settings) -> Asked:
    """What is to be asked of a device: for one of an account's passkeys, or, for nobody's in particular, for any."""
    known = await queries.passkeys_of(work.db, account_id) if account_id else ()
    wanted = UserVerificationRequirement.REQUIRED if account_id is None else UserVerificationRequirement.PREFERRED
    options = webauthn.generate_authentication_options(
        rp_id=rp_id(settings),
        timeout=TIMEOUT_MS,
        allow_credentials=[_descriptor(passkey) for passkey in known],
        user_verification=wanted,
    )
    state = challenges.issue(keys, purpose, account_id, work.now, challenge=options.challenge.hex())
    return Asked(state, webauthn.options_to_json(options))


async def examine(app: App, actor: Actor, account_id: uuid.UUID | None, answer: tuple[str, str], purpose: str) -> Used:
    """The passkey that has answered; raises WrongFactor, and InvalidChallenge for a state that is not good (again)."""
    state, credential = answer
    challenge = challenges.read(app.keys, purpose, state, app.clock())
    if challenge.account_id != account_id:
        raise InvalidChallenge
    said = _parsed(credential)
    async with app.work(actor) as work:
        # In a transaction of its own: also with a wrong answer a challenge is good once.
        await challenges.spend(work, challenge)
        passkey = await queries.passkey_by_credential(work.db, credential_id(credential))
    if passkey is None or account_id not in {None, passkey.account_id}:
        raise WrongFactor
    handle = said.get("response", {}).get("userHandle") if isinstance(said.get("response"), dict) else None
    # Whatever stands there, a list or a number, too.
    if handle is not None and handle not in ("", crypto.to_text(passkey.user_handle)):
        raise WrongFactor
    verified = _verified(credential, bytes.fromhex(challenge.said["challenge"]), passkey, app.settings)
    if account_id is None and not (verified.user_verified and handle):
        raise WrongFactor
    if _goes_back(passkey.sign_count, verified.new_sign_count):
        async with app.work(actor) as work:
            counts = {"kept": passkey.sign_count, "sent": verified.new_sign_count}
            work.note("account:passkey:copied", passkey.account_id, passkey=ids.show("psk", passkey.id), **counts)
        raise WrongFactor
    return Used(passkey, verified.new_sign_count, verified.credential_backed_up, verified.user_verified)


async def use(work: Work, used: Used) -> None:
    """Note that a passkey was used; raises WrongFactor where another use with as high a count was faster."""
    taken = await work.db.execute(
        update(Passkey)
        .where(
            Passkey.id == used.passkey.id,
            or_(Passkey.sign_count < used.sign_count, (Passkey.sign_count == 0) & (used.sign_count == 0)),
        )
        .values(sign_count=used.sign_count, is_backed_up=used.is_backed_up, last_used_at=work.now)
        .returning(Passkey.id)
    )
    if taken.first() is None:
        raise WrongFactor


async def rename(work: Work, account_id: uuid.UUID, passkey_id: uuid.UUID, name: str) -> Passkey:
    """Call a passkey something else; raises NotFound for one that is not this account's."""
    passkey = await queries.own_passkey(work.db, account_id, passkey_id)
    if passkey is None:
        raise NotFound
    passkey.name = name
    await work.db.flush()
    return passkey


async def remove(work: Work, account_id: uuid.UUID, passkey_id: uuid.UUID) -> None:
    """Forget a passkey; raises NotFound for one that is not this account's."""
    passkey = await queries.own_passkey(work.db, account_id, passkey_id)
    if passkey is None:
        raise NotFound
    await work.db.delete(passkey)
    await work.db.flush()


def user_handle(account_id: uuid.UUID, keys: Keys) -> bytes:
    """What devices know an account by: nothing that says anything to anybody else (WebAuthn, 14.6.1)."""
    return keys.sign("passkey:user", account_id.bytes)


async def _demand_room(work: Work, account_id: uuid.UUID, credential: bytes) -> None:
    if len(await queries.passkeys_of(work.db, account_id)) >= MOST:
        raise TooManyPasskeys
    if await queries.passkey_by_credential(work.db, credential) is not None:
        raise PasskeyKnown


def credential_id(credential: str) -> bytes:
    """Which passkey an answer claims to be of; empty for text that is none."""
    named = _parsed(credential).get("id")
    try:
        return crypto.from_text(named) if isinstance(named, str) else b""
    except ValueError:
        return b""


def _parsed(credential: str) -> dict[str, Any]:
    try:
        said = orjson.loads(credential)
    except orjson.JSONDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _transports(credential: str) -> list[str]:
    response = _parsed(credential).get("response")
    said = response.get("transports") if isinstance(response, dict) else None
    known = {transport.value for transport in AuthenticatorTransport}
    return [one for one in said if isinstance(one, str) and one in known] if isinstance(said, list) else []


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(one) for one in passkey.transports]
    return PublicKeyCredentialDescriptor(id=passkey.credential_id, transports=transports or None)


def _goes_back(kept: int, sent: int) -> bool:
    """Whether a counter shows that a key was copied (WebAuthn, 6.1.1); some keys do not count, and stay at 0."""
    return (kept > 0 or sent > 0) and sent <= kept


def _verified_new(credential: str, challenge: bytes, settings: Settings) -> VerifiedRegistration:
    try:
        return webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(settings),
            expected_origin=origin(settings),
        )
    except Exception as error:  # CBOR, COSE and X.509 fail in many ways on what a stranger sends
        raise PasskeyRefused from error


def _verified(credential: str, challenge: bytes, passkey: Passkey, settings: Settings) -> VerifiedAuthentication:
    try:
        return webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(settings),
            expected_origin=origin(settings),
            credential_public_key=passkey.public_key,
            # Counters are compared by `examine`, which tells a copied key from a wrong answer.
            credential_current_sign_count=0,
        )
    except Exception as error:  # CBOR and COSE fail in many ways on what a stranger sends
        raise WrongFactor from error
