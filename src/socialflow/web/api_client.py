"""The web app's only way to data: the public API, called in process as the viewer.

Pages never touch domains or tables, so what a person may see in a page is decided by the same code,
limits and rules as in every other client.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import httpx2
from starlette.types import ASGIApp

PREFIX = "/api/v1"
MARKS = ("liked", "disliked", "followed", "saved")
Json: TypeAlias = dict[str, Any]
TIMEOUT_SECONDS = 30.0
# Of headers, as servers read them.
LETTERS = "latin-1"
# What a validator says to programs, for people; the hint at the field says what is wanted.
PLAIN = {
    "missing": "This is needed.",
    "string_pattern_mismatch": "This does not look as it should.",
    "string_too_short": "This is too short.",
    "string_too_long": "This is too long.",
}


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault in what was sent: which field, which code, and a sentence."""

    pointer: str
    code: str
    detail: str

    @property
    def field(self) -> str:
        """Name of the form field: the last step of the JSON pointer."""
        return self.pointer.rsplit("/", 1)[-1]


class ApiProblem(Exception):
    """The API said no (RFC 9457)."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.code = str(body.get("code") or "error")
        self.title = str(body.get("title") or "")
        self.detail = str(body.get("detail") or self.title or "Something went wrong.")
        self.request_id = body.get("request_id")
        self.retry_after = body.get("retry_after") or (headers or {}).get("retry-after")
        # Members beyond RFC 9457's: what a client needs in order to go on.
        self.more = dict(body)
        self.faults = tuple(
            FieldFault(str(item.get("pointer", "")), str(item.get("code", "")), str(item.get("detail", "")))
            for item in body.get("errors") or ()
        )
        super().__init__(f"{status} {self.code}: {self.detail}")

    def by_field(self) -> dict[str, str]:
        """Sentences by form field, for messages beside the inputs."""
        return {fault.field: PLAIN.get(fault.code, fault.detail) for fault in self.faults}


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom the API is called: what of the browser's request travels on."""

    address: tuple[str, int]
    base_url: str
    headers: Mapping[str, str]


class ApiClient:
    """One request's calls to the API; `set_cookies` collects what the browser must be told."""

    def __init__(self, app: ASGIApp, caller: Caller) -> None:
        self._http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=caller.address),
            base_url=caller.base_url,
            headers=_raw(caller.headers),
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )
        self._http.headers.encoding = LETTERS
        self.set_cookies: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int | None] | None = None,
        json: Json | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Call one operation and return its JSON object ({} for 204); raises ApiProblem."""
        kept = {key: value for key, value in (params or {}).items() if value is not None}
        # A channel that bears another handle now is read where it is.
        follows = method == "GET"
        answer = await self._http.request(
            method,
            PREFIX + path,
            params=kept,
            json=json,
            content=content,
            headers=_raw(headers or {}),
            follow_redirects=follows,
        )
        self.set_cookies.extend(answer.headers.get_list("set-cookie"))
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            raise _problem(answer)
        if answer.status_code == httpx2.codes.NO_CONTENT or not answer.content:
            return {}
        body: Json = answer.json()
        return body

    def forget_session(self, cookie: str) -> None:
        """Go on without the session that the browser sent, and tell the browser to drop it."""
        self._http.headers.pop("cookie", None)
        secure = "; Secure" if cookie.startswith("__Host-") else ""
        self.set_cookies.append(f"{cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}")

    async def get(self, path: str, **params: str | int | None) -> Json:
        """Read one resource."""
        return await self.call("GET", path, params=params)

    async def lacks(self, path: str) -> bool:
        """Whether there is nothing at this address that the viewer may see."""
        try:
            await self.get(path)
        except ApiProblem as problem:
            return problem.status == httpx2.codes.NOT_FOUND
        return False

    async def text(self, path: str) -> str:
        """Read one file of text."""
        answer = await self._http.get(PREFIX + path)
        if answer.status_code >= httpx2.codes.BAD_REQUEST:
            raise _problem(answer)
        return str(answer.text)

    async def marks(self, subject_ids: Sequence[str]) -> dict[str, set[str]]:
        """Which of these the viewer likes, dislikes, follows or has saved; failing to tell takes no page away."""
        if not subject_ids:
            return {mark: set() for mark in MARKS}
        try:
            body = await self.get("/me/marks", subject_ids=",".join(subject_ids))
        except ApiProblem:
            return {mark: set() for mark in MARKS}
        return {mark: set(body.get(mark, ())) for mark in MARKS}


def _raw(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """Headers as bytes: browsers and forms send more than ASCII, and the API is to refuse it, not this client."""
    return {name.encode(): value.encode(LETTERS, "replace") for name, value in headers.items()}


def _problem(answer: httpx2.Response) -> ApiProblem:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    return ApiProblem(answer.status_code, body if isinstance(body, dict) else {}, answer.headers)
