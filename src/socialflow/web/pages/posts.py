"""Posts: the composer, a post with its thread, hashtags, and what a channel says. Works as plain forms."""

import asyncio
import re
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path
from starlette.responses import Response

from socialflow.web import outside
from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import Handle, InWeb, ItemId, Web, together
from socialflow.web.errors import keeps_words, sentence_in_form, voice_lost
from socialflow.web.pages import channel
from socialflow.web.pages.reactions import reactions_of

router = APIRouter()
PAGE_SIZE = 20
MOST_PHOTOS, MOST_OPTIONS = 10, 6
SORTS = {"oldest": "Oldest", "newest": "Newest", "top": "Most liked", "choice": "The author's choice"}
MOST_MARKED = 100
NOT_FOUND = 404
PARENT_GONE = (
    "What you are replying to is not there any more, or not open to you. Your words are still here: "
    "publish them as a post of its own, or save a draft."
)
QUOTE_GONE = "What you are quoting is not there any more, or not open to you. Your words are still here."
DRAFT_GONE = "This post is not there any more. Your words are still here: publish them anew, or save another draft."
PART_GONE = (
    "Something that belongs to this is not there any more, or not open to you: what it replies to or quotes, "
    "or a photo. Your words are still here."
)
NOTHING: dict[str, str] = {"visibility": "public", "mark": "none", "reply_policy": "everybody", "duration_s": "86400"}

# A slash would lead to another address of the API.
Tag = Annotated[str, Path(max_length=101, pattern=r"^[^/\s?#%\\]+$")]


@router.get("/compose")
async def compose(web: InWeb, reply_to: str = "", quoting: str = "") -> Response:
    """Write something new, a reply, or words about something that is quoted."""
    web.known()
    usual = await web.api.get("/me/posting")
    form = NOTHING | {name: str(usual[name] or "") for name in ("visibility", "reply_policy", "language")}
    form["hold_replies"] = "1" if usual["hold_replies"] else ""
    return await _composer(web, form | {"parent_id": reply_to, "quote_id": quoting})


@router.get("/compose/drafts")
async def drafts(web: InWeb, state: str = "draft", cursor: str | None = None) -> Response:
    """What was kept to be said later, or at a time."""
    channel_id = str(web.known().acting["id"])
    state = "scheduled" if state == "scheduled" else "draft"
    body = await web.api.get("/posts", state=state, channel_id=channel_id, limit=PAGE_SIZE, cursor=cursor)
    return web.html("post_drafts.html", state=state, **_page(web, body, state=state))


@router.get("/compose/{post_id}")
async def edit(web: InWeb, post_id: ItemId) -> Response:
    """Go on with a draft, or change what was said."""
    web.known()
    post = await web.api.get(f"/posts/{post_id}")
    return await _composer(web, _form_of(post), post=post)


@router.post("/compose")
async def write(web: InWeb) -> Response:
    """Say it, or keep it."""
    form = await web.form()
    web.known()
    try:
        post = await web.send("POST", "/posts", form, _new(form))
    except ApiProblem as problem:
        return await _again(web, form, problem)
    return web.go(f"/post/{post['id']}" if post["state"] == "published" else f"/compose/drafts?state={post['state']}")


@router.post("/compose/{post_id}")
async def change(web: InWeb, post_id: ItemId) -> Response:
    """Keep changes to a draft or to what was said; publish a draft where that was asked for."""
    form = await web.form()
    web.known()
    try:
        post = await web.api.get(f"/posts/{post_id}")
    except ApiProblem as problem:
        if problem.status != NOT_FOUND:
            raise
        # Who was to see what was said already is not in its form: nobody else sees it by accident.
        return await _composer(web, NOTHING | {"visibility": "private"} | form, problem=problem, gone=DRAFT_GONE)
    try:
        post = await web.send("PATCH", f"/posts/{post_id}", form, _changes(form, post))
        if form.get("act") == "publish" and post["state"] == "draft":
            post = await web.send("PUT", f"/posts/{post_id}/publication", form)
    except ApiProblem as problem:
        return await _again(web, form, problem, post)
    return web.go(f"/post/{post_id}" if post["state"] == "published" else f"/compose/drafts?state={post['state']}")


