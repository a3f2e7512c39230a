"""Expected failures around accounts.

BadRequest
├── AuthorizationUnusable
└── GrantRefused
Unauthorized
├── WrongCredentials
├── InvalidToken
├── SessionEnded
├── UnsignedReport
├── StepUpRequired
├── SecondFactorRequired
├── WrongFactor
├── InvalidChallenge
├── ClientRefused
├── UnknownLogIn
├── IdentityRejected
├── ProofUsed
└── InvalidTicket
Forbidden
├── AccountSuspended
├── RegistrationClosed
│   ├── InviteNeeded
│   └── InviteInvalid
├── SessionNeeded
├── AppRegistrationClosed
├── LogInDeclined
├── AccountLeaving
├── AccountPending
├── SignUpRefused
├── TooYoung
├── NotPermitted
├── RankTooLow
├── CannotActOnYourself
└── CannotGrant
NotFound
├── UnknownUserCode
└── UnknownProvider
Conflict
├── EmailTaken
├── HandleTaken
├── FactorAlreadyOn
├── PasskeyKnown
├── TooManyPasskeys
├── NoFactorYet
├── TooManyTokens
├── TooManyApps
├── AccountNeedsLink
├── ConnectedElsewhere
├── LastWayIn
├── ExportGoingOn
├── SignUpDecided
├── TooManyInvites
├── LastAdmin
├── NotSuspendable
├── RoleExists
├── RoleInUse
└── RoleIsBuiltIn
Unprocessable
├── PasskeyRefused
├── ScopeNotYours
├── UnusableExpiry
├── HandleReserved
├── HandleDiffers
├── EmailNotAccepted
├── TermsNotAccepted
├── InvalidLink
└── UnknownRole
Unavailable
└── ProviderUnavailable
"""

from typing import Any

from socialflow.kernel.errors import BadRequest, Conflict, Forbidden, NotFound, Unauthorized, Unavailable, Unprocessable


class WrongCredentials(Unauthorized):
    """The log-in or the password is wrong."""


class InvalidToken(Unauthorized):
    """The token is not valid, or not any more."""


class SessionEnded(Unauthorized):
    """This session has ended; log in again."""


class UnsignedReport(Unauthorized):
    """The report is not signed by anybody who may report leaks here."""


class StepUpRequired(Unauthorized):
    """This needs a fresh proof of who you are; give it at `POST /auth/step-up` and ask again."""

    def __init__(self, detail: str = "", **more: Any) -> None:
        # RFC 9470, 3: the credential is good, the log-in behind it too old.
        more.setdefault("headers", {"WWW-Authenticate": 'Bearer error="insufficient_user_authentication"'})
        super().__init__(detail, **more)


class SecondFactorRequired(Unauthorized):
    """The first proof was right; finish at `POST /auth/second-factor` with the `challenge` and one of `methods`."""


class WrongFactor(Unauthorized):
    """This code or key is not right, or was used before."""


class InvalidChallenge(Unauthorized):
    """This challenge is not valid, or not any more; begin again."""


class AccountSuspended(Forbidden):
    """This account is suspended."""


class RegistrationClosed(Forbidden):
    """New accounts cannot be made here at present."""


class SessionNeeded(Forbidden):
    """This is about the session that asks, and a personal token is none."""


class EmailTaken(Conflict):
    """There is an account with this e-mail address already."""


class HandleTaken(Conflict):
    """This handle belongs to somebody else."""


class FactorAlreadyOn(Conflict):
    """Codes of an authenticator app are asked for already; remove it before you set up another."""


class PasskeyKnown(Conflict):
    """This passkey belongs to an account already."""


class TooManyPasskeys(Conflict):
    """An account has twenty passkeys at most; remove one that you do not use."""


class PasskeyRefused(Unprocessable):
    """The new passkey could not be verified; try again."""


class NoFactorYet(Conflict):
    """Recovery codes go with a second factor; add one first."""


class TooManyTokens(Conflict):
    """You have as many personal tokens as one may have; revoke one first."""


class ScopeNotYours(Unprocessable):
    """A token cannot be given this scope, or not by you."""


class UnusableExpiry(Unprocessable):
    """A token ends in the future, and no later than is allowed here."""


class HandleReserved(Unprocessable):
    """This handle cannot be used."""


