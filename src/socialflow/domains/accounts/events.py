"""Facts about accounts."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from socialflow.kernel.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRegistered(Event):
    """Somebody has signed up."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPrivacyChanged(Event):
    """An account shows what it has made to its followers alone from now on, or to everybody again."""

    account_id: uuid.UUID
    is_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(Event):
    """Somebody has shown who they are and got a session; `methods` are values of RFC 8176."""

    account_id: uuid.UUID
    session_id: uuid.UUID
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRevoked(Event):
    """A log-in was ended: by its owner, by staff, or because a stolen token showed up."""

    account_id: uuid.UUID
    session_id: uuid.UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRevoked(Event):
    """A personal token was ended: by its owner, by staff, or because it was found in public."""

    account_id: uuid.UUID
    token_id: uuid.UUID
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLeaked(Event):
    """A personal token was found where anybody could read it, and has been ended."""

    account_id: uuid.UUID
    token_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChanged(Event):
    """An account may do more, or less, than before."""

    account_id: uuid.UUID
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppAuthorized(Event):
    """Somebody has let an app in, or for more than before."""

    account_id: uuid.UUID
    app_id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionAdded(Event):
    """An account may be entered by another provider from now on."""

    account_id: uuid.UUID
    connection_id: uuid.UUID
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLeaving(Event):
    """Its owner has asked for its end; until `erase_after` they can come back."""

    account_id: uuid.UUID
    erase_after: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRestored(Event):
    """Its owner has come back in time."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureDue(Event):
    """The time to come back is over: all that is kept of somebody is to go."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountErased(Event):
    """Nothing is left of an account but ids that name nobody."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAsked(Event):
    """Somebody wants all that is kept of them."""

    account_id: uuid.UUID
    export_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReady(Event):
    """It can be fetched until `expires_at`."""

    account_id: uuid.UUID
    export_id: uuid.UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpWaits(Event):
    """Somebody has signed up and waits for staff to decide."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpApproved(Event):
    """Staff have let somebody in."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpRejected(Event):
    """Staff have turned somebody away."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteAsked(Event):
    """An invite is to be sent by mail; its secret is made when the mail is."""

    invite_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorAdded(Event):
    """An account has got another second factor: `totp` or `passkey`."""

    account_id: uuid.UUID
    factor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRemoved(Event):
    """A second factor is asked for no more: `totp` or `passkey`."""

    account_id: uuid.UUID
    factor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """Somebody came in by a recovery code; so many are left."""

    account_id: uuid.UUID
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationAsked(Event):
    """Somebody wants another link to show that their address is theirs."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Event):
    """An address has been shown to be its account's."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChangeAsked(Event):
    """Somebody wants another address, which is to be confirmed; `known` says whether the present one is verified."""

    account_id: uuid.UUID
    # The present address, sealed: see `service.former_addresses`. In clear only in what was written down before.
    sealed: str = ""
    present: str = ""
    known: bool
    # None in what was written down before this was.
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(Event):
    """An account has another address; `known` says whether the one before it was verified."""

    account_id: uuid.UUID
    # The address before, sealed; in clear only in what was written down before.
    sealed: str = ""
    before: str = ""
    known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailRestored(Event):
    """A change of address was taken back by the address before it."""

    account_id: uuid.UUID
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetAsked(Event):
    """Somebody wants a new password for an address; of an account, or of none."""

    account_id: uuid.UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Event):
    """An account has another password; `how` is `change` or `reset`."""

    account_id: uuid.UUID
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionBegan(Event):
    """Staff have suspended an account, or changed why and until when; the account's row says it."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionEnded(Event):
    """An account may be used again: staff said so, or the time was over."""

    account_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EverybodySignedOut(Event):
    """Staff have ended every session that began before, but their own; they are ended in batches."""

    by_session: uuid.UUID
    at: datetime
