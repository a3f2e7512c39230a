"""Captions as text: what is read of files, what is kept of it, and what is written."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.domains.media.errors import CaptionsTooLarge, CaptionsUnreadable, TooManyCues
from socialflow.domains.media.service import cues, subtitles
from socialflow.domains.media.service.cues import Cue
from socialflow.domains.media.service.subtitles import Track

SRT = "1\n00:00:01,000 --> 00:00:02,500\nGood <i>morning</i>.\n\n2\n00:00:03,000 --> 00:00:04,000\nAT&T\nand <b>more\n"
VTT = (
    "WEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\nNOTE hidden\n\n"
    "intro\n00:01.000 --> 00:02.500 line:0 align:start region:fred evil:1 position:900%\n"
    "<v.loud Ada>Good <c.red>day</c>\n"
)
ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Fonts]
fontname: evil.ttf
!!!!"""
ASS += r"""

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\i1}Good{\i0}\Nmorning <script>
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\p1}m 0 0 l 100 0 100 100{\p0}
Comment: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,not spoken
"""


def test_subrip_keeps_its_words_and_marks() -> None:
    assert cues.read(SRT.encode()) == [
        Cue(1_000, 2_500, "Good <i>morning</i>."),
        Cue(3_000, 4_000, "AT&amp;T\nand <b>more"),
    ]


def test_webvtt_keeps_the_known_places_and_says_who_speaks() -> None:
    (cue,) = cues.read(VTT.encode())
    assert cue == Cue(1_000, 2_500, "Ada: Good day", "line:0 align:start")


def test_substation_alpha_keeps_the_words_alone() -> None:
    assert cues.read(ASS.encode()) == [Cue(1_000, 2_500, "Good\nmorning &lt;script&gt;")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encoding_is_seen_from_the_bytes(encoding: str) -> None:
    text = "1\r\n00:00:01,000 --> 00:00:02,000\r\nCafé à la plage, trois fois par jour\r\n"
    (cue,) = cues.read(text.encode(encoding))
    assert cue.text == "Café à la plage, trois fois par jour"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"\x00" * 50,
        b"GIF89a",
        b"hello",
        b"[Script Info]",
        b"WEBVTT",
        b"WEBVTT\n\n00:99.000 --> 00:99.500\nx",
    ],
    ids=range(8),
)
def test_what_holds_no_captions_is_refused_or_empty(data: bytes) -> None:
    with contextlib.suppress(CaptionsUnreadable):
        assert cues.read(data) == []


def test_size_and_number_are_bounded() -> None:
    with pytest.raises(CaptionsTooLarge):
        cues.read(b"WEBVTT\n" + b"x" * cues.LARGEST_FILE)
    with pytest.raises(TooManyCues):
        cues.tidy(Cue(number * 10, number * 10 + 5, "x") for number in range(cues.MOST_CUES + 1))
    long = cues.clean("<b>word</b> & " * 5_000)
    assert len(long) <= cues.LONGEST_TEXT


def test_cues_come_in_order_and_one_after_the_other() -> None:
    made = cues.tidy(
        [
            Cue(5_000, 6_000, "last"),
            Cue(1_000, 3_000, "first"),
            Cue(2_000, 4_000, "second"),
            Cue(2_000, 2_500, "beside it"),
            Cue(9_000, 9_000, "never"),
            Cue(7_000, 8_000, "  \n "),
        ]
    )
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in made] == [
        (1_000, 2_000, "first"),
        (2_000, 4_000, "second\nbeside it"),
        (5_000, 6_000, "last"),
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>hi", "hi"),
        ("<c.onclick><b onclick=x>bold</b></c>", "<b>bold</b>"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("a < b --> c", "a &lt; b --&gt; c"),
        ("<scr<b>ipt>", "<b>ipt&gt;"),
        ("one\n\n\ntwo\x00\x1b[31m", "one\ntwo[31m"),
        ("<00:00:01.000>now", "now"),
    ],
)
def test_nothing_that_a_browser_would_obey_is_kept(text: str, kept: str) -> None:
    cleaned = cues.clean(text)
    assert cleaned.replace("&lt;scr", "") == kept or cleaned == kept
    assert cues.clean(cleaned) == cleaned


@given(st.text(max_size=300))
def test_cleaning_twice_is_cleaning_once_and_only_three_marks_are_left(text: str) -> None:
    cleaned = cues.clean(text)
    assert cues.clean(cleaned) == cleaned
    for mark in ("<b>", "</b>", "<i>", "</i>", "<u>", "</u>"):
        cleaned = cleaned.replace(mark, "")
    assert "<" not in cleaned
    assert ">" not in cleaned
    assert "\n\n" not in cleaned