class AuthorizationUnusable(BadRequest):
    """This request of an app cannot be used, and nobody can be sent back to it."""


class UnknownUserCode(NotFound):
    """No device waits with this code: it was mistyped, used, or it has run out."""


class TooManyApps(Conflict):
    """You have registered as many apps as one account may."""


class AppRegistrationClosed(Forbidden):
    """Apps cannot register themselves here; somebody with an account registers them."""


class GrantRefused(BadRequest):
    """The app's request was refused; `error` says why, as RFC 6749, 8628 and 7591 call it."""

    def __init__(self, error: str, detail: str) -> None:
        self.error = error
        super().__init__(
            detail,
            headers={"Content-Type": "application/json", "Pragma": "no-cache"},
            extra={"error": error, "error_description": detail},
        )


class ClientRefused(Unauthorized):
    """The app is unknown, stopped, or has not shown that it is itself."""

    def __init__(self, detail: str = "", *, scheme: str = "Basic") -> None:
        said = detail or "The app is unknown, stopped, or has not shown that it is itself."
        super().__init__(
            said,
            headers={"Content-Type": "application/json", "WWW-Authenticate": f'{scheme} realm="oauth"'},
            extra={"error": "invalid_client", "error_description": said},
        )


class UnknownProvider(NotFound):
    """Nobody of this name vouches for people here."""


class UnknownLogIn(Unauthorized):
    """This log-in was begun elsewhere or too long ago; begin it again."""


class IdentityRejected(Unauthorized):
    """What the provider sent does not show who you are; begin the log-in again."""


class ProofUsed(Unauthorized):
    """This was used before; begin the log-in again."""


class InvalidTicket(Unauthorized):
    """This sign-up took too long or is finished; begin it again."""


class LogInDeclined(Forbidden):
    """The provider did not let you in, or you did not let it tell us who you are."""


class AccountNeedsLink(Conflict):
    """An account here has this e-mail address already; log in to it and add the connection in its settings."""


class ConnectedElsewhere(Conflict):
    """This identity is connected to another account."""


class LastWayIn(Conflict):
    """Without this you could not log in any more; set a password or add another way first."""


class ProviderUnavailable(Unavailable):
    """The provider does not answer as it should; try again in a moment, or log in another way."""


class AccountLeaving(Forbidden):
    """This account is being left and will be erased; `POST /auth/restore` with `restore_token` takes that back."""


class ExportGoingOn(Conflict):
    """An export is being made already; one at a time."""


class HandleDiffers(Unprocessable):
    """That is not the handle of this account; nothing was done."""


class InviteNeeded(RegistrationClosed):
    """New accounts are made here by invite alone."""


class InviteInvalid(RegistrationClosed):
    """This invite is not valid, or not any more."""


class AccountPending(Forbidden):
    """This account waits for approval; you are told by mail."""


class SignUpRefused(Forbidden):
    """This sign-up cannot be accepted."""


class TooYoung(Forbidden):
    """You have not reached the age that is needed for an account here."""


class EmailNotAccepted(Unprocessable):
    """Addresses of this mail provider are not accepted here; use another one."""


class TermsNotAccepted(Unprocessable):
    """The terms in force must be accepted: send their version as `accept_terms`."""


class SignUpDecided(Conflict):
    """This sign-up has been decided on already."""


class TooManyInvites(Conflict):
    """You have as many open invites as you may have; wait until one is used, or revoke one."""


class InvalidLink(Unprocessable):
    """This link is not good, or not any more; ask for a new one."""


class NotPermitted(Forbidden):
    """Your role does not permit this."""


class RankTooLow(Forbidden):
    """Their role permits as much as yours, or more: only somebody above them can do this."""


class CannotActOnYourself(Forbidden):
    """You cannot do this to your own account."""


class CannotGrant(Forbidden):
    """You cannot give what you do not hold, nor take it away."""


class LastAdmin(Conflict):
    """This is the last administrator who can log in; make somebody else one first."""


class NotSuspendable(Conflict):
    """An account in this state cannot be suspended."""


class RoleExists(Conflict):
    """There is a role with this name already."""


class RoleInUse(Conflict):
    """Somebody has this role; give them another one first."""


class RoleIsBuiltIn(Conflict):
    """This role comes with the product: it cannot be deleted, and this of it cannot be changed."""


class UnknownRole(Unprocessable):
    """There is no such role."""
