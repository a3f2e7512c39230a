"""By what people can react."""

from typing import Annotated

from pydantic import AfterValidator, Field

from socialflow.kernel.config.sections import Section, Texts

MOST, LONGEST = 50, 40


def _are_emojis(texts: tuple[str, ...]) -> tuple[str, ...]:
    if len(texts) > MOST:
        raise ValueError(f"{MOST} emojis at most")
    for text in texts:
        if not text or len(text) > LONGEST or any(letter.isascii() and not letter.isdigit() for letter in text):
            raise ValueError(f"{text!r} is no emoji; pictures of your own are added by staff, not here")
    return tuple(dict.fromkeys(texts))


class ReactionSettings(Section):
    """By what people can react, beside the pictures that staff add."""

    emojis: Annotated[Texts, AfterValidator(_are_emojis)] = Field(
        (
            "\N{THUMBS UP SIGN}",
            "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
            "\N{FACE WITH TEARS OF JOY}",
            "\N{FACE WITH OPEN MOUTH}",
            "\N{CRYING FACE}",
            "\N{PARTY POPPER}",
        ),
        description="Emojis that one can react by, in the order in which they are offered, by comma.",
    )
