"""Static files: named by content, and naming each other by it."""

import gzip
import hashlib
import os
import re
from pathlib import Path

import httpx2
import pytest

import socialflow.web
from socialflow.web.assets import Assets, UnknownAsset

WEB = Path(socialflow.web.__file__).parent


def write(root: Path, **files: str) -> Assets:
    for name, content in files.items():
        path = root / (name.replace("__", "/").replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Assets(root)


def test_a_change_below_changes_every_name_above(tmp_path: Path) -> None:
    before = write(tmp_path / "1", js__a_js='import "./b.js";', js__b_js="export {};", css__c_css="a{}")
    after = write(tmp_path / "2", js__a_js='import "./b.js";', js__b_js="export const x = 1;", css__c_css="a{}")

    assert before.url("js/a.js") != after.url("js/a.js")
    assert before.url("js/b.js") != after.url("js/b.js")
    assert before.url("css/c.css") == after.url("css/c.css")


def test_references_are_written_as_hashed_addresses(tmp_path: Path) -> None:
    assets = write(
        tmp_path,
        js__a_js='import { x } from "../js/b.js"; const y = () => import("./b.js"); const z = asset("../css/c.css");',
        js__b_js="export const x = 1;",
        css__c_css='@font-face { src: url("../img/d.svg"); }',
        img__d_svg="<svg/>",
    )
    script, style = assets.get("js/a.js"), assets.get("css/c.css")

    assert script is not None
    assert style is not None
    assert script.body.decode().count(assets.url("js/b.js")) == 2
    assert assets.url("css/c.css") in script.body.decode()
    assert assets.url("img/d.svg") in style.body.decode()


def test_a_reference_to_nothing_is_found_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UnknownAsset, match=r"js/gone.js, named by js/a.js"):
        write(tmp_path, js__a_js='import "./gone.js";')


def test_a_circle_is_found_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UnknownAsset, match="circle"):
        write(tmp_path, js__a_js='import "./b.js";', js__b_js='import "./a.js";')


def test_a_template_cannot_name_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownAsset):
        write(tmp_path).url("css/gone.css")


def test_a_page_can_fetch_all_modules_of_a_script_at_once(tmp_path: Path) -> None:
    assets = write(
        tmp_path,
        js__a_js='import "./b.js";\nimport { c } from "./c.js";\nconst late = () => import("./d.js");',
        js__b_js='import "./c.js";',
        js__c_js="export const c = 1;",
        js__d_js="",
    )

    assert assets.modules("js/a.js") == [assets.url(f"js/{name}.js") for name in "cba"]


def test_during_development_a_change_is_seen_at_the_next_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, css__a_css="a{}")
    kept, watched = Assets(tmp_path), Assets(tmp_path, watched=True)
    before = watched.url("css/a.css")
    monkeypatch.setattr("socialflow.web.assets.LOOK_SECONDS", 0)

    (tmp_path / "css" / "a.css").write_text("a{color:red}")
    os.utime(tmp_path / "css" / "a.css", (2e9, 2e9))

    assert watched.url("css/a.css") != before
    assert kept.url("css/a.css") == before


async def test_hashed_files_are_kept_for_ever_and_plain_names_shortly(visitor: httpx2.AsyncClient) -> None:
    page = (await visitor.get("/")).text
    hashed = re.findall(r'href="(/static/css/base\.\w+\.css)"', page)[0]

    kept = await visitor.get(hashed)
    plain = await visitor.get("/static/css/base.css")

    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["cache-control"] == "public, max-age=300"
    assert kept.headers["x-content-type-options"] == "nosniff"
    assert kept.content == plain.content


async def test_text_is_sent_compressed_where_it_is_taken(visitor: httpx2.AsyncClient) -> None:
    small = await visitor.get("/static/css/base.css", headers={"Accept-Encoding": "gzip"})
    large = await visitor.get("/static/css/base.css", headers={"Accept-Encoding": "identity"})

    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["vary"] == "Accept-Encoding"
    assert int(small.headers["content-length"]) < int(large.headers["content-length"]) / 2
    assert small.content == large.content


async def test_what_the_browser_has_is_not_sent_again(visitor: httpx2.AsyncClient) -> None:
    first = await visitor.get("/static/vendor/htmx.js")
    again = await visitor.get("/static/vendor/htmx.js", headers={"If-None-Match": first.headers["etag"]})

    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("name", ["gone.css", "../app.py", "%2e%2e/app.py", "css", "vendor/VENDORED.md", ""])
async def test_nothing_else_is_served(visitor: httpx2.AsyncClient, name: str) -> None:
    assert (await visitor.get(f"/static/{name}")).status_code == 404


def test_vendored_files_are_those_that_were_fetched() -> None:
    listed = re.findall(r"\| `(\S+)` \|.*\| `([0-9a-f]{64})` \|", (WEB / "static/vendor/VENDORED.md").read_text())
    present = {
        path for folder in ("static/vendor", "templates/icons") for path in (WEB / folder).rglob("*") if path.is_file()
    }

    assert len(listed) > 60
    assert {WEB / name for name, _ in listed} == present - {WEB / "static/vendor/VENDORED.md"}
    for name, digest in listed:
        assert hashlib.sha256((WEB / name).read_bytes()).hexdigest() == digest, name


def test_a_page_needs_little_script_before_play() -> None:
    assets = Assets(WEB / "static")
    needed = {
        *assets.modules("js/watch.js"),
        *assets.modules("js/app.js"),
        *map(assets.url, ("js/theme.js", "vendor/htmx.js")),
    }

    bodies = [found.body for address in needed if (found := assets.get(address.removeprefix("/static/")))]

    assert len(bodies) == len(needed)
    assert sum(len(gzip.compress(body)) for body in bodies) < 60_000
