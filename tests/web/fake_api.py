"""A stand-in for the public API: its shapes, a few people and videos in memory, and nothing behind it.

The browser stories run against the real API; this one lets page tests be quick and ask for states
(a failed video, a full second page, a refusal) that are slow to bring about for real.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from tests.web import fake_watching
from tests.web.fake_files import files_of_video, instance, no_pins
from tests.web.fake_talk import comment, suggested

COOKIE = "sf_session"
SECRET = "ada-session"
CSRF = "csrf-of-ada"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = "2027-01-31T17:30:00Z"
PAGE = 24
CARD = ("id", "handle", "display_name", "avatar_url", "verified")


class Refused(Exception):
    """Answers with a problem document."""

    def __init__(self, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        self.status, self.code, self.detail, self.errors = status, code, detail, errors
        super().__init__(detail)


def channel(number: int, handle: str, name: str, **more: Any) -> dict[str, Any]:
    """A public profile."""
    profile = {
        "id": f"chn_{number:026}",
        "handle": handle,
        "display_name": name,
        **dict.fromkeys(("verified", "is_private"), False),
        "bio": "",
        "links": [],
        **dict.fromkeys(("avatar_url", "avatar_thumbhash", "banner")),
        **dict.fromkeys(("follower_count", "following_count", "video_count"), 0),
        "created_at": "2026-01-02T03:04:05Z",
    }
    return profile | more


def playback(video_id: str, **more: Any) -> dict[str, Any]:
    """Addresses of a playable video."""
    found = {
        "hls_url": f"/media/{video_id}/master.m3u8",
        "dash_url": f"/media/{video_id}/manifest.mpd",
        "poster": f"/media/{video_id}/poster.jpg",
        "thumbhash": "1QcSHQRnh493V4dIh4eXh1h4kJUI",
        "width": 1280,
        "height": 720,
        "duration_ms": 30_000,
        "captions": [],
        **dict.fromkeys(("chapters", "preview", "waveform", "protection")),
        "storyboard": f"/media/{video_id}/storyboard.vtt",
        "expires_at": None,
        "cache_key": video_id,
    }
    return found | more


def video(number: int, owner: dict[str, Any], title: str, **more: Any) -> dict[str, Any]:
    """A video of a channel; ready and public unless said otherwise."""
    identity = f"vid_{number:026}"
    made = (NOW - timedelta(hours=number * 5)).isoformat().replace("+00:00", "Z")
    found = {
        "id": identity,
        "title": title,
        "description": "",
        "tags": [],
        "visibility": "public",
        "mark": "none",
        "restriction": None,
        "state": "ready",
        "progress": 1.0,
        "failure": None,
        "allow_download": False,
        "embed_domains": None,
        "embeddable_on": None,
        "channel": {key: owner[key] for key in CARD},
        **dict.fromkeys(("view_count", "like_count", "comment_count"), 0),
        "duration_ms": 30_000,
        "created_at": made,
        "published_at": made,
        "publish_at": None,
        "playback": playback(identity),
        "permissions": None,
    }
    return found | more


@dataclass
class World:
    """Everything the stand-in knows; tests change it freely."""

    channels: list[dict[str, Any]] = field(default_factory=list)
    videos: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    liked: set[str] = field(default_factory=set)
    followed: set[str] = field(default_factory=set)
    calls: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    refuse: dict[tuple[str, str], Refused] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)


def small_world() -> World:
    """Ada, who is logged in, and Grace, whom she may follow."""
    ada = channel(1, "ada", "Ada Lovelace", bio="Engines, analytically.\nhttps://example.org/ada", follower_count=1234)
    grace = channel(2, "grace", "Grace <Hopper>", follower_count=1)
    world = World(channels=[ada, grace])
    world.account = {
        "id": "acc_00000000000000000000000001",
        "handle": "ada",
        "display_name": "Ada Lovelace",
        "email": "ada@example.org",
        "email_verified": False,
        "pending_email": "ada@lovelace.example",
        "language": "de-CH",
        "has_password": True,
        "role": "user",
        "channel_id": ada["id"],
        "created_at": "2026-01-02T03:04:05Z",
    }
    world.videos = [
        video(1, grace, "Moths & <b>relays</b>", description="See https://example.org/moth?a=1&b=2.", tags=["relays"]),
        video(2, ada, "Notes on the engine", visibility="unlisted"),
        video(3, ada, "Half done", state="processing", progress=0.4, playback=None, duration_ms=None),
        video(
            4,
            ada,
            "Broken",
            state="failed",
            failure={"code": "corrupt", "detail": "The file is damaged."},
            playback=None,
        ),
        video(5, ada, "Not yet", published_at=None, publish_at=LATER),
    ]
    world.comments = [
        comment(1, world.videos[0]["id"], grace, "First <i>words</i>", reply_count=1, like_count=2),
        comment(2, world.videos[0]["id"], ada, "My own words"),
        comment(3, world.videos[0]["id"], ada, "An answer", parent_id="cmt_00000000000000000000000001"),
    ]
    return world


def make(world: World) -> FastAPI:
    """The stand-in as an application; the web app is mounted on it as on the real one."""
    api = FastAPI(openapi_url=None)
    api.state.world = world

    async def refused(_: Request, problem: Exception) -> Response:
        assert isinstance(problem, Refused)
        body = {"status": problem.status, "code": problem.code, "detail": problem.detail, "request_id": "req_test"}
        if problem.errors:
            body["errors"] = problem.errors
        return JSONResponse(body, problem.status, media_type="application/problem+json")

    api.add_exception_handler(Refused, refused)
    api.state.watching = fake_watching.install(api)
    api.include_router(Routes(world).router(), prefix="/api/v1")
    return api


class Routes:
    """The part of the API that pages use; a method for each operation."""

    def __init__(self, world: World) -> None:
        self.world = world

    def router(self) -> APIRouter:
        router = APIRouter()
        for methods, path, endpoint, status in (
            ("GET", "/auth/session", self.session, 200),
            ("POST", "/auth/login", self.enter, 200),
            ("POST", "/auth/register", self.enter, 201),
            ("POST", "/auth/logout", self.leave, 204),
            ("POST", "/auth/verify-email", self.use, 204),
            ("POST", "/auth/email-change/confirm", self.use, 204),
            ("POST", "/auth/email-change/undo", self.use, 204),
            ("POST", "/auth/password-reset", self.use, 202),
            ("POST", "/auth/password-reset/confirm", self.use, 204),
            ("POST", "/me/password", self.change_own, 200),
            ("POST", "/me/email", self.change_own, 202),
            ("DELETE", "/me/email/pending", self.change_own, 204),
            ("POST", "/me/email/verification", self.change_own, 202),
            ("PATCH", "/me", self.change_own, 200),
            ("GET", "/channels/{key}", self.one_channel, 200),
            ("GET", "/channels/{key}/pins", no_pins, 200),
            ("PATCH", "/channels/{key}", self.change_channel, 200),
            ("GET", "/videos", self.videos, 200),
            ("GET", "/videos/{key}", self.one_video, 200),
            ("GET", "/videos/{key}/source", files_of_video, 200),
            ("PATCH", "/videos/{key}", self.change_video, 200),
            ("DELETE", "/videos/{key}", self.drop_video, 204),
            ("GET", "/feed/following", self.feed, 200),
            ("GET", "/me/suggestions", self.suggestions, 200),
            ("GET", "/channels/{key}/following", self.follows, 200),
            ("GET", "/me/marks", self.marks, 200),
            ("GET", "/me/relations", self.relations, 200),
            ("GET", "/me/data", self.held, 200),
            ("GET", "/me/exports", self.exports, 200),
            ("PUT DELETE", "/likes/{key}", self.like, 200),
            ("PUT DELETE", "/follows/{key}", self.follow, 200),
            ("GET", "/comments", self.comments, 200),
            ("POST", "/comments", self.say, 201),
            ("PATCH", "/comments/{key}", self.reword, 200),
            ("DELETE", "/comments/{key}", self.unsay, 204),
            ("GET", "/uploads/limits", self.limits, 200),
            ("GET", "/instance", instance, 200),
        ):
            router.add_api_route(path, endpoint, methods=methods.split(), status_code=status, response_model=None)
        return router

    def need(self, request: Request) -> None:
        if request.cookies.get(COOKIE) != SECRET:
            raise Refused(401, "unauthorized", "Log in first, or again.")
        if request.method != "GET" and request.headers.get("x-csrf-token") != CSRF:
            raise Refused(403, "csrf_failed", "This request did not come from a page of ours.")

    async def held(self, request: Request) -> Any:
        self.need(request)
        kinds = (("account", 1, None), ("comments", 2, None), ("uploads", 3, 123_456_789))
        about = {"level": "personal", "kept": "until the account is erased"}
        found = [{"kind": kind, "count": number, "bytes": size, **about} for kind, number, size in kinds]
        return {"items": found, "next_cursor": None}

    async def suggestions(self, request: Request) -> Any:
        self.need(request)
        return self.listed(suggested(self.world.channels[1:], self.world.followed), request)

    async def follows(self, request: Request) -> Any:
        known = [{"channel": each} for each in self.world.channels if each["id"] in self.world.followed]
        return self.listed(known, request)

    async def exports(self, request: Request) -> Any:
        self.need(request)
        times = {"created_at": "2026-11-20T08:00:00Z", "ready_at": None, "expires_at": "2026-11-27T08:00:00Z"}
        states = (("running", 0.4, None), ("ready", 1.0, 123_456_789), ("failed", 0.0, None), ("expired", 1.0, 5))
        found = [
            {"id": f"exp_{number:026}", "state": state, "progress": progress, "size": size, **times}
            for number, (state, progress, size) in enumerate(states)
        ]
        return {"items": found, "next_cursor": None}

    async def note(self, request: Request) -> Any:
        body = await request.json() if await request.body() else None
        path = request.url.path.removeprefix("/api/v1")
        self.world.calls.append((request.method, path, dict(request.query_params), body))
        if problem := self.world.refuse.get((request.method, path)):
            raise problem
        return body

    def listed(self, items: list[dict[str, Any]], request: Request) -> dict[str, Any]:
        limit, start = int(request.query_params.get("limit", PAGE)), int(request.query_params.get("cursor", 0))
        end = start + limit
        return {"items": items[start:end], "next_cursor": str(end) if end < len(items) else None}

    def found(self, items: list[dict[str, Any]], key: str) -> dict[str, Any]:
        for item in items:
            if key in {item["id"], f"@{item.get('handle')}"}:
                return item
        raise Refused(404, "not_found", "There is nothing here that you may see.")

    async def session(self, request: Request) -> Any:
        self.need(request)
        return {"id": "ses_1", "user": self.world.account, "csrf_token": CSRF}

    async def enter(self, request: Request) -> Any:
        body = await self.note(request)
        assert request.headers["x-session"] == "cookie"
        assert not request.cookies
        if body["password"] != "correct horse":
            raise Refused(401, "wrong_credentials", "That is not the right password for this name.")
        answer = JSONResponse({"user": self.world.account, "csrf_token": CSRF})
        answer.set_cookie(COOKIE, SECRET, httponly=True, samesite="lax")
        return answer

    async def leave(self, request: Request) -> Any:
        self.need(request)
        await self.note(request)
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE)
        return answer

    async def use(self, request: Request) -> Response:
        """What is done in nobody's name."""
        assert not request.cookies
        await self.note(request)
        return Response(status_code=204)

    async def change_own(self, request: Request) -> Response:
        self.need(request)
        await self.note(request)
        return Response(status_code=204)

    async def one_channel(self, key: str) -> Any:
        return self.found(self.world.channels, key)

    async def change_channel(self, key: str, request: Request) -> Any:
        self.need(request)
        body = await self.note(request)
        self.found(self.world.channels, key).update({k: v for k, v in body.items() if not k.endswith("_upload_id")})
        return self.found(self.world.channels, key)

    async def videos(self, request: Request) -> Any:
        await self.note(request)
        query = request.query_params
        items = [v for v in self.world.videos if v["visibility"] == "public" and v["state"] == "ready"]
        items = [v for v in items if not v["publish_at"]]
        if query.get("mine"):
            self.need(request)
            items = [v for v in self.world.videos if v["channel"]["handle"] == "ada"]
        items = [v for v in items if query.get("channel_id") in {None, v["channel"]["id"]}]
        items = [v for v in items if query.get("tag") is None or query["tag"] in v["tags"]]
        return self.listed(items, request)

    async def one_video(self, key: str, request: Request) -> Any:
        found = self.found(self.world.videos, key)
        own = request.cookies.get(COOKIE) == SECRET and found["channel"]["handle"] == "ada"
        return found | {"permissions": {"edit": own, "delete": own, "download": own or found["allow_download"]}}

    async def change_video(self, key: str, request: Request) -> Any:
        self.need(request)
        self.found(self.world.videos, key).update(await self.note(request))
        return self.found(self.world.videos, key)

    async def drop_video(self, key: str, request: Request) -> None:
        self.need(request)
        await self.note(request)
        self.world.videos.remove(self.found(self.world.videos, key))

    async def feed(self, request: Request) -> Any:
        self.need(request)
        followed = self.world.followed
        items = [v for v in self.world.videos if v["channel"]["id"] in followed and v["visibility"] == "public"]
        return self.listed([{"kind": "video", "reason": "following", "video": v} for v in items], request)

    async def marks(self, request: Request) -> Any:
        self.need(request)
        asked = set(request.query_params["subject_ids"].split(","))
        return {
            "liked": sorted(asked & self.world.liked),
            "disliked": [],
            "followed": sorted(asked & self.world.followed),
        }

    async def relations(self, request: Request) -> Any:
        self.need(request)
        asked = request.query_params["channel_ids"].split(",")
        return {"relations": [{"channel_id": key, "following": key in self.world.followed} for key in asked]}

    async def like(self, key: str, request: Request) -> Any:
        return await self.edge(self.world.liked, key, request)

    async def follow(self, key: str, request: Request) -> Any:
        return await self.edge(self.world.followed, key, request)

    async def edge(self, edges: set[str], key: str, request: Request) -> Any:
        self.need(request)
        await self.note(request)
        (edges.add if request.method == "PUT" else edges.discard)(key)
        return {"subject_id": key, "liked": key in edges, "like_count": 7 + (key in edges)}

    async def comments(self, request: Request) -> Any:
        query = request.query_params
        items = [c for c in self.world.comments if c["parent_id"] == query.get("parent_id")]
        return self.listed([c for c in items if c["subject_id"] == query["subject_id"]], request)

    async def say(self, request: Request) -> Any:
        self.need(request)
        body = await self.note(request)
        new = comment(len(self.world.comments) + 100, body["subject_id"], self.world.channels[0], body["text"])
        new["parent_id"] = body.get("parent_id")
        self.world.comments.insert(0, new)
        return deepcopy(new)

    async def reword(self, key: str, request: Request) -> Any:
        self.need(request)
        body = await self.note(request)
        self.found(self.world.comments, key).update(text=body["text"], edited_at="2026-11-24T12:00:00Z")
        return self.found(self.world.comments, key)

    async def unsay(self, key: str, request: Request) -> None:
        self.need(request)
        await self.note(request)
        self.world.comments.remove(self.found(self.world.comments, key))

    async def limits(self, request: Request) -> Any:
        self.need(request)
        room = {"quota_bytes": 50 * 1024**3, "left_bytes": 50 * 1024**3, "used_bytes": 0}
        sizes = {"max_bytes": 8 * 1024**3, "max_avatar_bytes": 10**7, "piece_bytes": 8 * 1024**2}
        return {**sizes, **room, "imports": True}
