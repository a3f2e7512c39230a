"""Choosing a password: what is refused, and why (ASVS 6.2.4, 6.2.11, 6.2.12).

Length is checked where the password is read. Here it is compared with a list of common passwords, with the words
that an attacker would try first here and for this person, and, where the operator has named a service, with the
passwords that other sites have lost. Nothing else is asked of it: any letters, in any mixture.
"""

import gzip
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

from socialflow.kernel import logs, metrics
from socialflow.kernel.errors import FieldError, InvalidRequest
from socialflow.kernel.work import App
from socialflow.ports.breaches import Breaches, BreachesUnknown

PRODUCT = "socialflow"
# Shorter words stand by chance in many good passwords.
SHORTEST_WORD = 4
# What must be left of a password when its owner's own words are taken out of it.
LEAST_LEFT = 8

log = logs.named(__name__)


async def screen(app: App, password: str, *, own: Iterable[str] = (), pointer: str = "/password") -> None:
    """Raise InvalidRequest for a password that is easy to guess; `own` are words of its owner.

    It takes no Work: the last question leaves the machine.
    """
    check(password, site=(PRODUCT, app.settings.instance_name), own=own, pointer=pointer)
    try:
        seen = await app.port(Breaches).times_seen(password)
    except BreachesUnknown as error:
        # Somebody else's outage must not close our doors.
        metrics.BREACHES_UNKNOWN.inc()
        log.warning("breaches_unknown", error=str(error))
        return
    if seen:
        raise _refused(pointer, "password_breached", "This password was lost by another site; choose another.")


def check(password: str, *, site: Iterable[str], own: Iterable[str], pointer: str = "/password") -> None:
    """Raise InvalidRequest for a common password, one with a word of the site, or one made of its owner's words."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    if folded in common_passwords() or len(set(folded)) == 1:
        raise _refused(pointer, "password_common", "This is one of the passwords that are tried first; choose another.")

    letters = left = _letters(folded)
    if any(word in letters for word in _words(site)):
        raise _refused(pointer, "password_of_site", "The name of this site cannot stand in a password.")
    for word in sorted(_words(own), key=len, reverse=True):
        left = left.replace(word, "")
    if left != letters and len(left) < LEAST_LEFT:
        raise _refused(pointer, "password_of_owner", "This is too close to your own handle or address.")


def own_words(handle: str, email: str) -> tuple[str, ...]:
    """What somebody who knows a person would try."""
    return handle, email.partition("@")[0], *email.partition("@")[0].replace("+", ".").split(".")


@cache
def common_passwords() -> frozenset[str]:
    """The bundled list, lower case, eight bytes and longer; read when it is first needed."""
    packed = resources.files(__package__).joinpath("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n"))


def _words(texts: Iterable[str]) -> set[str]:
    folded = {_letters(unicodedata.normalize("NFKC", text).casefold()) for text in texts}
    return {word for word in folded if len(word) >= SHORTEST_WORD}


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _refused(pointer: str, code: str, sentence: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(pointer, code, sentence)])
