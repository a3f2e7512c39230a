"""Everything that pages send: as plain forms, and as htmx does."""

from typing import Any

import httpx2
import pytest
from tests.web import fake_api
from tests.web.conftest import ORIGIN
from tests.web.fake_api import COOKIE, CSRF, LATER, SECRET, Refused, World

HTMX = {"HX-Request": "true", "X-CSRF-Token": CSRF}
VIDEO = "vid_00000000000000000000000001"
MINE = "vid_00000000000000000000000002"
WAITS = "vid_00000000000000000000000005"
GRACE = "chn_00000000000000000000000002"
OWN_COMMENT = "cmt_00000000000000000000000002"


def sent(world: World, method: str, path: str) -> Any:
    """The body of the last such call."""
    return [body for m, p, _, body in world.calls if (m, p) == (method, path)][-1]


async def test_one_logs_in_and_goes_on(visitor: httpx2.AsyncClient, world: World) -> None:
    form = {"login": " ada ", "password": "correct horse", "next": "/watch/x"}

    answer = await visitor.post("/login", data=form)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/watch/x"
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}={SECRET}; HttpOnly")
    assert sent(world, "POST", "/auth/login") == {"login": "ada", "password": "correct horse"}


async def test_one_never_goes_on_to_another_site(visitor: httpx2.AsyncClient) -> None:
    form = {"login": "ada", "password": "correct horse", "next": "https://evil.example/"}

    assert (await visitor.post("/login", data=form)).headers["location"] == "/"


async def test_a_wrong_password_is_said_beside_the_form(visitor: httpx2.AsyncClient) -> None:
    answer = await visitor.post("/login", data={"login": "ada", "password": "hunter2", "next": "/following"})

    assert answer.status_code == 401
    assert "That is not the right password for this name." in answer.text
    assert 'value="ada"' in answer.text
    assert "hunter2" not in answer.text
    assert 'name="next" value="/following"' in answer.text


async def test_faults_of_a_sign_up_stand_at_their_fields(visitor: httpx2.AsyncClient, world: World) -> None:
    faults = [{"pointer": "/handle", "code": "taken", "detail": "This handle is taken."}]
    world.refuse["POST", "/auth/register"] = Refused(422, "invalid_request", "Something is wrong.", faults)

    answer = await visitor.post("/signup", data={"handle": "@ada", "email": "a@example.org", "password": "x" * 9})

    assert answer.status_code == 422
    assert '<p class="fault" id="handle-fault">' in answer.text
    assert 'aria-invalid="true" aria-describedby="handle-fault handle-hint"' in answer.text
    assert "Something is wrong." not in answer.text
    assert sent(world, "POST", "/auth/register")["handle"] == "ada"
    assert sent(world, "POST", "/auth/register")["display_name"] == "ada"


async def test_a_log_in_replaces_a_session_that_is_still_there(ada: httpx2.AsyncClient) -> None:
    # The stand-in refuses a log-in that carries a cookie.
    answer = await ada.post("/login", data={"login": "ada", "password": "correct horse"})

    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/login", "/signup"])