@router.get("/post/{post_id}")
async def one(
    web: InWeb, post_id: ItemId, cursor: str | None = None, sort: str | None = None, reposted: str = ""
) -> Response:
    """A post with what stands above it and below it; and, just after it was reposted as another channel, a way back."""
    post, above, below = await asyncio.gather(
        web.api.get(f"/posts/{post_id}"),
        web.api.get(f"/posts/{post_id}/ancestors"),
        web.api.get(f"/posts/{post_id}/replies", cursor=cursor, sort=sort if sort in SORTS else None),
    )
    shown = [entry["post"]["id"] for entry in below["items"] if entry["post"]["available"]]
    shown = [post_id, *shown][:MOST_MARKED]
    marks, reactions = await together(web.marks(shown), reactions_of(web, shown))
    page = _page(web, below, sort=sort or "") | {"marks": marks, "reactions": reactions}
    if web.is_htmx:
        return web.html("parts/thread_page.html", **page)
    author = await web.api.get(f"/channels/{post['author']['id']}") if post["available"] else None
    told = outside.of_post(web, post, author) if author else outside.NOTHING
    return web.html(
        "post.html",
        post=post,
        above=above["items"],
        sort=sort or "oldest",
        sorts=SORTS,
        outside=told,
        reposted=reposted,
        **page,
    )


@router.get("/post/{post_id}/history")
async def history(web: InWeb, post_id: ItemId, cursor: str | None = None) -> Response:
    """What a post said before."""
    post = await web.api.get(f"/posts/{post_id}")
    body = await web.api.get(f"/posts/{post_id}/versions", cursor=cursor)
    return web.html("post_history.html", post=post, **_page(web, body))


@router.post("/post/{post_id}/vote")
async def vote(web: InWeb, post_id: ItemId) -> Response:
    """Vote in a poll."""
    form = await web.form()
    web.known()
    chosen = [number for number in range(MOST_OPTIONS) if f"choice_{number}" in form]
    # One digit says all that there is to say; what is longer is no number of an answer, and may be no number at all.
    if re.fullmatch("[0-9]", form.get("choice", "")):
        chosen = [int(form["choice"])]
    await web.send("PUT", f"/posts/{post_id}/vote", form, {"choices": chosen})
    return web.go(f"/post/{post_id}")


@router.post("/post/{post_id}/repost")
async def repost(web: InWeb, post_id: ItemId) -> Response:
    """Repost a post, or do so no more: as oneself, or as the channel that the form names."""
    form = await web.form()
    web.known()
    turn_on, named = form.get("on") == "1", {"channel_id": form.get("channel_id") or None}
    await web.send("PUT" if turn_on else "DELETE", f"/reposts/{post_id}", form, params=named)
    # Only what the account itself reposts is told with the post.
    return web.go(f"/post/{post_id}{'?reposted=1' if turn_on and named['channel_id'] else ''}")


@router.post("/post/{post_id}/delete")
async def delete(web: InWeb, post_id: ItemId) -> Response:
    """Take a post back."""
    form = await web.form()
    viewer = web.known()
    await web.send("DELETE", f"/posts/{post_id}", form)
    return web.go(f"/@{viewer.acting['handle']}/posts")


@router.get("/tags/{tag}")
async def tag_page(web: InWeb, tag: Tag, cursor: str | None = None) -> Response:
    """A hashtag, and what was said under it."""
    path = f"/tags/{quote(tag, safe='')}"
    found, body = await asyncio.gather(web.api.get(path), web.api.get(f"{path}/posts", limit=PAGE_SIZE, cursor=cursor))
    page = _page(web, body)
    if web.is_htmx:
        return web.html("parts/post_page.html", **page)
    told = outside.of_tag(web, found["tag"], found["shown"], "posts", empty=not page["entries"])
    return web.html("tag.html", tag=found, outside=told, **page)


@router.post("/tags/{tag}/follow")
async def follow_tag(web: InWeb, tag: Tag) -> Response:
    """Follow a hashtag, or do so no more."""
    form = await web.form()
    web.known()
    await web.send("PUT" if form.get("on") == "1" else "DELETE", f"/me/tags/{quote(tag, safe='')}", form)
    return web.go(f"/tags/{quote(tag, safe='')}")


@router.get("/@{handle}/posts")
async def of_channel(web: InWeb, handle: Handle, cursor: str | None = None, replies: str = "") -> Response:
    """What a channel has said."""
    found = await web.api.get(f"/channels/@{handle}")
    if found["handle"] != handle.lower():
        return web.go(f"/@{found['handle']}/posts")
    with_replies = "true" if replies == "1" else "false"
    body = await web.api.get(
        "/posts", channel_id=str(found["id"]), replies=with_replies, limit=PAGE_SIZE, cursor=cursor
    )
    page = _page(web, body, replies=replies)
    if web.is_htmx:
        return web.html("parts/post_page.html", **page)
    return web.html("channel_posts.html", replies=replies == "1", **page, **await channel.head(web, found, "posts"))


