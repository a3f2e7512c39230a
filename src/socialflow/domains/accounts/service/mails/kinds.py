"""The kinds of mail and what each must be told."""

from enum import StrEnum, auto


class Mail(StrEnum):
    """Why we write."""

    VERIFY = auto()
    RESET = auto()
    EMAIL_CHANGE_CONFIRM = auto()
    EMAIL_CHANGE_UNDO = auto()
    EMAIL_CHANGED = auto()
    PASSWORD_CHANGED = auto()
    ACCOUNT_EXISTS = auto()
    NEW_DEVICE = auto()
    FACTOR_ADDED = auto()
    FACTOR_REMOVED = auto()
    RECOVERY_CODE_USED = auto()
    TOKEN_LEAKED = auto()
    CONNECTION_ADDED = auto()
    APP_AUTHORIZED = auto()
    INVITE = auto()
    SIGN_UP_WAITING = auto()
    SIGN_UP_APPROVED = auto()
    SIGN_UP_REJECTED = auto()
    SUSPENDED = auto()
    UNSUSPENDED = auto()
    LEAVING = auto()
    ERASED = auto()
    EXPORT_READY = auto()
    TEST = auto()


# `link` is an address of ours, `when` and `until` are times (RFC 3339) or empty, the rest is text.
VALUES: dict[Mail, frozenset[str]] = {
    Mail.VERIFY: frozenset({"link"}),
    Mail.RESET: frozenset({"link"}),
    Mail.EMAIL_CHANGE_CONFIRM: frozenset({"link", "email"}),
    Mail.EMAIL_CHANGE_UNDO: frozenset({"link", "email"}),
    Mail.EMAIL_CHANGED: frozenset(),
    Mail.PASSWORD_CHANGED: frozenset(),
    Mail.ACCOUNT_EXISTS: frozenset(),
    Mail.NEW_DEVICE: frozenset({"device", "place", "when", "link"}),
    Mail.FACTOR_ADDED: frozenset({"factor"}),
    Mail.FACTOR_REMOVED: frozenset({"factor"}),
    Mail.RECOVERY_CODE_USED: frozenset({"left"}),
    Mail.TOKEN_LEAKED: frozenset({"name"}),
    Mail.CONNECTION_ADDED: frozenset({"provider"}),
    Mail.APP_AUTHORIZED: frozenset({"app"}),
    Mail.INVITE: frozenset({"link", "by"}),
    Mail.SIGN_UP_WAITING: frozenset({"handle", "link"}),
    Mail.SIGN_UP_APPROVED: frozenset({"link"}),
    Mail.SIGN_UP_REJECTED: frozenset({"reason"}),
    Mail.SUSPENDED: frozenset({"reason", "until"}),
    Mail.UNSUSPENDED: frozenset(),
    Mail.LEAVING: frozenset({"when", "link"}),
    Mail.ERASED: frozenset(),
    Mail.EXPORT_READY: frozenset({"link", "until"}),
    Mail.TEST: frozenset(),
}
# Whom we greet; may be given with every kind.
OPTIONAL = frozenset({"handle"})
# Every mail knows these by itself.
GIVEN = frozenset({"instance", "url"})
