"""What the facts of the audit log are called in words, for those whom they are about."""

from collections.abc import Mapping
from typing import Any

# Tag -> a sentence; `{name}` stands for one of the fact's details, and a fact without it is said by its tag.
WORDS: Mapping[str, str] = {
    "account:session:started": "Logged in",
    "account:session:ended": "Logged out",
    "account:sessions:ended": "Logged out on every device",
    "account:login:failed": "Somebody tried to log in with a wrong password",
    "account:role:changed": "Your role was changed from {before} to {after}",
    "account:access:suspended": "Your account was suspended: {reason}",
    "account:access:restored": "Your account can be used again",
    "account:session:reused": "A log-in was ended: its secret was used twice",
    "account:session:stepped_up": "Confirmed who you are",
    "account:everything:ended": "Everything that was logged in was ended",
    "account:second_factor:asked": "The password was right, and the second factor was asked for",
    "account:second_factor:failed": "Somebody gave a wrong second factor",
    "account:factor:added": "A second factor was added: {factor}",
    "account:factor:removed": "A second factor was removed: {factor}",
    "account:factors:reset": "Your second factors were reset",
    "account:passkey:copied": "A passkey behaved like a copy of itself and was refused",
    "account:recovery_code:used": "A recovery code was used; {left} are left",
    "account:recovery_codes:renewed": "New recovery codes were made",
    "account:ways:cleared": "The other ways into your account were taken away, since its address was not confirmed",
    "account:password:change": "Your password was changed",
    "account:password:reset": "Your password was set anew by a link",
    "account:connection:added": "You connected another provider: {provider}",
    "account:connection:removed": "Another provider was disconnected: {provider}",
    "account:password:reset_asked": "A link to set a new password was asked for",
    "account:email:verified": "Your e-mail address was confirmed",
    "account:email:change_asked": "Another e-mail address was asked for",
    "account:email:changed": "Your e-mail address was changed",
    "account:email:restored": "Your former e-mail address was restored",
    "account:token:created": "A personal access token was made",
    "account:app:authorized": "You let {name} act for you",
    "account:app:denied": "You refused to let {name} act for you",
    "account:app:withdrawn": "An app may act for you no more",
    "account:app:session_started": "An app began to act for you",
    "account:app:session_revoked": "An app ended its access",
    "account:app:code_reused": "An app's access was ended: its code was used twice",
    "account:token:refused": "A personal access token was refused: it came from a network that it is not for",
    "account:token:ended": "A personal access token was ended",
    "account:invite:made": "You made an invite",
    "account:invite:used": "You came in by an invite",
    "account:invite:revoked": "An invite of yours was ended",
    "account:terms:accepted": "You accepted the terms, version {version}",
    "account:sign_up:waits": "You asked to join",
    "account:sign_up:approved": "You were let in",
    "account:sign_up:rejected": "You were not let in",
    "app:client:registered": "You registered an app: {name}",
    "app:client:changed": "An app of yours was changed",
    "app:client:deleted": "An app of yours was deleted",
    "app:client:verified": "An app of yours was verified by staff",
    "app:client:unverified": "An app of yours is not verified any more",
    "app:client:disabled": "An app of yours was stopped by staff",
    "app:client:enabled": "An app of yours may be used again",
    "app:secret:rotated": "An app of yours was given a new secret",
    "video:restriction:set": "A video of yours was taken out of sight by staff",
    "video:restriction:lifted": "A video of yours is shown again",
    "post:restriction:set": "A post of yours was taken out of sight by staff",
    "post:restriction:lifted": "A post of yours is shown again",
    "account:export:asked": "A copy of your data was asked for",
    "account:export:link_made": "A link to the copy of your data was made",
    "account:erasure:asked": "The end of your account was asked for",
    "account:erasure:begun": "The erasure of your account began",
    "account:erasure:done": "Your account was erased",
    "account:erasure:taken_back": "Your account is kept after all",
    "media:edit:cancelled": "Staff stopped an edit of a video of yours: {reason}",
    "media:job:cancelled": "Staff stopped the work on a file of yours: {reason}",
    "media:job:retried": "Staff had a file of yours made anew: {reason}",
    "staff:account:viewed": "A member of staff looked at your e-mail address and where you logged in",
}


def said(tag: str, details: Mapping[str, Any] | None) -> str:
    """A sentence about a fact; for one without words of its own, what its tag spells."""
    try:
        return WORDS[tag].format_map(details or {})
    except (KeyError, IndexError):
        _, _, rest = tag.partition(":")
        return (rest or tag).replace(":", " ").replace("_", " ").capitalize()
