"""A28, of structured data: JSON-LD gives back what people wrote, and a browser finds nothing in it to run."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, Route
from tests.factories.accounts import Person
from tests.factories.browser import chromium
from tests.factories.videos import video

from socialflow.domains.channels.schemas import LONGEST_BIO
from socialflow.domains.videos.schemas import LONGEST_TAG
from socialflow.domains.videos.schemas.catalogue import LONGEST_DESCRIPTION
from socialflow.kernel.work import App
from socialflow.web.outside import Outside

RUNS = "window.ran=1;alert(1)"
HOSTILE = [
    f"</script><script>{RUNS}</script>",
    f"</SCRIPT ><script>{RUNS}</script>",
    f"</script/x><img src=x onerror={RUNS}>",
    # What stands behind it would be the script's, to the end of the page.
    f"<!--<script>{RUNS}",
    "<!--",
    "-->",
    "]]>",
    f"]]></script><svg onload={RUNS}>",
    "<![CDATA[",
    "\u2028;1",
    "one\u2028two\u2029three",
    "\"'`",
    '","@type":"Thing","name":"',
    "\\",
    '\\"',
    "\\u003c/script\\u003e",
    "\\ud800",
    "{{7*7}}${7*7}{%raw%}<%=7*7%>",
    "&lt;/script&gt;&quot;&amp;amp;",
    "\u202egnp.\u2066exe",
    "\U0001f469\u200d\U0001f52c\U0010ffff",
]
# Escaped as JSON does it: half a letter, and one that PostgreSQL cannot hold.
IMPOSSIBLE = ["\\u0000", "\\ud800", "\\udfff\\ud800"]
JSON = {"Content-Type": "application/json"}
ELEMENTS = """() => [...document.scripts].map(each => [each.getAttribute("src"), each.type, each.textContent])"""
Script = tuple[str | None, str, str]
# By type, by the way that leads to it.
Ways = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """A page, and what its structured data has to say."""

    path: str
    html: str
    ld: Ways


class _Scripts(HTMLParser):
    """The script elements of a page: where they are from, their type and what is in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Script] = []
        self._within = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin one."""
        self._within = tag == "script"
        if self._within:
            known = dict(attrs)
            self.found.append((known.get("src"), known.get("type") or "", ""))

    def handle_endtag(self, tag: str) -> None:
        """End it, if it is the one."""
        self._within &= tag != "script"

    def handle_data(self, data: str) -> None:
        """Keep what is in it."""
        if self._within:
            source, kind, text = self.found[-1]
            self.found[-1] = (source, kind, text + data)


def prose(text: str) -> str:
    """How a text of many lines is kept: a separator of lines ends one, as a newline does."""
    return re.sub("[\u2028\u2029]", "\n", text).strip()


def line(text: str) -> str:
    """How a text of one line is kept."""
    return " ".join(text.split())


def check(told: Told, scripts: list[Script]) -> None:
    """One script says what was written, and every other one is a file of ours."""
    ours = [(source, text) for source, kind, text in scripts if kind != "application/ld+json"]
    assert all(source and source.startswith("/static/") and not text for source, text in ours), (told.path, ours)
    (data,) = [text for _, kind, text in scripts if kind == "application/ld+json"]
    assert not re.search("[<>&\u2028\u2029]", data), told.path
    said = {thing["@type"]: thing for thing in json.loads(data)["@graph"]}
    assert set(said) == {*told.ld, "BreadcrumbList"}, told.path
    assert ">49<" not in told.html
    for kind, members in told.ld.items():
        for way, text in members.items():
            found: Any = said[kind]
            for step in way.split("."):
                found = found[int(step) if step.isdigit() else step]
            assert found == text, (told.path, way)


def chapters(title: str) -> dict[str, Any]:
    """Two chapters, the first of which is called so."""
    return {"chapters": [{"start_ms": 0, "title": title}, {"start_ms": 60_000, "title": "Two"}]}


async def write(ada: Person, video_id: str, text: str) -> dict[str, Any]:
    """Put a text wherever a person may; what is refused stays as it was."""
    answers = {
        "video": await ada.patch(f"/videos/{video_id}", {"title": text, "description": text}),
        "chapters": await ada.put(f"/videos/{video_id}/chapters", json=chapters(text)),
        "bio": await ada.patch("/channels/@ada", {"bio": text}),
        "name": await ada.patch("/channels/@ada", {"display_name": text}),
        "tag": await ada.patch(f"/videos/{video_id}", {"tags": [text]}),
        "post": await ada.post("/posts", {"text": f"{text} #sea"}),
    }
    # What turns letters around is taken neither in names nor in posts; a sign that ends tags is in none of them.
    refused = {"name", "post"} if "\u202e" in text else set()
    refused |= {"tag"} if "," in text or len(line(text)) > LONGEST_TAG else set()
    assert {name for name, answer in answers.items() if answer.status_code == 422} == refused
    assert all(answer.is_success for name, answer in answers.items() if name not in refused)
    return {name: answer.json() for name, answer in answers.items() if name not in refused}


async def tell(app: App, ada: Person, client: httpx2.AsyncClient, video_id: str, text: str) -> list[Told]:
    """Write a text and fetch the pages that tell of it, as nobody in particular."""
    assert (await ada.patch("/channels/@ada", {"display_name": "Ada"})).is_success
    assert (await ada.patch(f"/videos/{video_id}", {"tags": ["sea"]})).is_success
    written = await write(ada, video_id, text)
    name, tag = line(text) if "name" in written else "Ada", line(text).lower() if "tag" in written else "sea"
    titled = {"name": line(text), "description": prose(text), "keywords": tag, "author.name": name}
    places: dict[str, Ways] = {
        f"/watch/{video_id}": {
            "VideoObject": titled | {"hasPart.0.name": line(text)},
            "BreadcrumbList": {"itemListElement.1.name": name, "itemListElement.2.name": line(text)},
        },
        "/@ada": {"ProfilePage": {"mainEntity.name": name, "mainEntity.description": prose(text)}},
    }
    # An address cannot hold a slash that parts nothing.
    if "/" not in tag:
        places[f"/tag/{quote(tag, safe='')}"] = {"CollectionPage": {"name": f"#{tag}"}}
    if "post" in written:
        words = prose(f"{text} #sea")
        said = {"articleBody": words, "headline": line(words), "author.name": name, "keywords": "sea"}
        places[f"/post/{written['post']['id']}"] = {"SocialMediaPosting": said}
    app.cache.clear()
    answers = {path: await client.get(path) for path in places}
    assert {answer.status_code for answer in answers.values()} == {200}, answers
    return [Told(path, answer.text, places[path]) for path, answer in answers.items()]


def look(page: Page, told: Told) -> list[Script]:
    """Open a page in a browser, without the policy that would forbid what the text wants, and see that nothing ran."""

    def answer(route: Route) -> None:
        if route.request.is_navigation_request():
            route.fulfill(body=told.html, content_type="text/html; charset=utf-8")
        else:
            route.abort()

    page.route("**/*", answer)
    page.goto(f"http://localhost{told.path}")
    assert page.evaluate("window.ran") is None, told.path
    scripts = [(source, kind, text) for source, kind, text in page.evaluate(ELEMENTS)]
    page.unroute("**/*")
    return scripts


def browse(pages: list[Told]) -> None:
    """Look at pages in a real browser."""
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("dialog", lambda dialog: (asked.append(page.url), dialog.dismiss()))
        for told in pages:
            check(told, look(page, told))
        # That which looks would see it.
        caught = Told("/", f"<!doctype html><script>{RUNS}</script>", {})
        with pytest.raises(AssertionError, match="/"):
            look(page, caught)
    assert asked == ["http://localhost/"]


@pytest.mark.browser
@pytest.mark.timeout(300)
async def test_a28_structured_data_is_what_was_written_and_nothing_runs(
    app: App, ada: Person, client: httpx2.AsyncClient, deliver: Callable[..., Awaitable[int]]
) -> None:
    made = await video(app, ada, seconds=600)
    assert (await ada.put(f"/videos/{made['id']}/chapters", json=chapters("One"))).is_success
    # From then on there is a track, and the page asks for chapters.
    await deliver(times=1)
    pages = [told for text in HOSTILE for told in await tell(app, ada, client, made["id"], text)]
    for told in pages:
        check(told, _Scripts(told.html).found)
    # Chromium is driven from a thread of its own, where no loop runs.
    await asyncio.to_thread(browse, pages)


async def test_a28_a_text_as_long_as_may_be_stays_whole(app: App, ada: Person, client: httpx2.AsyncClient) -> None:
    made = await video(app, ada)
    text = ("</script>&\u05d0" * 1_000)[:10_000]
    for path, name in ((f"/videos/{made['id']}", "description"), ("/channels/@ada", "bio")):
        assert (await ada.patch(path, {name: text})).status_code == 422
    whole, most = text[:LONGEST_DESCRIPTION], text[:LONGEST_BIO]
    assert (await ada.patch(f"/videos/{made['id']}", {"description": whole})).is_success
    assert (await ada.patch("/channels/@ada", {"bio": most})).is_success
    app.cache.clear()
    for path, ways in (
        (f"/watch/{made['id']}", {"VideoObject": {"description": whole}}),
        ("/@ada", {"ProfilePage": {"mainEntity.description": most}}),
    ):
        told = Told(path, (await client.get(path)).text, ways)
        check(told, _Scripts(told.html).found)


@pytest.mark.parametrize("letter", IMPOSSIBLE)
async def test_a28_what_no_text_can_hold_is_refused_at_the_door(app: App, ada: Person, letter: str) -> None:
    made = await video(app, ada)
    fields = {
        f"/videos/{made['id']}": ('"title":"a%sb"', '"description":"a%sb"', '"tags":["a%sb"]'),
        "/channels/@ada": ('"display_name":"a%sb"', '"bio":"a%sb"'),
        "/posts": ('"text":"a%sb"',),
    }
    for path, members in fields.items():
        for member in members:
            body = ("{" + member % letter + "}").encode()
            method = "POST" if path == "/posts" else "PATCH"
            answer = await ada.http.request(method, f"/api/v1{path}", content=body, headers=JSON)
            assert answer.status_code in {400, 422}, (path, member, answer.text)


@pytest.mark.parametrize("text", HOSTILE)
async def test_a28_a_handle_is_letters_alone(ada: Person, text: str) -> None:
    assert (await ada.put("/channels/@ada/handle", json={"handle": text})).status_code == 422


WORDS = st.one_of(st.text(), st.lists(st.sampled_from([*HOSTILE, *"<>&/!-\\\"'\u2028\u2029"])).map("".join))
THINGS = st.dictionaries(
    WORDS, st.recursive(WORDS, lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner), max_leaves=10)
)


@given(THINGS)
def test_a28_escaped_json_is_the_same_json_and_never_ends_its_element(thing: dict[str, Any]) -> None:
    escaped = Outside(url="", said=[thing]).ld

    assert escaped is not None
    assert not re.search("[<>&\u2028\u2029]", escaped)
    assert json.loads(escaped) == {"@context": "https://schema.org", "@graph": [thing]}
    around = f'<title>a</title><script type="application/ld+json">{escaped}</script><script src="b"></script>'
    assert _Scripts(around).found == [(None, "application/ld+json", escaped), ("b", "", "")]
