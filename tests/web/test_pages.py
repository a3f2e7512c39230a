"""Every page: that it is there, safe, and says what it should."""

import re
from typing import Any

import httpx2
import pytest
from tests.web.fake_api import Refused, World, video

from socialflow.web.security import DOCS_POLICY, PAGE_POLICY

WATCH = "/watch/vid_00000000000000000000000001"
OPEN_PAGES = [
    "/",
    WATCH,
    "/@ada",
    "/@grace",
    "/login",
    "/signup",
    "/forgot",
    "/reset?token=x",
    "/verify?token=x",
    "/email/confirm?token=x",
    "/email/undo?token=x",
    "/about",
    "/swipe",
    "/tag/relays",
    "/tag/none",
    "/offline",
    "/gone",
]
OWN_PAGES = [
    "/following",
    "/suggestions",
    "/upload",
    "/my/videos",
    *(f"/my/videos/vid_{number:026}" for number in (2, 5)),
    *(f"/my/videos/vid_{2:026}/{part}" for part in ("captions", "captions/en", "chapters", "poster", "edit")),
    "/settings",
    "/settings/account",
]
OF_ANY_PAGE = ("/auth/session", "/channels/chn_")
STATES = [f"/watch/vid_{number:026}" for number in (2, 3, 4, 5)]
# What is said of a page to programs (JSON-LD) is data, and is never run.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?! type=\"application/ld\+json\">)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE
)
FOREIGN = re.compile(r"""(?:src|href|action|poster)=["'](?:https?:)?//[^"']*["']""")


def check_page(answer: httpx2.Response, policy: str = PAGE_POLICY) -> None:
    assert answer.headers["content-security-policy"] == policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert not INLINE.search(answer.text), INLINE.search(answer.text)
    own = re.sub(r'<a href="https://example\.org[^"]*" rel="nofollow', "", answer.text)
    own = re.sub(r'<link rel="canonical" href="http://localhost:8000/', "", own)
    foreign = [found for found in FOREIGN.findall(own) if "http://localhost:8000/" not in found]
    assert not foreign
    assert answer.text.count("<h1") == 1
    assert '<main id="main"' in answer.text
    assert "<title>" in answer.text


