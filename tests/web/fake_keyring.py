"""A stand-in for the API's routes of sessions and tokens: a few of each, and a token that is made."""

from typing import Any

from fastapi import FastAPI, Request

TIMES = {"created_at": "2026-11-20T10:00:00Z", "expires_at": "2026-12-20T10:00:00Z"}
SECRET = "sf_pat_" + "Zk3" * 14 + "a000000"


def session(number: int, device: str, **more: Any) -> dict[str, Any]:
    """One log-in."""
    return {
        "id": f"ses_{number:026}",
        "kind": "cookie",
        "device": device,
        "place": "Berlin, Germany",
        "address": "192.0.2.7",
        **TIMES,
        "last_used_at": "2026-11-24T11:30:00Z",
        "ends_at": "2027-11-20T10:00:00Z",
        "methods": ["pwd", "otp"],
        "current": False,
        **more,
    }


def token(number: int, name: str, **more: Any) -> dict[str, Any]:
    """One personal token."""
    kept = {"scopes": ["read", "write:videos"], "networks": [], "last_used_at": None}
    return {"id": f"pat_{number:026}", "name": name, **TIMES, **kept, **more}


def install(api: FastAPI) -> None:
    """Put the routes beside those of the stand-in."""
    sessions = [
        session(1, "Firefox on Linux", current=True),
        session(2, "Social Flow on Android", place=None, address="2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", methods=[]),
    ]
    tokens = [
        token(1, "Backup script", networks=["192.0.2.0/24", "2001:db8::/32"], last_used_at="2026-11-24T11:30:00Z"),
        token(2, "averylongnamewithoutanyplacewhereitcouldbebrokenintolinesatall"),
    ]
    scopes = [
        {"name": "read", "sentence": "see what you can see: your account and your private videos"},
        {"name": "write", "sentence": "do everything below in your name"},
        {"name": "write:videos", "sentence": "publish, edit and delete your videos"},
    ]

    async def list_sessions() -> Any:
        return {"items": sessions, "next_cursor": None}

    async def list_tokens() -> Any:
        return {"items": tokens, "next_cursor": "more"}

    async def options() -> Any:
        return {"scopes": scopes, "longest_days": 365}

    async def create(request: Request) -> Any:
        return {**token(3, (await request.json())["name"]), "token": SECRET}

    api.add_api_route("/api/v1/me/sessions", list_sessions)
    api.add_api_route("/api/v1/me/tokens", list_tokens)
    api.add_api_route("/api/v1/me/token-options", options)
    api.add_api_route("/api/v1/me/tokens", create, methods=["POST"])