async def test_someone_logged_in_needs_no_door(ada: httpx2.AsyncClient, path: str) -> None:
    answer = await ada.get(path, params={"next": "/about"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/about"


async def test_one_logs_out(ada: httpx2.AsyncClient) -> None:
    answer = await ada.post("/logout", data={"csrf_token": CSRF})

    assert answer.headers["location"] == "/"
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_a_session_that_has_ended_does_not_hide_the_page(visitor: httpx2.AsyncClient) -> None:
    visitor.cookies.set(COOKIE, "ended")

    answer = await visitor.get("/")

    assert answer.status_code == 200
    assert "Moths" in answer.text
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=; Path=/; Max-Age=0")


@pytest.mark.parametrize(
    "path",
    ["/login", "/signup", "/logout", "/comments", f"/likes/{VIDEO}", f"/follows/{GRACE}", f"/my/videos/{MINE}",
     f"/my/videos/{MINE}/delete", f"/comments/{OWN_COMMENT}/edit", f"/comments/{OWN_COMMENT}/delete", "/settings"],
)  # fmt: skip
async def test_forms_of_other_sites_are_refused(ada: httpx2.AsyncClient, world: World, path: str) -> None:
    answer = await ada.post(path, data={"csrf_token": CSRF}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert not [call for call in world.calls if call[0] != "GET"]


@pytest.mark.parametrize("path", [f"/likes/{VIDEO}", f"/follows/{GRACE}", f"/my/videos/{MINE}/delete", "/settings"])
async def test_forms_without_their_token_are_refused(ada: httpx2.AsyncClient, world: World, path: str) -> None:
    answer = await ada.post(path, data={"on": "1"})

    assert answer.status_code == 403
    assert not [call for call in world.calls if call[0] != "GET"]


@pytest.mark.parametrize("token", ["\u00e9", "\u2603", "a\r\nX-Evil: 1", "\ufffd"])
async def test_a_token_of_any_letters_is_refused_and_breaks_nothing(ada: httpx2.AsyncClient, token: str) -> None:
    answer = await ada.post("/comments", data={"csrf_token": token, "text": "x", "subject_id": VIDEO})

    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["User-Agent", "Accept-Language", "Cookie"])
async def test_a_browser_may_send_more_than_ascii(visitor: httpx2.AsyncClient, name: str) -> None:
    answer = await visitor.get("/", headers={name: "sf_session=\u00e9\u00ff".encode("latin-1")})

    assert answer.status_code == 200


async def test_a_form_has_a_size(ada: httpx2.AsyncClient) -> None:
    answer = await ada.post("/comments", data={"text": "x" * 200_000, "csrf_token": CSRF})

    assert answer.status_code == 413


async def test_following_without_scripts_comes_back_to_the_page(ada: httpx2.AsyncClient, world: World) -> None:
    answer = await ada.post(f"/follows/{GRACE}", data={"on": "1", "next": "/@grace", "csrf_token": CSRF})

    assert answer.headers["location"] == "/@grace"
    assert GRACE in world.followed


async def test_following_with_htmx_answers_with_the_other_button(ada: httpx2.AsyncClient, world: World) -> None:
    answer = await ada.post(f"/follows/{GRACE}", data={"on": "1", "name": "Grace"}, headers=HTMX)
    assert 'aria-pressed="true"' in answer.text
    assert 'name="on" value="0"' in answer.text
    assert "<html" not in answer.text

    await ada.post(f"/follows/{GRACE}", data={"on": "0", "name": "Grace"}, headers=HTMX)
    assert GRACE not in world.followed


async def test_a_like_is_counted_at_once(ada: httpx2.AsyncClient) -> None:
    liked = await ada.post(f"/likes/{VIDEO}", data={"on": "1"}, headers=HTMX)
    taken_back = await ada.post(f"/likes/{VIDEO}", data={"on": "0"}, headers=HTMX)

    assert 'aria-label="Like, 8 likes"' in liked.text
    assert 'aria-pressed="true"' in liked.text
    assert 'aria-label="Like, 7 likes"' in taken_back.text


async def test_a_like_without_scripts_comes_back_to_the_page(ada: httpx2.AsyncClient, world: World) -> None:
    answer = await ada.post(f"/likes/{VIDEO}", data={"on": "1", "next": "/watch/x", "csrf_token": CSRF})

    assert answer.headers["location"] == "/watch/x"
    assert VIDEO in world.liked


async def test_a_visitor_who_likes_is_asked_to_log_in(visitor: httpx2.AsyncClient) -> None:
    page = {"HX-Request": "true", "HX-Current-URL": f"{ORIGIN}/watch/{VIDEO}?t=3"}
    answer = await visitor.post(f"/likes/{VIDEO}", data={"on": "1"}, headers=page)
    plain = await visitor.post(f"/likes/{VIDEO}", data={"on": "1"}, headers={"Referer": f"{ORIGIN}/"})

    assert answer.headers["hx-redirect"] == f"/login?next=/watch/{VIDEO}%3Ft%3D3"
    assert plain.headers["location"] == "/login?next=/"


async def test_a_comment_appears_on_top_and_the_form_is_empty_again(ada: httpx2.AsyncClient, world: World) -> None:
    form = {"subject_id": VIDEO, "text": "  <b>New</b> words "}

    answer = await ada.post("/comments", data=form, headers=HTMX)

    assert '<hx-partial hx-target="#comment-list" hx-swap="afterbegin">' in answer.text
    assert "&lt;b&gt;New&lt;/b&gt; words" in answer.text
    assert sent(world, "POST", "/comments") == {"subject_id": VIDEO, "text": "<b>New</b> words"}


async def test_a_reply_joins_its_thread(ada: httpx2.AsyncClient, world: World) -> None:
    form = {"subject_id": VIDEO, "parent_id": OWN_COMMENT, "text": "Yes"}

    answer = await ada.post("/comments", data=form, headers=HTMX)

    assert f'<hx-partial hx-target="#replies-{OWN_COMMENT}" hx-swap="beforeend">' in answer.text
    assert sent(world, "POST", "/comments")["parent_id"] == OWN_COMMENT


async def test_a_comment_without_scripts_leads_back_to_itself(ada: httpx2.AsyncClient) -> None:
    form = {"subject_id": VIDEO, "text": "Words", "csrf_token": CSRF}

    answer = await ada.post("/comments", data=form)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/watch/{VIDEO}#comment-cmt_")


async def test_a_refused_comment_keeps_its_words(ada: httpx2.AsyncClient, world: World) -> None:
    faults = [{"pointer": "/text", "code": "too_long", "detail": "That is too long."}]
    world.refuse["POST", "/comments"] = Refused(422, "invalid_request", "No.", faults)

    answer = await ada.post("/comments", data={"subject_id": VIDEO, "text": "Kept words"}, headers=HTMX)

    assert answer.status_code == 422
    assert "Kept words</textarea>" in answer.text
    assert "That is too long." in answer.text
    assert "hx-partial" not in answer.text


async def test_only_ones_own_comments_can_be_changed(ada: httpx2.AsyncClient) -> None:
    page = (await ada.get(f"/watch/{VIDEO}")).text

    assert f'action="/comments/{OWN_COMMENT}/edit"' in page
    assert page.count("/edit") == 2  # action and hx-post of one form


async def test_the_owner_of_a_video_can_delete_what_others_say(ada: httpx2.AsyncClient, world: World) -> None:
    world.comments.append(fake_api.comment(50, MINE, world.channels[1], "Rude words"))
    path = "/comments/cmt_00000000000000000000000050/delete"

    assert f'action="{path}"' in (await ada.get(f"/watch/{MINE}")).text
    part = await ada.get("/comments", params={"subject_id": MINE, "owned": "1"}, headers={"HX-Request": "true"})
    assert f'action="{path}"' in part.text


async def test_a_comment_is_reworded(ada: httpx2.AsyncClient) -> None:
    answer = await ada.post(f"/comments/{OWN_COMMENT}/edit", data={"text": "Better"}, headers=HTMX)
    plain = await ada.post(f"/comments/{OWN_COMMENT}/edit", data={"text": "Better", "csrf_token": CSRF})

    assert "Better" in answer.text
    assert f'href="/comments/{OWN_COMMENT}/history">edited</a>' in answer.text
    assert plain.headers["location"] == f"/watch/{VIDEO}#comment-{OWN_COMMENT}"


async def test_a_comment_is_deleted(ada: httpx2.AsyncClient, world: World) -> None:
    answer = await ada.post(f"/comments/{OWN_COMMENT}/delete", data={"subject_id": VIDEO}, headers=HTMX)

    assert "This comment was deleted." in answer.text
    assert OWN_COMMENT not in {comment["id"] for comment in world.comments}


async def test_answers_are_read_on_demand(visitor: httpx2.AsyncClient) -> None:
    query = {"subject_id": VIDEO, "parent_id": "cmt_00000000000000000000000001"}

    part = await visitor.get("/comments", params=query, headers={"HX-Request": "true"})
    page = await visitor.get("/comments", params=query)

    assert "An answer" in part.text
    assert "<html" not in part.text
    assert "Back to the video" in page.text


async def test_details_of_a_video_are_saved(ada: httpx2.AsyncClient, world: World) -> None:
    form = {"title": " New ", "description": "a\r\nb", "tags": "#Sea, walk,,sea ,walk", "visibility": "public"}

    answer = await ada.post(f"/my/videos/{MINE}", data={**form, "csrf_token": CSRF})

    assert answer.headers["location"] == "/my/videos"
    assert sent(world, "PATCH", f"/videos/{MINE}") == {
        "title": "New",
        "description": "a\nb",
        "tags": ["Sea", "walk", "sea"],
        "visibility": "public",
        "embed_domains": None,
        "allow_download": False,
    }


async def test_faults_of_details_stand_at_their_fields(ada: httpx2.AsyncClient, world: World) -> None:
    faults = [{"pointer": "/title", "code": "too_long", "detail": "Shorter, please."}]
    world.refuse["PATCH", f"/videos/{MINE}"] = Refused(422, "invalid_request", "No.", faults)

    answer = await ada.post(f"/my/videos/{MINE}", data={"title": "Long", "csrf_token": CSRF, "visibility": "junk"})

    assert answer.status_code == 422
    assert "Shorter, please." in answer.text
    assert 'value="Long"' in answer.text
    # What a video may be is for the API to say.
    assert sent(world, "PATCH", f"/videos/{MINE}")["visibility"] == "junk"


async def test_a_time_of_publishing_is_sent_when_it_was_changed_and_then_alone(
    ada: httpx2.AsyncClient, world: World
) -> None:
    form = {"title": "x", "visibility": "public", "csrf_token": CSRF, "publish_was": LATER}
    for chosen, expected in ((LATER, {}), ("2027-02-01T09:00:00.000Z", "as chosen"), ("", None)):
        world.calls.clear()
        assert (await ada.post(f"/my/videos/{WAITS}", data={**form, "publish_at": chosen})).status_code == 303
        body = sent(world, "PATCH", f"/videos/{WAITS}")
        assert body.get("publish_at", {}) == (chosen if expected == "as chosen" else expected)


@pytest.mark.parametrize("status", [409, 422])
async def test_what_stands_against_a_time_is_said_at_its_field(
    ada: httpx2.AsyncClient, world: World, status: int
) -> None:
    faults = [{"pointer": "/publish_at", "code": "no", "detail": "Another time, please."}]
    for video_id in (WAITS, MINE):  # MINE is published: its form has no such field any more
        world.refuse["PATCH", f"/videos/{video_id}"] = Refused(status, "no", "No.", faults)
        form = {"title": "Kept", "visibility": "public", "csrf_token": CSRF, "publish_at": "2027-02-01T09:00:00Z"}

        answer = await ada.post(f"/my/videos/{video_id}", data=form)

        assert answer.status_code == status
        assert "Another time, please." in answer.text
        assert 'value="Kept"' in answer.text
        assert ('value="2027-02-01T09:00:00Z"' in answer.text) == (video_id == WAITS)


async def test_another_channels_video_cannot_be_edited(ada: httpx2.AsyncClient) -> None:
    assert (await ada.get(f"/my/videos/{VIDEO}")).status_code == 403


async def test_a_video_is_deleted_from_the_list(ada: httpx2.AsyncClient, world: World) -> None:
    answer = await ada.post(f"/my/videos/{MINE}/delete", data={"stay": "1"}, headers=HTMX)

    assert answer.status_code == 200
    assert answer.text == ""
    assert MINE not in {video["id"] for video in world.videos}


async def test_a_video_is_deleted_from_its_page(ada: httpx2.AsyncClient) -> None:
    answer = await ada.post(f"/my/videos/{MINE}/delete", headers=HTMX)

    assert answer.headers["hx-redirect"] == "/my/videos"


async def test_a_profile_is_saved(ada: httpx2.AsyncClient, world: World) -> None:
    form = {"display_name": " Ada L. ", "bio": "a\r\nb ", "avatar_upload_id": "upl_1", "csrf_token": CSRF}

    answer = await ada.post("/settings", data=form)

    assert answer.headers["location"] == "/settings?saved=picture"
    assert sent(world, "PATCH", f"/channels/{world.account['channel_id']}") == {
        "display_name": "Ada L.",
        "bio": "a\nb",
        "avatar_upload_id": "upl_1",
    }
    assert "Saved." in (await ada.get("/settings?saved=1")).text
    assert "Your picture appears in a moment." in (await ada.get(answer.headers["location"])).text


async def test_faults_of_a_profile_stand_at_their_fields(ada: httpx2.AsyncClient, world: World) -> None:
    path = f"/channels/{world.account['channel_id']}"
    faults = [{"pointer": "/bio", "code": "too_long", "detail": "Shorter, please."}]
    world.refuse["PATCH", path] = Refused(422, "invalid_request", "No.", faults)

    answer = await ada.post("/settings", data={"display_name": "Ada", "bio": "long", "csrf_token": CSRF})

    assert answer.status_code == 422
    assert "Shorter, please." in answer.text