@pytest.mark.parametrize("path", OPEN_PAGES)
async def test_a_visitor_gets_a_safe_page(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert answer.status_code == (404 if path == "/gone" else 200)
    check_page(answer)
    assert "csrf" not in answer.text


@pytest.mark.parametrize("path", OPEN_PAGES[:4] + OWN_PAGES + STATES)
async def test_someone_logged_in_gets_a_safe_page_of_their_own(ada: httpx2.AsyncClient, path: str) -> None:
    answer = await ada.get(path)

    assert answer.status_code == 200
    check_page(answer)
    assert "private" in answer.headers["cache-control"]
    assert "Cookie" in answer.headers["vary"]
    assert '<meta name="csrf-token" content="csrf-of-ada">' in answer.text


@pytest.mark.parametrize("path", OWN_PAGES)
async def test_a_visitor_is_asked_to_log_in_and_comes_back(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next={path}"


@pytest.mark.parametrize("path", ["/docs", "/docs/try"])
async def test_the_reference_is_ours_from_first_to_last_byte(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert answer.headers["content-security-policy"] == DOCS_POLICY
    assert not FOREIGN.search(answer.text)
    assert not INLINE.search(answer.text)


async def test_what_people_write_is_shown_as_text(visitor: httpx2.AsyncClient) -> None:
    page = (await visitor.get(WATCH)).text

    assert "Moths &amp; &lt;b&gt;relays&lt;/b&gt;" in page
    assert "Grace &lt;Hopper&gt;" in page
    assert "First &lt;i&gt;words&lt;/i&gt;" in page
    assert '<a href="https://example.org/moth?a=1&amp;b=2" rel="nofollow ugc noopener noreferrer"' in page


async def test_the_player_gets_all_it_needs_from_the_page(visitor: httpx2.AsyncClient, world: World) -> None:
    caption = {"language": "en", "label": "English", "kind": "captions", "is_default": False, "url": "/media/en.vtt"}
    world.videos[0]["playback"]["captions"] = [caption]

    page = (await visitor.get(WATCH)).text

    assert f'data-hls="{world.videos[0]["playback"]["hls_url"]}?v={world.videos[0]["id"]}"' in page
    assert "data-storyboard=" in page
    assert '<track kind="captions" src="/media/en.vtt" srclang="en" label="English">' in page
    assert '<link rel="preload" as="image" href="/media/' in page


async def test_a_video_that_is_not_ready_tells_how_far_it_is(ada: httpx2.AsyncClient) -> None:
    page = (await ada.get(STATES[1])).text

    assert "<sf-player" not in page
    assert 'data-state="processing" data-progress="0.4"' in page
    assert "40 %" in page


async def test_a_video_that_failed_says_why(ada: httpx2.AsyncClient) -> None:
    page = (await ada.get(STATES[2])).text

    assert "The file is damaged." in page
    assert "Upload another file" in page


async def test_only_public_videos_invite_crawlers(ada: httpx2.AsyncClient) -> None:
    assert '<meta property="og:title"' in (await ada.get(WATCH)).text
    # Whoever is given the address sees what it leads to; who looks for pages by themselves is told to pass by.
    by_link = (await ada.get(STATES[0])).text
    assert '<meta property="og:title"' in by_link
    hidden = (await ada.get(STATES[1])).text
    assert "og:title" not in hidden
    for page in (by_link, hidden):
        assert '<meta name="robots" content="noindex">' in page


async def test_lists_go_on_with_and_without_scripts(visitor: httpx2.AsyncClient, world: World) -> None:
    world.videos += [video(number, world.channels[1], f"Video {number}") for number in range(10, 40)]

    first = (await visitor.get("/")).text
    more = re.findall(r'href="(/\?cursor=[^"]+)" hx-get="([^"]+)"', first)
    plain = (await visitor.get(more[0][0])).text
    part = (await visitor.get(more[0][1], headers={"HX-Request": "true"})).text

    assert len(more) == 1
    assert "<html" in plain
    assert part.count('<li class="card') == 7
    assert "<html" not in part
    assert "cursor=" not in part


async def test_a_channel_lists_its_own_videos(visitor: httpx2.AsyncClient, world: World) -> None:
    page = (await visitor.get("/@grace")).text

    assert "Moths" in page
    assert ("GET", "/videos", {"channel_id": world.channels[1]["id"], "limit": "24"}, None) in world.calls


async def test_an_empty_following_page_helps(ada: httpx2.AsyncClient, world: World) -> None:
    page = (await ada.get("/following")).text

    assert "Your feed starts with a follow" in page
    for each in (page, (await ada.get("/suggestions")).text):
        assert f'action="/follows/{world.channels[1]["id"]}"' in each
        assert f'action="/follows/{world.channels[0]["id"]}"' not in each
        assert "Speaks of <bdi>#moths</bdi>, <bdi>#night</bdi>" in each


async def test_a_following_page_shows_what_was_published(ada: httpx2.AsyncClient, world: World) -> None:
    world.followed.add(world.channels[1]["id"])

    assert "Moths" in (await ada.get("/following")).text


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(403, "forbidden", "That is not yours"), (404, "not_found", "Nothing here"),
     (429, "too_many_requests", "A little slower"),
     (500, "internal_error", "Something broke"), (503, "unavailable", "Back in a moment")],
)  # fmt: skip
async def test_a_refusal_is_a_page(
    visitor: httpx2.AsyncClient, world: World, status: int, code: str, words: str
) -> None:
    world.refuse["GET", "/videos"] = Refused(status, code, "Words of the API")

    answer = await visitor.get("/")

    assert answer.status_code == status
    assert words in answer.text
    assert ("Words of the API" in answer.text) == (status in {403, 429})
    assert "req_test" in answer.text
    check_page(answer)


async def test_a_refusal_is_a_message_to_htmx(visitor: httpx2.AsyncClient, world: World) -> None:
    world.refuse["GET", "/videos"] = Refused(429, "too_many_requests", "Wait — a moment.")

    answer = await visitor.get("/?cursor=1", headers={"HX-Request": "true"})

    assert answer.status_code == 429
    assert answer.headers["hx-reswap"] == "none"
    assert answer.headers["hx-trigger"] == '{"toast": {"message": "Wait \\u2014 a moment.", "tone": "error"}}'
    assert answer.content == b""


async def test_a_bug_is_a_page_without_secrets(visitor: httpx2.AsyncClient, world: World) -> None:
    world.videos[0]["duration_ms"] = "secret words that break the template"

    answer = await visitor.get("/")

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_whoever_is_logged_in_stays_so_on_a_page_that_is_not_there(
    ada: httpx2.AsyncClient, visitor: httpx2.AsyncClient
) -> None:
    hers, nobodys = await ada.get("/gone"), await visitor.get("/gone")

    assert hers.status_code == nobodys.status_code == 404
    assert "Log in" not in hers.text
    assert "Log in" in nobodys.text


async def test_a_page_that_is_not_there_is_told_while_the_api_is_away(ada: httpx2.AsyncClient, world: World) -> None:
    world.refuse["GET", "/auth/session"] = Refused(503, "unavailable", "The database does not answer.")

    answer = await ada.get("/gone")

    assert answer.status_code == 404
    assert "Nothing here" in answer.text


async def test_a_wrong_method_is_a_page(visitor: httpx2.AsyncClient) -> None:
    answer = await visitor.post("/about")

    assert answer.status_code == 405
    assert "That cannot be done here" in answer.text


@pytest.mark.parametrize("path", ["/api/v1/gone", "/api", "/readyz", "/metrics", "/media/x/y", "/.well-known/x"])
async def test_paths_of_the_api_are_not_pages(visitor: httpx2.AsyncClient, path: str) -> None:
    answer = await visitor.get(path)

    assert answer.status_code == 404
    assert "text/html" not in answer.headers["content-type"]


async def test_an_app_can_be_installed(visitor: httpx2.AsyncClient) -> None:
    manifest: dict[str, Any] = (await visitor.get("/manifest.webmanifest")).json()

    assert manifest["name"] == "Social Flow"
    assert manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        assert (await visitor.get(icon["src"])).headers["content-type"] == "image/png"


async def test_small_files_are_where_browsers_look_for_them(visitor: httpx2.AsyncClient) -> None:
    assert (await visitor.get("/favicon.ico")).content.startswith(b"\x89PNG")
    assert "Disallow: /my/" in (await visitor.get("/robots.txt")).text
    worker = await visitor.get("/sw.js")
    assert worker.headers["cache-control"] == "no-cache"
    for kept in re.findall(r'"(/static/[^"]+)"', worker.text):
        assert (await visitor.get(kept)).status_code == 200


async def test_the_offline_page_is_the_same_for_everyone(ada: httpx2.AsyncClient, visitor: httpx2.AsyncClient) -> None:
    assert (await ada.get("/offline")).text == (await visitor.get("/offline")).text


async def test_about_tells_what_runs_here(visitor: httpx2.AsyncClient) -> None:
    page = (await visitor.get("/about")).text

    for fact in ("Social Flow 0.1.0", "8 GiB", "12 hours", "HLS and DASH", "open to everyone"):
        assert fact in page


@pytest.mark.parametrize(
    "path",
    ["/watch/%3Fmine=true", "/watch/..%2Fme", "/watch/vid_1", "/watch/" + "x" * 4_000, "/@ada%3Fx", "/@..",
     "/my/videos/%3F",
     "/watch/vid_00000000000000000000000001%0a"],
)  # fmt: skip
async def test_what_is_no_id_never_becomes_part_of_an_address(ada: httpx2.AsyncClient, world: World, path: str) -> None:
    answer = await ada.get(path)

    assert answer.status_code == 404
    assert "Nothing here" in answer.text
    assert all(asked.startswith(OF_ANY_PAGE) for _, asked, _, _ in world.calls)


async def test_crawlers_may_ask_for_headers_alone(visitor: httpx2.AsyncClient) -> None:
    whole, head = await visitor.get(WATCH), await visitor.head(WATCH)

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == whole.headers["content-length"]


async def test_a_video_that_waits_for_its_time_says_so_to_its_owner(ada: httpx2.AsyncClient, world: World) -> None:
    row = (await ada.get("/my/videos")).text
    assert row.count("Scheduled for") == 1
    page = (await ada.get(STATES[3])).text
    for text in (row, page):
        assert '<time datetime="2027-01-31T17:30:00Z" data-local>31 January 2027, 17:30 UTC</time>' in text
    assert "Until then you alone can see it." in page
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page

    form = (await ada.get("/my/videos/vid_00000000000000000000000005")).text
    assert '<div class="field" data-later hidden>' in form
    assert "Changing that needs JavaScript." in form
    published = (await ada.get("/my/videos/vid_00000000000000000000000002")).text
    assert "data-later" not in published
