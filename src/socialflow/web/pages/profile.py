"""Settings: how a channel presents itself."""

from fastapi import APIRouter
from starlette.responses import Response

from socialflow.web.api_client import ApiProblem, Json
from socialflow.web.context import InWeb, Web

router = APIRouter()
UNPROCESSABLE = 422
LINKS = 5
PICTURES = ("avatar_upload_id", "banner_upload_id")


@router.get("/settings")
async def settings(web: InWeb, saved: str = "") -> Response:
    """The profile form; `saved` tells what has just been: `1`, or `picture` when one is on its way."""
    return await _page(web, None, None, saved=saved)


async def _page(web: Web, form: dict[str, str] | None, problem: ApiProblem | None, *, saved: str = "") -> Response:
    viewer = web.known()
    channel = await web.api.get(f"/channels/{viewer.acting['id']}")
    shown = {"display_name": channel["display_name"], "bio": channel["bio"]}
    for number in range(LINKS):
        link = channel["links"][number] if number < len(channel["links"]) else {"title": "", "url": ""}
        shown |= {f"link_title_{number}": link["title"], f"link_url_{number}": link["url"]}
    shown |= form or {}
    faults = _faults(problem) if problem else {}
    return web.html(
        "settings.html",
        status=problem.status if problem else 200,
        channel=channel,
        form=shown,
        links=range(LINKS),
        faults=faults,
        fault=problem.detail if problem and not faults else "",
        saved=saved,
    )


@router.post("/settings")
async def save(web: InWeb) -> Response:
    """Save display name, bio and, where one was uploaded, the picture."""
    form = await web.form()
    viewer = web.known()
    sent: Json = {
        "display_name": form.get("display_name", "").strip(),
        "bio": form.get("bio", "").replace("\r\n", "\n").strip(),
    }
    if "link_url_0" in form:
        pairs = [
            (form.get(f"link_title_{at}", "").strip(), form.get(f"link_url_{at}", "").strip()) for at in range(LINKS)
        ]
        sent["links"] = [{"title": title or url[:60], "url": url} for title, url in pairs if url]
    for name in PICTURES:
        if form.get(name):
            sent[name] = form[name]
    if form.get("no_banner") == "1" and "banner_upload_id" not in sent:
        sent["banner_upload_id"] = None
    try:
        await web.send("PATCH", f"/channels/{viewer.acting['id']}", form, sent)
    except ApiProblem as problem:
        if problem.status != UNPROCESSABLE:
            raise
        return await _page(web, form, problem)
    return web.go("/settings?saved=" + ("picture" if any(form.get(name) for name in PICTURES) else "1"))


def _faults(problem: ApiProblem) -> dict[str, str]:
    """Sentences by form field; those of a link are named by its number."""
    found = problem.by_field()
    for fault in problem.faults:
        _, name, *rest = fault.pointer.split("/")
        if name == "links" and len(rest) > 1:
            found[f"link_{rest[1]}_{rest[0]}"] = fault.detail
    return found
