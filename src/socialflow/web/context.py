"""What every page handler gets: the viewer, the API as the viewer, and ways to answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote

from fastapi import Depends, Path
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from socialflow.kernel.config import Settings
from socialflow.web.api_client import ApiClient, ApiProblem, Caller, Json
from socialflow.web.assets import Assets
from socialflow.web.security import PAGE_HEADERS, is_same_origin, says_nothing, with_files_of

SECURE_COOKIE = "__Host-sf_session"
PLAIN_COOKIE = "sf_session"
# What opens videos that have a password, by comma.
GRANTS_COOKIE = "sf_grants"
# As which of their channels somebody uses the site; whether they may is asked of the API, each time.
CHANNEL_COOKIE = "sf_channel"
MOST_CHANNELS = 100
CSRF_HEADER = "X-CSRF-Token"
FORWARDED = ("user-agent", "accept-language", "origin", "sec-fetch-site")
LARGEST_FORM_BYTES = 131_072
MOST_FIELDS = 50
SEE_OTHER = 303
UNAUTHORIZED = 401


# What stands in an address goes on into an address of the API: nothing but an id or a handle may.
ItemId = Annotated[str, Path(pattern=r"^[a-z]{3}_[0-9a-z]{26}$")]
Handle = Annotated[str, Path(pattern=r"^\w{1,40}$")]

# What stands on these pages is about accounts and credentials: no browser keeps it either.
SENSITIVE = ("/settings", "/admin")


class LoginNeeded(Exception):
    """The page or the action is for people who are logged in."""


class ForeignForm(Exception):
    """The form was not posted by one of our own pages."""


class FormTooLarge(Exception):
    """The form is larger than any of ours can be."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Another provider, for a button."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """What the web app holds for its lifetime."""

    api: ASGIApp
    settings: Settings
    assets: Assets
    templates: Environment

    @property
    def page_headers(self) -> dict[str, str]:
        """What every page says; pictures and films may come from the CDN, too."""
        origin = self.settings.cdn.url
        if origin is None:
            return PAGE_HEADERS
        return PAGE_HEADERS | {"Content-Security-Policy": with_files_of(origin)}

    def framed_by(self, ancestors: str) -> str:
        """The policy of a page that others may show in a frame: `*`, hosts, or `'none'`."""
        own = self.page_headers["Content-Security-Policy"]
        return own.replace("frame-ancestors 'none'", f"frame-ancestors {ancestors}")

    @property
    def providers(self) -> tuple[Provider, ...]:
        """Who else people may log in by."""
        return tuple(Provider(key, chosen.shown_as(key)) for key, chosen in self.settings.identity.providers.items())

    @property
    def signs_up(self) -> bool:
        """Whether new accounts can be made at all."""
        return self.settings.auth.registration != "closed"

    @property
    def cookie(self) -> str:
        """Name of the session cookie: locked to this host where the site is on https."""
        return SECURE_COOKIE if self.settings.public_url.startswith("https://") else PLAIN_COOKIE


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person whose session the browser sent."""

    user: Json
    csrf_token: str
    # The channel as which they use the site, with their role there.
    acting: Json

    @property
    def id(self) -> str:
        """Account id."""
        return str(self.user["id"])

    @property
    def handle(self) -> str:
        """Handle without the @."""
        return str(self.user["handle"])

    @property
    def channel_id(self) -> str:
        """The channel of the account."""
        return str(self.user.get("channel_id") or "")

    @property
    def speaks_for_another(self) -> bool:
        """Whether they use the site as another channel than the one that came with their account."""
        return str(self.acting["id"]) != self.channel_id

    @property
    def publishes_for_another(self) -> bool:
        """The same, and whether they may say something as it; where they may not, they speak for themselves."""
        return self.speaks_for_another and self.acting["role"] in {"owner", "editor"}

    @property
    def voice(self) -> Json:
        """The channel as which they say something."""
        return self.acting if self.publishes_for_another else {**self.user, "id": self.channel_id}

    def says(self, channel_id: str) -> bool:
        """Whether what a channel has said is theirs to change."""
        return channel_id == self.channel_id or (self.publishes_for_another and channel_id == str(self.acting["id"]))

    def runs(self, channel_id: str) -> bool:
        """Whether a channel is the one that came with their account, or the one as which they use the site."""
        return channel_id in {self.channel_id, str(self.acting["id"])}


class Web:
    """One request of a browser, being answered."""

    def __init__(self, request: Request, site: Site, api: ApiClient) -> None:
        self.request = request
        self.site = site
        self.api = api
        self.viewer: Viewer | None = None

    @property
    def is_htmx(self) -> bool:
        """Whether htmx asks for a part of a page rather than a browser for a whole one."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def address(self) -> str:
        """Path and query of this request."""
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    async def load_viewer(self) -> None:
        """Ask the API whose session this is; a browser without the cookie is not worth the question."""
        if self.site.cookie not in self.request.cookies:
            return
        try:
            body = await self.api.get("/auth/session")
        except ApiProblem as problem:
            if problem.status != UNAUTHORIZED:
                raise
            # A session that has ended must not make every read of this page fail, too.
            self.api.forget_session(self.site.cookie)
            return
        user = body["user"]
        channel = {} if self.is_htmx else await self.api.get(f"/channels/{user['channel_id']}")
        known = {"avatar_url": None, **channel, **user, "permissions": body.get("permissions", [])}
        own = {**known, "id": user["channel_id"], "role": "owner", "is_main": True}
        acting = await self._acting(str(user["channel_id"])) or own
        self.viewer = Viewer(known, str(body["csrf_token"]), acting)

    async def _acting(self, own_id: str) -> Json | None:
        """The channel that the browser says is used, if it is another than the account's and the viewer may."""
        chosen = self.request.cookies.get(CHANNEL_COOKIE)
        if chosen is None or chosen == own_id:
            return None
        for entry in (await self.api.get("/me/channels", limit=MOST_CHANNELS))["items"]:
            if entry["channel"]["id"] == chosen:
                return {**entry["channel"], "role": entry["role"], "is_main": entry["is_main"]}
        return None

    def use_channel(self, channel_id: str) -> None:
        """Let the browser say from now on that the site is used as this channel."""
        secure = "; Secure" if self.site.settings.public_url.startswith("https://") else ""
        kept = f"{CHANNEL_COOKIE}={channel_id}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"
        self.api.set_cookies.append(kept)

    def known(self) -> Viewer:
        """The viewer, who must be logged in."""
        if self.viewer is None:
            raise LoginNeeded
        return self.viewer

    async def marks(self, subject_ids: Sequence[str]) -> dict[str, set[str]]:
        """What the viewer did with these; nobody in particular did nothing."""
        return await self.api.marks(subject_ids if self.viewer is not None else ())

    async def form(self, *, by_link: bool = False) -> dict[str, str]:
        """Read a posted form after checking that it comes from our own page; the API checks its token.

        `by_link` is for the pages of a mail's links: they ask browsers to tell nothing of where one was, which
        some take to include the origin. What is posted there is done in nobody's name: the link is all that counts.
        Whoever says that they come from elsewhere is refused there, too.
        """
        ours = is_same_origin(self.request, self.site.settings.public_url)
        if not ours and not (by_link and says_nothing(self.request)):
            raise ForeignForm
        body = bytearray()
        async for chunk in self.request.stream():
            body += chunk
            if len(body) > LARGEST_FORM_BYTES:
                raise FormTooLarge
        return dict(
            parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        )

    async def send(
        self,
        method: str,
        path: str,
        form: Mapping[str, str],
        json: Json | None = None,
        params: Mapping[str, str | int | None] | None = None,
    ) -> Json:
        """Change something through the API, with the token that the form or htmx carried."""
        token = form.get("csrf_token") or self.request.headers.get(CSRF_HEADER, "")
        return await self.api.call(method, path, params=params, json=json, headers={CSRF_HEADER: token})

    async def send_text(
        self, path: str, form: Mapping[str, str], text: str, params: Mapping[str, str | int | None]
    ) -> Json:
        """Put a text, as a file, through the API, with the token that the form carried."""
        token = form.get("csrf_token") or self.request.headers.get(CSRF_HEADER, "")
        headers = {CSRF_HEADER: token, "Content-Type": "application/octet-stream"}
        return await self.api.call("PUT", path, params=params, content=text.encode(), headers=headers)

    async def send_as_nobody(self, path: str, json: Json) -> Json:
        """Post what needs no session, and leave the one that the browser may have out of it."""
        return await self.api.call("POST", path, json=json, headers={"Cookie": ""})

    def html(
        self, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
    ) -> Response:
        """Answer with a page or a part of one."""
        body = self.site.templates.get_template(template).render(
            web=self, viewer=self.viewer, request=self.request, instance_name=self.site.settings.instance_name, **values
        )
        # What a page shows depends on who asks, so no shared cache may keep it.
        cache = {"Cache-Control": "private, no-cache", "Vary": "Cookie, HX-Request"}
        if self.request.url.path.startswith(SENSITIVE):
            cache["Cache-Control"] = "private, no-store"
        return self.finish(HTMLResponse(body, status, {**self.site.page_headers, **cache, **(headers or {})}))

    def go(self, path: str) -> Response:
        """Send the browser to another page of this site; htmx is told by header, to replace the whole page."""
        # Where one is sent depends on who asks and on what was just done.
        headers = {"Cache-Control": "no-store"}
        if self.is_htmx:
            return self.finish(Response(status_code=204, headers={"HX-Redirect": path, **headers}))
        return self.finish(RedirectResponse(path, SEE_OTHER, headers))

    @property
    def back(self) -> str:
        """The page to come back to: this one, or that from which something was sent."""
        if not self.is_htmx and self.request.method == "GET":
            return self.address
        referer = self.request.headers.get("hx-current-url") or self.request.headers.get("referer") or "/"
        return "/" + referer.split("/", 3)[3] if referer.count("/") > 2 else "/"

    def go_to_login(self) -> Response:
        """Ask the browser to log in and come back."""
        return self.go(f"/login?next={quote(self.back, safe='/')}")

    def go_to_confirm(self) -> Response:
        """Ask for a fresh proof of who this is; what was sent is lost, and the page says so."""
        lost = "" if self.request.method == "GET" else "&lost=1"
        return self.go(f"/confirm?next={quote(self.back, safe='/')}{lost}")

    def finish(self, response: Response) -> Response:
        """Hand the cookies that the API set to the browser."""
        for cookie in self.api.set_cookies:
            response.headers.append("set-cookie", cookie)
        return response


async def open_web(request: Request) -> AsyncIterator[Web]:
    """The dependency of every page."""
    site: Site = request.app.state.site
    cookie = request.cookies.get(site.cookie)
    headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
    # The page and the calls that it makes are found under one number in the logs; bytes stay in this process.
    headers["x-request-id"] = str(request.scope.get("request_id", ""))
    headers["accept-encoding"] = "identity"
    if cookie is not None:
        headers["cookie"] = f"{site.cookie}={cookie}"
    grants = request.cookies.get(GRANTS_COOKIE)
    if grants is not None:
        headers["video-grants"] = grants
    client = request.client
    # The address as the edge found it, and not the headers that it was found by: limits hold for forms, too.
    address = str(request.scope.get("client_address") or (client.host if client else "127.0.0.1"))
    caller = Caller((address, client.port if client else 0), str(request.base_url), headers)
    async with ApiClient(site.api, caller) as api:
        web = Web(request, site, api)
        request.state.web = web
        await web.load_viewer()
        yield web


InWeb = Annotated[Web, Depends(open_web)]


async def together(*calls: Any) -> tuple[Any, ...]:
    """Await several API calls at once."""
    return tuple(await asyncio.gather(*calls))
