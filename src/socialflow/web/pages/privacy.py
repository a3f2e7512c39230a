"""Settings: what is kept of one, taking it along, and leaving."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, ItemId, Web, together

router = APIRouter()
SHOWN = 5
CONFLICT, UNPROCESSABLE, TOO_MANY = 409, 422, 429
GOING_ON = {"queued", "running"}
NAMES = {
    "account": "Your account",
    "sessions": "Log-ins",
    "totp": "Authenticator app",
    "recovery_codes": "Recovery codes",
    "passkeys": "Passkeys",
    "connections": "Connections to other providers",
    "apps": "Apps you have registered",
    "app_grants": "Apps you have let in",
    "personal_tokens": "Personal tokens",
    "invites": "Invites you have made",
    "sign_up": "Your request to join",
    "consents": "Terms you have accepted",
    "channels": "Your channels",
    "handles": "Handles of your channels",
    "pins": "What is pinned on them",
    "collaborations": "Channels you work for",
    "follows": "Channels you follow",
    "follow_requests": "Channels you asked to follow",
    "blocks": "People you have blocked",
    "mutes": "What you have muted",
    "lists": "Your lists",
    "list_members": "Who is on them",
    "likes": "Likes",
    "dislikes": "Dislikes",
    "reactions": "Reactions",
    "comments": "Comments",
    "comment_versions": "What your comments said before",
    "comment_photos": "Photos of your comments",
    "comment_mentions": "Comments that name you",
    "comment_rules": "How you let others comment",
    "watches": "What you watched, and where you stopped in it",
    "saves": "What you saved",
    "playlists": "Playlists",
    "playlist_items": "Videos you put on playlists",
    "playlist_collaborators": "Playlists of others that you work on",
    "player_settings": "How your player begins",
    "posts": "Posts",
    "post_versions": "What your posts said before",
    "post_photos": "Photos of your posts",
    "polls": "Your polls",
    "poll_options": "Answers of your polls",
    "poll_votes": "How you voted",
    "mentions": "Posts that name you",
    "reposts": "Reposts",
    "posting_settings": "What your posts begin with",
    "followed_hashtags": "Hashtags you follow",
    "videos": "Videos",
    "shared_videos": "Videos that are shared by name",
    "replaced_files": "Replaced files of videos",
    "edits": "Edits of your videos",
    "captions": "Captions of your videos",
    "uploads": "Uploaded files",
    "imports": "Imports from links",
    "assets": "Files made of them",
    "exports": "Exports",
    "security_events": "Security events",
    "security_event_details": "Their details",
}


@router.get("/settings/privacy")
async def privacy(web: InWeb) -> Response:
    """The overview, the exports and the way out."""
    web.known()
    return await _page(web)


@router.get("/settings/privacy/exports")
async def exports(web: InWeb) -> Response:
    """The list of exports alone, as the page asks for it while one is being made."""
    web.known()
    return web.html("parts/exports.html", **await _exports(web))


@router.post("/settings/privacy/exports")
async def ask(web: InWeb) -> Response:
    """Begin an export."""
    form = await web.form()
    try:
        await web.send("POST", "/me/exports", form)
    except ApiProblem as problem:
        if problem.status not in {CONFLICT, TOO_MANY}:
            raise
        return await _page(web, problem)
    return web.go("/settings/privacy#export")


@router.post("/settings/privacy/exports/{export_id}/download")
async def download(web: InWeb, export_id: ItemId) -> Response:
    """Fetch an archive: by an address that is this session's own, and soon none any more."""
    form = await web.form()
    link = await web.send("POST", f"/me/exports/{export_id}/link", form)
    return web.go(str(link["url"]))


@router.post("/settings/privacy/exports/{export_id}/delete")
async def delete(web: InWeb, export_id: ItemId) -> Response:
    """Delete an archive."""
    form = await web.form()
    await web.send("DELETE", f"/me/exports/{export_id}", form)
    return web.go("/settings/privacy#export")


@router.post("/settings/privacy/leave")
async def leave(web: InWeb) -> Response:
    """Leave; the session has ended with it."""
    form = await web.form()
    try:
        left = await web.send("POST", "/me/erasure", form, {"handle": form.get("handle", "").strip() or "?"})
    except ApiProblem as problem:
        if problem.status not in {CONFLICT, UNPROCESSABLE}:
            raise
        return await _page(web, problem, leaving=True)
    web.api.forget_session(web.site.cookie)
    web.viewer = None
    return web.html("left.html", headers={"Cache-Control": "no-store"}, erase_after=left["erase_after"])


async def _page(web: Web, problem: ApiProblem | None = None, *, leaving: bool = False) -> Response:
    held, listed = await together(web.api.get("/me/data"), _exports(web))
    kinds: list[Json] = [each | {"name": NAMES.get(each["kind"], each["kind"])} for each in held["items"]]
    return web.html(
        "privacy.html",
        status=problem.status if problem else 200,
        headers={"Cache-Control": "no-store"},
        kinds=kinds,
        fault=problem.detail if problem and not leaving else "",
        leave_fault=problem.detail if problem and leaving else "",
        grace_days=round(web.site.settings.privacy.erasure_grace_s / 86_400),
        **listed,
    )


async def _exports(web: Web) -> Json:
    found = (await web.api.get("/me/exports", limit=SHOWN))["items"]
    return {"exports": found, "going_on": any(each["state"] in GOING_ON for each in found)}
