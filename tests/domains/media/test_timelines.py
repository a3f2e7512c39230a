"""What an edit does to time: pure, for any operations at all."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from socialflow.domains.media.service.cues import Cue
from socialflow.domains.media.service.timelines import Concat, Cut, Step, Timeline, Trim, made_of
from socialflow.ports.editing import Span

LENGTHS = [60_000, 20_000, 30_000]
moments = st.integers(0, 100_000)
ranges = st.tuples(moments, moments).filter(lambda pair: pair[0] < pair[1])
steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        ranges.map(lambda pair: Trim(*pair)),
        st.lists(ranges, min_size=1, max_size=8).map(lambda found: Cut(tuple(found))),
        st.builds(Concat, st.sampled_from([(1,), (2,), (1, 2)]), st.booleans()),
    ),
    max_size=6,
)
cue_lists = st.lists(st.tuples(st.integers(0, 59_000), st.integers(100, 5_000)), max_size=20).map(
    lambda found: [Cue(start, start + length, f"{start}") for start, length in found]
)


def test_a_part_is_kept_and_parts_are_taken_out() -> None:
    assert made_of(LENGTHS, [Trim(1_000, 9_000)]).spans == (Span(0, 1_000, 9_000),)
    cut = Cut(((5_000, 6_000), (5_500, 8_000), (0, 1_000)))
    assert made_of(LENGTHS, [cut]).spans == (Span(0, 1_000, 5_000), Span(0, 8_000, 60_000))
    # Times are those of what is left.
    assert made_of(LENGTHS, [cut, Trim(3_000, 5_000)]).spans == (Span(0, 4_000, 5_000), Span(0, 8_000, 9_000))
    assert made_of(LENGTHS, [Trim(70_000, 80_000)]).spans == ()


def test_films_are_put_before_and_behind_and_cut_with_the_rest() -> None:
    joined = made_of(LENGTHS, [Concat((1, 2), before=True), Trim(19_000, 55_000)])
    assert joined.spans == (Span(1, 19_000, 20_000), Span(2, 0, 30_000), Span(0, 0, 5_000))
    assert made_of(LENGTHS, [Concat((1,), before=False)]).spans == (Span(0, 0, 60_000), Span(1, 0, 20_000))


def test_what_changes_nothing_is_known_as_that() -> None:
    assert not made_of(LENGTHS, [Trim(0, 60_000)]).changes
    assert not made_of(LENGTHS, []).changes
    assert made_of(LENGTHS, [Trim(1, 60_000)]).changes


def test_words_are_shifted_cut_and_one_again_where_a_cut_went_through_them() -> None:
    line = made_of(LENGTHS, [Cut(((10_000, 20_000),))])
    cues = [
        Cue(1_000, 2_000, "a"),
        Cue(9_000, 21_000, "b"),
        Cue(11_000, 12_000, "c"),
        Cue(30_000, 31_000, "d", "line:0"),
    ]
    assert line.cues_after(cues) == [
        Cue(1_000, 2_000, "a"),
        Cue(9_000, 11_000, "b"),
        Cue(20_000, 21_000, "d", "line:0"),
    ]
    later = [Cue(1_000, 2_000, "A"), Cue(20_000, 21_000, "D")]
    assert line.cues_before(later, cues) == [
        Cue(1_000, 2_000, "A"),
        Cue(10_000, 20_000, "b"),
        Cue(11_000, 12_000, "c"),
        Cue(30_000, 31_000, "D"),
    ]


def test_a_moment_that_is_not_shown_is_soon_followed_by_one_that_is() -> None:
    line = made_of(LENGTHS, [Cut(((10_000, 20_000), (50_000, 60_000)))])
    assert [line.after(at) for at in (0, 9_999, 10_000, 20_000, 55_000)] == [0, 9_999, None, 10_000, None]
    assert [line.soon_after(at) for at in (0, 10_000, 15_000, 20_000, 55_000)] == [0, 10_000, 10_000, 10_000, None]


@given(steps)
def test_no_moment_is_shown_twice_and_the_length_is_that_of_the_parts(made: list[Step]) -> None:
    line = made_of(LENGTHS, made)
    shown = sorted((span.start_ms, span.end_ms) for span in line.spans if span.input == 0)
    assert all(end <= start for (_, end), (start, _) in pairwise(shown))
    assert all(0 <= span.start_ms < span.end_ms <= LENGTHS[span.input] for span in line.spans)
    assert line.length_ms == sum(span.length_ms for span in line.spans)


@given(steps, st.integers(0, 59_999))
def test_there_and_back_is_the_same_moment(made: list[Step], moment: int) -> None:
    line = made_of(LENGTHS, made)
    there = line.after(moment)
    if there is not None:
        assert line.before(there) == moment
        assert line.soon_after(moment) == there


@given(steps, cue_lists)
def test_words_stay_within_the_film_and_come_back_to_where_they_were(made: list[Step], cues: list[Cue]) -> None:
    line = made_of(LENGTHS, made)
    after = line.cues_after(cues)
    assert all(0 <= cue.start_ms < cue.end_ms <= line.length_ms for cue in after)
    for cue in line.cues_before(after):
        # Of words that were there before, at the same time, nothing else.
        assert any(cue.text == old.text and old.start_ms <= cue.start_ms and cue.end_ms <= old.end_ms for old in cues)


def test_nothing_is_left_of_a_film_of_which_nothing_is_shown() -> None:
    line = Timeline((Span(1, 0, 20_000),))
    assert line.cues_after([Cue(0, 1_000, "a")]) == []
    assert line.cues_after([Cue(0, 1_000, "a")], 1) == [Cue(0, 1_000, "a")]
    assert line.soon_after(0) is None