@given(
    st.lists(st.tuples(st.integers(0, 90_000), st.integers(1, 9_000), st.text(min_size=1, max_size=40)), max_size=20)
)
def test_what_is_written_is_read_as_the_same(rows: list[tuple[int, int, str]]) -> None:
    made = cues.tidy(Cue(start, start + length, text) for start, length, text in rows)
    if made:
        assert cues.read(cues.to_vtt(made).encode()) == made


def test_subrip_is_written_with_its_own_clock() -> None:
    assert cues.to_srt([Cue(1_000, 3_723_004, "a &amp; <i>b</i>", "line:0")]) == (
        "1\n00:00:01,000 --> 01:02:03,004\na & <i>b</i>\n"
    )


@pytest.mark.parametrize("unit", ["<", "<b", "{\\", "-->", "\n", "1\n00:00:00,000 --> 00:00:01,000\n", "&lt;", "<v x"])
def test_a_megabyte_of_nonsense_costs_little(unit: str) -> None:
    for head in ("WEBVTT\n\n00:00.000 --> 00:09.000\n", "1\n00:00:00,000 --> 00:00:01,000\n", "[Script Info]\n"):
        data = (head + unit * (cues.LARGEST_FILE // len(unit) - 100))[: cues.LARGEST_FILE].encode()
        began = time.process_time()
        with contextlib.suppress(CaptionsUnreadable, TooManyCues):
            cues.read(data)
        assert time.process_time() - began < 5


@pytest.mark.parametrize("unit", ["{", "{\\", "{}", "}", "{\\i1}a", "{\\p0}a", "{\\rx ", "\\N", "{{}"])
def test_a_megabyte_of_commands_in_one_line_costs_little(unit: str) -> None:
    head = ASS.partition("Dialogue:")[0] + "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,words "
    began = time.process_time()
    (cue,) = cues.read((head + unit * (cues.LARGEST_FILE // len(unit)))[: cues.LARGEST_FILE].encode())
    assert time.process_time() - began < 2
    assert cue.text.startswith("words")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{\\an8}Up{\\i1} here", "Up here"),
        ("a}b{c", "a}b{c"),
        ("{a{b}c", "c"),
        ("one\\Ntwo\\nthree\\hfour", "one\ntwo\nthree four"),
        ("{\\pos(1,2)}placed{\\p0}", "placed"),
    ],
)
def test_commands_of_substation_alpha_go_and_words_stay(line: str, said: str) -> None:
    head = ASS.partition("Dialogue:")[0] + "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,"
    assert cues.read((head + line).encode()) == [Cue(1_000, 2_500, said)]


MASTER = (
    '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",URI="a.m3u8"\n'
    '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="sound"\nv360.m3u8\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="v360-iframes.m3u8"\n'
)
MPD = '<MPD>\n  <Period id="0">\n    <AdaptationSet id="0">\n    </AdaptationSet>\n  </Period>\n</MPD>\n'
EN = Track("en", "English", is_default=True, is_captions=True)


def test_tracks_are_put_into_manifests_and_taken_out_again() -> None:
    listed = subtitles.hls(MASTER, [EN, Track("pt-BR", 'Eng"lish', is_default=False, is_captions=False)])
    assert '#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="sound",SUBTITLES="text"' in listed
    assert 'NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=' in listed
    assert 'NAME="Eng\'lish",LANGUAGE="pt-BR",DEFAULT=NO' in listed
    assert 'URI="captions-pt-br.m3u8"' in listed
    assert listed.index("TYPE=SUBTITLES") < listed.index("#EXT-X-STREAM-INF")
    assert subtitles.hls(listed, [EN]).count("TYPE=SUBTITLES") == 1
    assert subtitles.hls(listed, []) == MASTER

    mpd = subtitles.dash(MPD, [EN, Track("de", "<Deutsch & mehr>", is_default=False, is_captions=False)])
    assert mpd.count('<AdaptationSet id="text-') == 2
    assert "&lt;Deutsch &amp; mehr&gt;" in mpd
    assert subtitles.dash(mpd, []) == MPD


def test_two_tracks_of_one_name_are_told_apart() -> None:
    listed = subtitles.hls(MASTER, [EN, Track("en-GB", "English", is_default=False, is_captions=True)])
    assert 'NAME="English (en-GB)"' in listed
