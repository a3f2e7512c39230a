"""Taking one's graph along, in Mastodon's forms."""

from collections.abc import Awaitable, Callable

import pytest
from tests.factories.accounts import Person
from tests.factories.graph import block, follow, handles, make_private, relation

from socialflow.domains.social.service import transfer
from socialflow.kernel.work import App

People = Callable[..., Awaitable[Person]]


async def sent(person: Person, kind: str, file: str | bytes) -> dict[str, list[dict[str, str]]]:
    answer = await person.http.post(f"/api/v1/me/graph/{kind}", content=file, headers={"Content-Type": "text/csv"})
    assert answer.status_code == 200, answer.text
    read: dict[str, list[dict[str, str]]] = answer.json()
    return read


async def test_what_was_exported_is_imported_elsewhere(
    app: App, ada: Person, bob: Person, person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol, eve = await person("carol"), await person("eve")
    monkeypatch.setattr(transfer, "READ_AT_ONCE", 1)
    host = transfer.host_of(app)
    for each in (bob, carol):
        await follow(ada, each)
    await ada.put(f"/follows/{bob.channel_id}/bell", json={"bell": "all"})
    await ada.put(f"/mutes/{carol.channel_id}")
    await ada.post("/me/mutes", {"kind": "word", "term": "sea"})
    made = (await ada.post("/lists", {"title": "Gardeners, and others"})).json()
    await ada.put(f"/lists/{made['id']}/members/{bob.channel_id}")
    await block(ada, eve)

    files = {}
    for kind in ("follows", "blocks", "mutes", "lists"):
        answer = await ada.get(f"/me/graph/{kind}")
        assert answer.headers["content-type"].startswith("text/csv")
        files[kind] = answer.text
    assert files == {
        "follows": "Account address,Show boosts,Notify on new posts,Languages\n"
        f"bob@{host},true,true,\ncarol@{host},true,false,\n",
        "blocks": f"eve@{host}\n",
        "mutes": f"Account address,Hide notifications\ncarol@{host},true\n",
        "lists": f'"Gardeners, and others",bob@{host}\n',
    }

    dave = await person("dave")
    for kind, file in files.items():
        report = await sent(dave, kind, file)
        assert (report["done"], report["failed"]) == (len(report["lines"]), 0), report
    assert await handles(dave, "/channels/@dave/following") == ["carol", "bob"]
    assert (await relation(dave, bob) or {})["bell"] == "all"
    assert await handles(dave, "/me/blocks") == ["eve"]
    assert [item["channel"]["handle"] for item in (await dave.get("/me/mutes")).json()["items"]] == ["carol"]
    (own,) = (await dave.get("/lists")).json()["items"]
    assert (own["title"], own["member_count"]) == ("Gardeners, and others", 1)
    again = await sent(dave, "follows", files["follows"])
    assert (again["already"], again["done"]) == (2, 0)


async def test_every_line_is_told_of_and_stops_no_other(app: App, ada: Person, bob: Person, person: People) -> None:
    carol, moe = await person("carol"), await person("moe", role="moderator")
    await make_private(carol)
    file = (
        "\ufeffAccount address,Show boosts\n"
        "ada,true\n"
        "@bob,true\n"
        f"CAROL@{transfer.host_of(app).upper()}\n"
        "somebody@elsewhere.example\n"
        "nobody,true\n"
        ",true\n"
        "\n"
        '"bob ",true\n'
    )
    report = await sent(ada, "follows", file.encode())
    assert [(line["line"], line["outcome"], line["code"]) for line in report["lines"]] == [
        (2, "refused", "cannot_follow_yourself"),
        (3, "done", None),
        (4, "requested", None),
        (5, "elsewhere", None),
        (6, "not_found", None),
        (7, "unreadable", None),
        (9, "already", None),
    ]
    assert report["failed"] == 4
    refused = await sent(ada, "blocks", f"{moe.handle}\nbob\n")
    assert [(line["outcome"], line["code"]) for line in refused["lines"]] == [
        ("refused", "cannot_block_staff"),
        ("done", None),
    ]
    assert await handles(ada, "/me/blocks") == ["bob"]
    titled = await sent(ada, "lists", f"{'x' * 61},carol\n,carol\nFriends,carol\n")
    assert [line["outcome"] for line in titled["lines"]] == ["unreadable", "unreadable", "done"]


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (b"a\n" * (transfer.MOST_LINES + 1), 413, "import_too_large"),
        (b"a" * (transfer.MOST_BYTES + 1), 413, "import_too_large"),
        (b"\xff\xfe\x00", 422, "unreadable_import"),
        (b"a\x00b\n", 422, "unreadable_import"),
        (b'"' + b"a" * 200_000, 422, "unreadable_import"),
    ],
)
async def test_what_is_no_file_of_ours_changes_nothing(ada: Person, file: bytes, status: int, code: str) -> None:
    answer = await ada.http.post("/api/v1/me/graph/follows", content=file, headers={"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
