"""How values are said."""

from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from socialflow.web import text

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "said"),
    [(None, "0"), (0, "0"), (999, "999"), (1000, "1K"), (1234, "1.2K"), (9_999, "9.9K"), (34_567, "34K"),
     (999_999, "999K"), (1_000_000, "1M"), (5_150_000, "5.1M"), (2_000_000_000, "2B")],
)  # fmt: skip
def test_counts_are_short_and_never_rounded_up(number: int | None, said: str) -> None:
    assert text.count(number) == said


def test_a_noun_follows_its_number() -> None:
    assert text.plural(1, "like") == "1 like"
    assert text.plural(0, "like") == "0 likes"
    assert text.plural(2, "reply", "replies") == "2 replies"


@pytest.mark.parametrize(
    ("milliseconds", "shown", "said"),
    [(None, "0:00", "0 seconds"), (7_000, "0:07", "7 seconds"), (61_400, "1:01", "1 minute 1 second"),
     (3_723_000, "1:02:03", "1 hour 2 minutes 3 seconds"), (7_200_000, "2:00:00", "2 hours")],
)  # fmt: skip
def test_durations_are_shown_and_said(milliseconds: int | None, shown: str, said: str) -> None:
    assert text.clock(milliseconds) == shown
    assert text.spoken(milliseconds) == said


@pytest.mark.parametrize(
    ("when", "said"),
    [("2026-11-24T11:59:30Z", "just now"), ("2026-11-24T11:59:00Z", "1 minute ago"),
     ("2026-11-24T09:00:00Z", "3 hours ago"),
     ("2026-11-10T12:00:00+00:00", "2 weeks ago"), ("2024-11-01T12:00:00Z", "2 years ago"), (None, ""),
     ("2026-11-24T12:00:05Z", "just now")],
)  # fmt: skip
def test_ages_use_the_largest_fitting_unit(when: str | None, said: str) -> None:
    assert text.ago(when, NOW) == said


def test_times_are_written_out_in_the_one_time_zone_that_the_server_knows() -> None:
    assert text.long_time("2026-11-02T23:59:00+01:00") == "2 November 2026, 22:59 UTC"
    assert text.long_time(None) == ""


def test_dates_are_written_out() -> None:
    assert text.long_date("2026-11-02T23:59:00Z") == "2 November 2026"
    assert text.long_date(None) == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [(None, "0 B"), (512, "512 B"), (1536, "1.5 KiB"), (8 * 1024**3, "8 GiB"), (1024**5, "1024 TiB")],
)
def test_sizes_are_binary(number: int | None, said: str) -> None:
    assert text.size(number) == said


def test_text_of_people_is_escaped_and_its_addresses_are_links() -> None:
    shown = text.rich('<b>"x"</b> see https://example.org/a?b=1&c=2. or HTTP://example.org/<script>')

    assert isinstance(shown, Markup)
    assert "<b>" not in shown
    assert "<script>" not in shown
    assert '<a href="https://example.org/a?b=1&amp;c=2" rel="nofollow ugc noopener noreferrer"' in shown
    assert ">example.org/a?b=1&amp;c=2</a>." in shown
    assert 'href="HTTP://example.org/"' in shown


@pytest.mark.parametrize(
    "hostile", ["javascript:alert(1)", "data:text/html,x", 'https://x"onmouseover="y', "//example.org"]
)
def test_only_plain_web_addresses_become_links(hostile: str) -> None:
    shown = text.rich(hostile)

    assert 'href="javascript' not in shown
    assert 'href="data' not in shown
    assert 'href="//' not in shown
    assert '"onmouseover' not in shown


def test_long_addresses_are_shown_shortened_and_linked_whole() -> None:
    address = "https://example.org/" + "a" * 200

    shown = text.rich(address)

    assert f'href="{address}"' in shown
    assert "…</a>" in shown


def test_a_missing_picture_is_a_letter_and_a_steady_colour() -> None:
    assert text.initial("  ada") == "A"
    assert text.initial("") == "?"
    assert text.hue("ada") == text.hue("ada")
    assert all(0 <= text.hue(name) < 8 for name in ("ada", "grace", "", None))


def test_addresses_are_found_in_linear_time() -> None:
    hostile = "https://" + "a." * 50_000 + " " + "http" * 20_000

    started = datetime.now(UTC)
    text.rich(hostile)

    assert (datetime.now(UTC) - started).total_seconds() < 0.5
