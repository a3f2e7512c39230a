"""What each mail says, in English. The sentences are the keys of the translations.

Every letter says why it came, and, where somebody else may be behind it, what to do then.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from socialflow.domains.accounts.service.mails.kinds import Mail


@dataclass(frozen=True, slots=True)
class Either:
    """One sentence where a value was given, another where it is empty."""

    value: str
    given: str
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is filled in; `action` is the text of the button that leads to `link`."""

    subject: str
    paragraphs: tuple[str | Either, ...]
    why: str
    action: str = ""
    # Which value is shown set apart, in its author's own words.
    quote: str = ""
    otherwise: str = ""


GREETING = Either("handle", "Hello @{handle},", "Hello,")
IF_BUTTON_FAILS = "If the button does not work, copy this address into your browser:"
YOUR_ACCOUNT = "You get this mail because something about the safety of your account at {instance} has changed."
SIGNED_UP = "You get this mail because this address was used to sign up at {instance}."
NOT_YOU = "If that was not you, change your password now and look through your sessions: {url}/settings/security"
ONCE = "The link works once, and only for a limited time. Do not pass it on."

LETTERS: dict[Mail, Letter] = {
    Mail.VERIFY: Letter(
        "Confirm your e-mail address",
        ("Please confirm that this e-mail address is yours.", ONCE),
        action="Confirm the address",
        why="You get this mail because this address was entered for an account at {instance}.",
        otherwise="If that was not you, do nothing: without this confirmation the address is not used.",
    ),
    Mail.RESET: Letter(
        "Choose a new password",
        ("Somebody, hopefully you, asked for a new password for your account.", ONCE),
        action="Choose a new password",
        why="You get this mail because a new password was asked for at {instance}.",
        otherwise="If that was not you, do nothing: your password stays as it is.",
    ),
    Mail.EMAIL_CHANGE_CONFIRM: Letter(
        "Confirm your new e-mail address",
        ("Your account shall use {email} from now on. Please confirm that this address is yours.", ONCE),
        action="Confirm the new address",
        why="You get this mail because this address was entered as the new one of an account at {instance}.",
        otherwise="If that was not you, do nothing: without this confirmation nothing changes.",
    ),
    Mail.EMAIL_CHANGE_UNDO: Letter(
        "Your e-mail address is about to change",
        ("Your account shall use {email} in place of this address.", "If you asked for that, there is nothing to do."),
        action="Keep the present address",
        why=YOUR_ACCOUNT,
        otherwise="If that was not you, keep the present address with the link above, then change your password.",
    ),
    Mail.EMAIL_CHANGED: Letter(
        "Your e-mail address has changed",
        ("The e-mail address of your account has changed. From now on we write to the new one.",),
        why=YOUR_ACCOUNT,
        otherwise=NOT_YOU,
    ),
    Mail.PASSWORD_CHANGED: Letter(
        "Your password has changed",
        ("The password of your account has changed. Every other device was logged out.",),
        why=YOUR_ACCOUNT,
        otherwise="If that was not you, choose a new password now: {url}/reset",
    ),
    Mail.ACCOUNT_EXISTS: Letter(
        "You have an account already",
        (
            "Somebody, hopefully you, tried to sign up with this address. You have an account with it already.",
            "Log in as usual: {url}/login",
            "Forgotten your password? Choose a new one: {url}/reset",
        ),
        why=SIGNED_UP,
        otherwise="If that was not you, do nothing: your account is as it was.",
    ),
    Mail.NEW_DEVICE: Letter(
        "New log-in to your account",
        (
            "Your account was used from a device that we had not seen before.",
            "Device: {device}",
            Either("place", "Place: {place}"),
            Either("when", "Time: {when}"),
            "If that was you, there is nothing to do.",
        ),
        action="Look through your sessions",
        why="You get this mail because somebody logged in to your account at {instance}.",
        otherwise=NOT_YOU,
    ),
    Mail.FACTOR_ADDED: Letter(
        "A way to log in was added",
        ("This was added to your account: {factor}.",),
        why=YOUR_ACCOUNT,
        otherwise=NOT_YOU,
    ),
    Mail.FACTOR_REMOVED: Letter(
        "A way to log in was removed",
        ("This was removed from your account: {factor}.",),
        why=YOUR_ACCOUNT,
        otherwise=NOT_YOU,
    ),
    Mail.RECOVERY_CODE_USED: Letter(
        "A recovery code was used",
        (
            "Somebody logged in to your account with one of your recovery codes. It cannot be used again.",
            "Codes left: {left}. You can have new ones at any time: {url}/settings/security",
        ),
        why=YOUR_ACCOUNT,
        otherwise=NOT_YOU,
    ),
    Mail.TOKEN_LEAKED: Letter(
        "One of your access tokens was found in public",
        (
            "Your access token “{name}” was found in a public place, so we have ended it.",
            "Where you still need it, make a new one: {url}/settings/tokens",
        ),
        why="You get this mail because an access token of your account at {instance} was reported to us.",
        otherwise="Look through your sessions, too: {url}/settings/sessions",
    ),
    Mail.CONNECTION_ADDED: Letter(
        "A new way to log in: {provider}",
        ("From now on you can log in to your account with {provider}.",),
        why=YOUR_ACCOUNT,
        otherwise="If that was not you, remove it now and change your password: {url}/settings/connections",
    ),
    Mail.APP_AUTHORIZED: Letter(
        "{app} may now use your account",
        ("You have allowed {app} to use your account. You can take that back at any time: {url}/settings/apps",),
        why=YOUR_ACCOUNT,
        otherwise=NOT_YOU,
    ),
    Mail.INVITE: Letter(
        "Come and join {instance}",
        (Either("by", "{by} invites you to {instance}.", "You are invited to {instance}."), ONCE),
        action="Sign up",
        why="You get this mail because somebody entered your address in order to invite you to {instance}.",
        otherwise="If you do not know who that may be, do nothing: there is no account for you until you make one.",
    ),
    Mail.SIGN_UP_WAITING: Letter(
        "A sign-up waits: @{handle}",
        ("@{handle} would like to join {instance} and waits for an answer.",),
        action="Look at the sign-up",
        why="You get this mail because you may decide on sign-ups at {instance}.",
    ),
    Mail.SIGN_UP_APPROVED: Letter(
        "Welcome to {instance}",
        ("Your sign-up was approved. You can log in now.",),
        action="Log in",
        why=SIGNED_UP,
        otherwise="If that was not you, answer to this mail or do nothing.",
    ),
    Mail.SIGN_UP_REJECTED: Letter(
        "Your sign-up at {instance}",
        ("We are sorry: your sign-up was not approved.", Either("reason", "The reason that was given:")),
        quote="reason",
        why=SIGNED_UP,
        otherwise="If that was not you, do nothing: there is no account with this address.",
    ),
    Mail.SUSPENDED: Letter(
        "Your account is suspended",
        (
            Either(
                "until",
                "Your account at {instance} is suspended until {until}. You cannot log in until then.",
                "Your account at {instance} is suspended until further notice. You cannot log in until then.",
            ),
            Either("reason", "The reason that was given:"),
        ),
        quote="reason",
        why="You get this mail because the staff of {instance} has suspended your account.",
    ),
    Mail.UNSUSPENDED: Letter(
        "Your account is open again",
        ("The suspension of your account has ended. You can log in again: {url}/login",),
        why="You get this mail because your account at {instance} was suspended.",
    ),
    Mail.LEAVING: Letter(
        "Your account will be deleted",
        (
            Either("when", "As you asked, your account will be deleted for good on {when}."),
            "Until then it is hidden, and you can still take that back: just log in.",
        ),
        action="Keep the account",
        why="You get this mail because the end of your account at {instance} was asked for.",
        otherwise="If that was not you, log in with the link above and change your password.",
    ),
    Mail.ERASED: Letter(
        "Your account is deleted",
        ("Your account and what belonged to it are deleted. This is the last mail that we send you.",),
        why="You get this mail because the end of your account at {instance} was asked for.",
    ),
    Mail.EXPORT_READY: Letter(
        "Your data is ready",
        (
            "The copy of your data that you asked for is ready.",
            Either("until", "It can be fetched until {until}; then it is deleted."),
        ),
        action="Fetch the data",
        why="You get this mail because a copy of the data of your account at {instance} was asked for.",
        otherwise=NOT_YOU,
    ),
    Mail.TEST: Letter(
        "A test mail of {instance}",
        ("If you can read this, mails of {instance} arrive.",),
        why="You get this mail because the staff of {instance} is trying out how it sends mail.",
    ),
}

# What other parts call a factor -> what people call it.
FACTORS = {
    "totp": "an authenticator app",
    "passkey": "a passkey",
    "recovery_codes": "recovery codes",
    "password": "a password",  # pragma: allowlist secret
}


def sentences() -> Iterator[str]:
    """Every sentence that is to be translated."""
    yield from (GREETING.given, GREETING.empty, IF_BUTTON_FAILS, *FACTORS.values())
    for letter in LETTERS.values():
        for part in (letter.subject, *letter.paragraphs, letter.action, letter.otherwise, letter.why):
            yield from (text for text in ((part.given, part.empty) if isinstance(part, Either) else (part,)) if text)
