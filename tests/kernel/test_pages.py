"""Pages: cursors that cannot be made up, changed or carried over to another list."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.kernel import ids, pages
from socialflow.kernel.crypto import Keys, to_text
from socialflow.kernel.errors import InvalidCursor

KEYS = Keys("an installation's secret")
VALUES: list[Any] = [datetime(2026, 1, 2, tzinfo=UTC), ids.new(), 3, "text", None]


def test_the_sort_values_come_back() -> None:
    cursor = pages.seal(KEYS, "videos", {"tag": "a"}, VALUES)

    when, which, *rest = pages.unseal(KEYS, "videos", {"tag": "a"}, cursor)

    assert datetime.fromisoformat(when) == VALUES[0]
    assert uuid.UUID(which) == VALUES[1]
    assert rest == [3, "text", None]
    assert len(cursor) <= pages.CURSOR_CHARACTERS


def test_the_order_in_which_filters_are_named_does_not_matter() -> None:
    cursor = pages.seal(KEYS, "videos", {"tag": "a", "sort": "new"}, [1])

    assert pages.unseal(KEYS, "videos", {"sort": "new", "tag": "a"}, cursor) == [1]


@pytest.mark.parametrize(
    ("keys", "name", "filters"),
    [
        (KEYS, "comments", {"tag": "a"}),
        (KEYS, "videos", {"tag": "b"}),
        (KEYS, "videos", {}),
        (KEYS, "videos", {"tag": "a", "sort": None}),
        (Keys("another"), "videos", {"tag": "a"}),
    ],
)
def test_a_cursor_is_of_one_list_with_its_filters_and_of_one_installation(
    keys: Keys, name: str, filters: dict[str, Any]
) -> None:
    cursor = pages.seal(KEYS, "videos", {"tag": "a"}, [1])

    with pytest.raises(InvalidCursor):
        pages.unseal(keys, name, filters, cursor)


@given(st.data())
def test_a_cursor_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    cursor = pages.seal(KEYS, "videos", {}, [1, "a"])
    at = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.characters().filter(lambda letter: letter != cursor[at]))
    changed = cursor[:at] + letter + cursor[at + 1 :]

    try:
        # The last letter of base64 has bits that mean nothing.
        assert pages.unseal(KEYS, "videos", {}, changed) == [1, "a"]
        assert at == len(cursor) - 1
    except InvalidCursor:
        return


@pytest.mark.parametrize("cursor", ["", "x", "null", "AAAA", to_text(b"\0" * 16 + b"[1]"), "\u00e4", "../..", "=" * 40])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        pages.unseal(KEYS, "videos", {}, cursor)


@pytest.mark.parametrize(
    ("rows", "shown", "last"),
    [([], [], None), ([1, 2], [1, 2], None), ([1, 2, 3], [1, 2, 3], None), ([1, 2, 3, 4], [1, 2, 3], 3)],
)
def test_one_row_more_than_is_shown_tells_that_there_is_more(
    rows: list[int], shown: list[int], last: int | None
) -> None:
    assert pages.cut(rows, 3) == (shown, last)