async def _composer(
    web: Web, form: dict[str, str], *, post: Json | None = None, problem: ApiProblem | None = None, gone: str = ""
) -> Response:
    parent, quoted = form.get("parent_id") or None, form.get("quote_id") or None
    viewer, shown = web.known(), None
    # What is there already keeps its channel.
    lost = voice_lost(form, viewer.channel_id, viewer.acting) if "channel_id" in form and post is None else ""
    if parent and _is_id(parent):
        try:
            shown = await web.api.get(f"/posts/{parent}")
        except ApiProblem:
            # Words that were typed matter more than showing what they reply to.
            if problem is None:
                raise
    return web.html(
        "compose.html",
        status=problem.status if problem else 200,
        form=form,
        post=post,
        said=post is not None and post["state"] == "published",
        parent=shown,
        quoted=quoted,
        fault=sentence_in_form(problem, gone, lost) if problem else "",
        numbers=range(MOST_PHOTOS),
        options=range(MOST_OPTIONS),
    )


async def _again(web: Web, form: dict[str, str], problem: ApiProblem, post: Json | None = None) -> Response:
    """The composer once more, with what was written and what is wrong with it."""
    if not keeps_words(problem):
        raise problem
    gone = PART_GONE
    if problem.status == NOT_FOUND and post is None:
        form, gone = await _without_gone(web, form)
    return await _composer(web, NOTHING | form, post=post, problem=problem, gone=gone)


async def _without_gone(web: Web, form: dict[str, str]) -> tuple[dict[str, str], str]:
    """A form without what is not there any more, which would be refused for ever; and a sentence that says so."""
    parent, quoted = form.get("parent_id", ""), form.get("quote_id", "")
    if parent and (not _is_id(parent) or await web.api.lacks(f"/posts/{parent}")):
        return form | {"parent_id": ""}, PARENT_GONE
    path = f"/{'videos' if quoted.startswith('vid_') else 'posts'}/{quoted}"
    if quoted and (not _is_id(quoted, "vid_", "pst_") or await web.api.lacks(path)):
        return form | {"quote_id": ""}, QUOTE_GONE
    return form, PART_GONE


def _is_id(text: str, *prefixes: str) -> bool:
    return text.startswith(prefixes or ("pst_",)) and text[4:].isalnum() and text.isascii()


def _said(form: dict[str, str]) -> Json:
    """What may be changed at any time."""
    return {
        "text": form.get("text", ""),
        "language": form.get("language", "").strip() or None,
        "mark": form.get("mark", "none"),
        "reply_policy": form.get("reply_policy", "everybody"),
        "hold_replies": form.get("hold_replies") == "1",
        "photos": [
            {"upload_id": form[f"photo_{number}"], "alt": form.get(f"alt_{number}", "")}
            for number in range(MOST_PHOTOS)
            if form.get(f"photo_{number}")
        ],
    }


def _poll(form: dict[str, str]) -> Json | None:
    answers = [form.get(f"option_{number}", "").strip() for number in range(MOST_OPTIONS)]
    given = [answer for answer in answers if answer]
    if not given:
        return None
    seconds = form.get("duration_s", NOTHING["duration_s"])
    duration = int(seconds) if seconds.isdecimal() and len(seconds) < 8 else 0
    return {"options": given, "multiple": form.get("multiple") == "1", "duration_s": duration}


def _new(form: dict[str, str]) -> Json:
    found = _said(form) | {
        "channel_id": form.get("channel_id") or None,
        "visibility": form.get("visibility", "public"),
        "parent_id": form.get("parent_id") or None,
        "quote_id": form.get("quote_id") or None,
        "poll": _poll(form),
        "draft": form.get("act") == "draft",
        "publish_at": form.get("publish_at") or None,
    }
    return found if form.get("act") != "draft" else found | {"publish_at": None}


def _changes(form: dict[str, str], post: Json) -> Json:
    if post["state"] == "published":
        return _said(form)
    waits: Json = {"publish_at": None} if form.get("act") in {"draft", "publish"} else {}
    if form.get("act") == "schedule":
        waits = {"publish_at": form.get("publish_at") or None}
    return _said(form) | {"visibility": form.get("visibility", "public"), "poll": _poll(form)} | waits


def _form_of(post: Json) -> dict[str, str]:
    """What stands in the fields when a post is opened again."""
    names = ("text", "language", "mark", "visibility", "reply_policy", "parent_id", "publish_at")
    form = NOTHING | {name: str(post[name] or "") for name in names}
    form["hold_replies"] = "1" if post["hold_replies"] else ""
    for number, photo in enumerate(post["photos"]):
        form |= {f"photo_{number}": photo["upload_id"], f"alt_{number}": photo["alt"]}
    poll = post["poll"]
    if poll is not None:
        form |= {f"option_{each['number']}": each["text"] for each in poll["options"]}
        form |= {"multiple": "1" if poll["multiple"] else "", "duration_s": str(poll["duration_s"])}
    return form


def _page(web: Web, body: Json, **query: str) -> Json:
    following = {name: value for name, value in query.items() if value} | {"cursor": body.get("next_cursor")}
    next_url = f"{web.request.url.path}?{urlencode(following)}" if body.get("next_cursor") else None
    return {"entries": body["items"], "next_url": next_url}
