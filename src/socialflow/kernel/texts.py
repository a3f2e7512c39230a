"""Text from people: kept as it was written, without what no one can see and some programs obey."""

import re
import unicodedata
from typing import Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

# C0 and C1 controls, except tab and newline.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_BREAKS = re.compile(r"\r\n?|\u2028|\u2029")
_SPACES = re.compile(r"\s+")
# Separators, controls, formats, and what stands for nothing.
_UNSEEN = {"Zs", "Zl", "Zp", "Cc", "Cf", "Cn", "Co", "Cs"}


def clean(text: Any) -> Any:
    """Text without control characters; line ends are newlines. Other values are left for the next check."""
    if not isinstance(text, str):
        return text
    return _CONTROLS.sub("", _BREAKS.sub("\n", text)).strip()


def clean_line(text: Any) -> Any:
    """The same in one line."""
    return _SPACES.sub(" ", cleaned) if isinstance(cleaned := clean(text), str) else cleaned


def seen(text: str) -> str:
    """The text, if there is something to be seen in it."""
    if all(unicodedata.category(letter) in _UNSEEN for letter in text):
        raise PydanticCustomError("blank", "something readable is needed")
    return text


# What turns letters around, or is not to be seen between them; joiners, which scripts and emoji need, are not here.
_TURNING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def straight(text: str) -> str:
    """The text, if it reads as its letters stand: a name with an override in it can be read as another's."""
    if _TURNING.search(text):
        raise PydanticCustomError("unseen_letters", "there are letters in it that cannot be seen")
    return text


# To be put behind the limits in an annotation, `Annotated[str, StringConstraints(...), SEEN, LINE]`: what stands last
# acts first, and the limits are those of the cleaned text.
PROSE = BeforeValidator(clean)
LINE = BeforeValidator(clean_line)
SEEN = AfterValidator(seen)
STRAIGHT = AfterValidator(straight)
