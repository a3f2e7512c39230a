"""A27: values that PostgreSQL, JSON or Python cannot hold, in every parameter and every body: a no, never a crash."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.factories.accounts import Person
from tests.factories.operations import OPEN, operations, with_bodies
from tests.factories.videos import upload, video

from socialflow.kernel.work import App

JSON = {"Content-Type": "application/json"}
QUERIES = [
    "%00",
    "a%00b",
    "%ff%fe",
    "%ed%a0%80",
    "%F0%9F",
    "9223372036854775808",
    "-9223372036854775809",
    "1e400",
    "NaN",
    "Infinity",
    "9" * 5_000,
    "true",
    "[]",
    "%5B1%5D",
    "0x10",
    "%D9%A1",
    "1.5",
    "+1",
    "%20",
    "null",
    "\N{ARABIC-INDIC DIGIT ONE}",
    "2" + "0" * 400,
    "99999-12-31",
]
# As they would stand for a value in a body.
VALUES = [
    b'"\\u0000"',
    b'"a\\u0000b"',
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b"-1e400",
    b"9223372036854775808",
    b"9" * 5_000,
    b"1." + b"9" * 5_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"true",
    b"{}",
    b"[]",
    b"[[1]]",
    b'"\xff\xfe"',
    b'"99999-12-31T00:00:00Z"',
    b"\x00",
    b"",
]
BODIES = [
    b"",
    b" ",
    b"null",
    b"[]",
    b'"x"',
    b"1",
    b"{",
    b"{}}",
    b'{"title":"a","title":"b"}',
    '{"title":"\u00e4"}'.encode("utf-16"),
    '{"title":"\u00e4"}'.encode("utf-32"),
    b"\xef\xbb\xbf{}",
    b"\x1f\x8b\x08\x00",
    b"[" * 100_000,
    b'{"\\u0000":1}',
    b'{"\\ud800":1}',
    b'{"__proto__":{"a":1},"constructor":1}',
    b"{" + b",".join(b'"k%d":1' % number for number in range(20_000)) + b"}",
]


@pytest.fixture
async def ada(person: Callable[..., Awaitable[Person]]) -> Person:
    """Ada is an administrator here: what staff send is looked at as closely as what everybody sends."""
    return await person("ada", role="admin")


@pytest.mark.parametrize("text", QUERIES)
async def test_a27_every_parameter_of_every_operation(app: App, api: FastAPI, ada: Person, text: str) -> None:
    for operation in operations(api):
        for parameter in operation.named("query"):
            if operation.name == "streamEvents" and "%" not in text:
                continue
            answer = await ada.http.request(operation.method, f"{operation.url()}?{parameter['name']}={text}")
            # Muting a thread tells nobody whether there is one, and an empty time is none.
            is_muted = operation.name == "mute" and answer.status_code == 204
            assert is_muted or answer.status_code in {200, 400, 404, 422}, (operation.name, parameter["name"])
        for parameter in operation.named("path"):
            url = operation.url(**{parameter["name"]: text})
            answer = await ada.http.request(operation.method, url, json={} if operation.body else None)
            # Every word is a hashtag, and whatever is written a tag of videos; a number may have its sign.
            is_word = parameter["name"] == "tag" and (text.isalnum() or operation.name == "getTagFeed")
            is_number = parameter["name"] == "number" and text == "+1"
            if (is_word or is_number) and answer.is_success:
                continue
            assert 400 <= answer.status_code < 500, (operation.name, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value[:16]))
async def test_a27_every_field_of_every_body(app: App, api: FastAPI, ada: Person, value: bytes) -> None:
    good = await video(app, ada)
    for operation, schema in with_bodies(api):
        for name in schema["properties"]:
            body = b'{"%s":%s}' % (name.encode(), value)
            url = operation.url(video_id=good["id"], reference="@ada")
            answer = await ada.http.request(operation.method, url, content=body, headers=JSON)
            assert 200 <= answer.status_code < 500, (operation.name, name, answer.text)
    assert (await ada.get(f"/videos/{good['id']}")).status_code == 200


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:16]))
async def test_a27_every_body_as_a_whole(api: FastAPI, ada: Person, body: bytes) -> None:
    for operation in operations(api):
        # Logging out needs no body, and would end the session that asks.
        if operation.method == "GET" or operation.name == "logOut":
            continue
        answer = await ada.http.request(operation.method, operation.url(), content=body, headers=JSON)
        assert 200 <= answer.status_code < 500, (operation.name, answer.text)
        if operation.body is not None and operation.name not in OPEN:
            # Of a title that is said twice, JSON's readers take the last.
            is_list = operation.name in {"createList", "createPlaylist"} and answer.status_code == 201
            is_list &= body.startswith(b'{"title"')
            assert is_list or answer.status_code in {400, 404, 413, 422}, (operation.name, answer.status_code)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data; boundary=x", "\xff/x"])
async def test_a27_bodies_of_other_types(api: FastAPI, ada: Person, kind: str | None) -> None:
    headers = {"Content-Type": kind.encode("latin-1")} if kind else {}
    for operation, _ in with_bodies(api):
        answer = await ada.http.request(operation.method, operation.url(), content=b"<a/>", headers=headers)
        assert answer.status_code in {400, 404, 415, 422}, (operation.name, answer.status_code)


async def test_a27_what_an_app_says_of_itself(app: App, api: FastAPI, client: httpx2.AsyncClient) -> None:
    rules = app.settings.oauth.model_copy(update={"open_registration": True})
    often = dict.fromkeys(("app_registration", "app_registration_address"), "100000/60")
    opened = {"oauth": rules, "limits": app.settings.limits.model_copy(update=often)}
    api.state.app = replace(app, settings=app.settings.model_copy(update=opened))
    schema = next(operation.body for operation in operations(api) if operation.name in OPEN)
    assert schema is not None
    members = [b'{"%s":%s}' % (name.encode(), value) for name in schema["properties"] for value in VALUES]
    for body in (*BODIES, *members):
        answer = await client.post("/oauth/register", content=body, headers=JSON)
        assert answer.status_code in {400, 413}, (body[:60], answer.text)


async def test_a27_words_of_every_script_are_words(app: App, ada: Person) -> None:
    words = "\U0001f469\u200d\U0001f52c \u0928\u092e\u0938\u094d \u05e9\u05dc\u05d5\u05dd \U000e0001 \uffff \U0010ffff"
    body: dict[str, Any] = {"title": words, "description": words, "tags": [words[:20]], "upload_id": await upload(ada)}
    answer = await ada.post("/videos", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == words
    said = await ada.post("/comments", {"subject_id": answer.json()["id"], "text": words})
    assert said.json()["text"] == words
