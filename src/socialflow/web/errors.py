"""When something goes wrong, a page that says what and what to do; for htmx, a short message and no swap."""

import json
from contextlib import asynccontextmanager

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from socialflow.web.api_client import ApiClient, ApiProblem, Caller, Json
from socialflow.web.context import Site, Web, open_web

TITLES = {
    401: "Log in to go on",
    403: "That is not yours to open",
    404: "Nothing here",
    405: "That cannot be done here",
    413: "That is too large",
    429: "A little slower, please",
    500: "Something broke on our side",
    503: "Back in a moment",
}
SENTENCES = {
    403: "You are logged in, but this page or action is not open to you.",
    404: "The page was moved, made private, or never existed.",
    405: "The address exists, but not for this kind of request.",
    413: "What you sent is larger than this page accepts.",
    429: "You have done this many times in a short while. Wait a moment and try again.",
    500: "The fault has been noted. Trying again in a minute often helps.",
    503: "The service is busy or restarting. Trying again in a moment often helps.",
}
STEP_UP, NO_SCOPE = "step_up_required", "missing_scope"
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, SERVER_ERROR = 401, 403, 404, 500


def error_page(
    web: Web, status: int, detail: str = "", request_id: str | None = None, retry_after: object = None
) -> Response:
    """A whole page, or for htmx a message that leaves the page as it is."""
    title = TITLES.get(status) or ("That did not work" if status < SERVER_ERROR else TITLES[500])
    sentence = detail or SENTENCES.get(status) or SENTENCES[404 if status < SERVER_ERROR else 500]
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    if web.is_htmx:
        # ASCII only: a header carries no other letters.
        toast = json.dumps({"toast": {"message": sentence, "tone": "error"}})
        return web.finish(Response(status_code=status, headers={"HX-Trigger": toast, "HX-Reswap": "none", **headers}))
    return web.html(
        "error.html", status=status, headers=headers, code=status, title=title, sentence=sentence, request_id=request_id
    )


def _web(request: Request) -> Web:
    """The request's Web; where it failed before one was made, one without a viewer."""
    found: Web | None = getattr(request.state, "web", None)
    if found is not None:
        return found
    site: Site = request.app.state.site
    return Web(request, site, ApiClient(site.api, Caller(("127.0.0.1", 0), str(request.base_url), {})))


def keeps_words(problem: ApiProblem) -> bool:
    """Whether a form is shown again with what was typed: not to who has to log in, or to prove who they are, first."""
    return problem.status != UNAUTHORIZED and problem.code != STEP_UP


def voice_lost(form: dict[str, str], own_id: str, voice: Json) -> str:
    """What stands beside what was typed as one channel, and would be said as another were it sent again; or nothing."""
    if (form.get("channel_id") or own_id) == voice["id"]:
        return ""
    return f"You use another channel now than when you wrote this. Sent again, it is said as {voice['display_name']}."


def sentence_in_form(problem: ApiProblem, gone: str, lost: str = "") -> str:
    """What stands beside what was typed: the fault of a field, or what is wrong.

    `gone` says what is not there; `lost`, if anything, that what is sent again is said by another.
    """
    if lost and problem.status in {NOT_FOUND, FORBIDDEN}:
        return lost
    return f"{_sentence(problem, gone)} {lost}".strip()


def _sentence(problem: ApiProblem, gone: str) -> str:
    if problem.status == NOT_FOUND:
        return gone
    if _is_ours_to_say(problem):
        return SENTENCES[problem.status]
    return next(iter(problem.by_field().values()), problem.detail)


def _is_ours_to_say(problem: ApiProblem) -> bool:
    """A server fault's own sentence is for logs, and one about scopes for programs; people get ours."""
    is_for_others = problem.status == NOT_FOUND or problem.status >= SERVER_ERROR or problem.code == NO_SCOPE
    return problem.status in SENTENCES and is_for_others


async def on_problem(request: Request, problem: ApiProblem) -> Response:
    """The API said no."""
    web = _web(request)
    if problem.code == STEP_UP:
        return web.go_to_confirm()
    if problem.status == UNAUTHORIZED:
        return web.go_to_login()
    ours = _is_ours_to_say(problem)
    detail = "" if ours and not web.is_htmx else problem.detail
    return error_page(web, problem.status, detail, str(problem.request_id or "") or None, problem.retry_after)


async def on_login_needed(request: Request, _: Exception) -> Response:
    """The page is for people who are logged in."""
    return _web(request).go_to_login()


async def on_foreign_form(request: Request, _: Exception) -> Response:
    """Another site tried to post one of our forms."""
    return error_page(
        _web(request), 403, "This form did not come from one of our pages. Open the page again and retry."
    )


async def on_form_too_large(request: Request, _: Exception) -> Response:
    """A form larger than any of ours."""
    return error_page(_web(request), 413)


async def on_http(request: Request, error: HTTPException) -> Response:
    """No such page, or not with this method."""
    return await _page_of_viewer(request, error.status_code)


async def on_bad_address(request: Request, _: Exception) -> Response:
    """An address in which an id or a name cannot be one."""
    return await _page_of_viewer(request, NOT_FOUND)


async def _page_of_viewer(request: Request, status: int) -> Response:
    """An error before any page was found: whoever is logged in still sees that they are, if the API can tell."""
    try:
        async with asynccontextmanager(open_web)(request) as web:
            return error_page(web, status)
    except ApiProblem:
        return error_page(_web(request), status)


async def on_crash(request: Request, _: Exception) -> Response:
    """A bug: the framework logs it after this page has been sent."""
    web = _web(request)
    # The fault may lie in what is known of the viewer.
    web.viewer = None
    return error_page(web, SERVER_ERROR, request_id=request.scope.get("request_id"))
