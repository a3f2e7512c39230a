"""Text from people."""

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from socialflow.kernel.texts import LINE, PROSE, SEEN, clean, clean_line


@pytest.mark.parametrize(
    ("given", "prose", "line"),
    [
        (" a  b ", "a  b", "a b"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd", "a b c d"),
        ("\x00a\x1b[1m\x7f\x85\x9f", "a[1m", "a[1m"),
        ("tab\there", "tab\there", "tab here"),
        ("\u05d0\u200f \u202eabc", "\u05d0\u200f \u202eabc", "\u05d0\u200f \u202eabc"),
        ("\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c"),
    ],
)
def test_controls_go_and_everything_else_stays(given: str, prose: str, line: str) -> None:
    assert (clean(given), clean_line(given)) == (prose, line)


def test_other_values_are_left_for_the_next_check() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Annotated[str, LINE]).validate_python(5)
    with pytest.raises(ValidationError):
        TypeAdapter(Annotated[str, PROSE]).validate_python(None)


@pytest.mark.parametrize("blank", ["\u200b", "\u2060\u200d", "\ufeff", "\u00ad"])
def test_what_cannot_be_seen_is_blank(blank: str) -> None:
    with pytest.raises(ValidationError, match="something readable"):
        TypeAdapter(Annotated[str, SEEN, PROSE]).validate_python(blank)
