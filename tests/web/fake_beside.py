"""A stand-in for the API's routes of captions, chapters and posters of a video."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

TEXT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGood morning.\n"


def track(language: str, label: str, **more: Any) -> dict[str, Any]:
    """One text track."""
    kept = {
        "kind": "captions",
        "is_default": False,
        "automatic": False,
        "cue_count": 1,
        "updated_at": "2026-11-24T12:00:00Z",
    }
    return {"language": language, "label": label, **kept, **more}


def edit(state: str, **more: Any) -> dict[str, Any]:
    """One edit."""
    members = ("start_ms", "end_ms", "ranges", "video_ids", "before", "upload_id", "position", "opacity", "size")
    kept = {
        "id": "edt_00000000000000000000000001",
        "video_id": "vid_00000000000000000000000002",
        "upload_id": "upl_00000000000000000000000001",
        "progress": 1.0,
        "seconds_left": None,
        "operations": [{**dict.fromkeys(members), "kind": kind} for kind in ("cut", "watermark")],
        "duration_ms": 51_000,
        "failure_code": "material_gone" if state == "failed" else None,
        "failure_detail": "Something is not there any more." if state == "failed" else None,
        "can_revert": False,
        "revert_until": "2026-12-24T12:00:00Z" if more else None,
        "created_at": "2026-11-24T12:00:00Z",
        "made_at": None,
        "shown_at": None,
        "reverted_at": None,
    }
    return {**kept, "state": state, **more}


def install(api: FastAPI, *, poster_at_ms: int | None = 18_000) -> list[tuple[str, dict[str, str], bytes]]:
    """Put the routes beside those of the stand-in; what is sent to them is returned as it comes.

    The chosen poster is of a moment of the video, or of its owner's own.
    """
    tracks = [
        track("en", "English", is_default=True),
        track("ar", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", automatic=True),
    ]
    heard: list[tuple[str, dict[str, str], bytes]] = []
    root = "/api/v1/videos/{key}"

    async def listed() -> Any:
        return {"items": tracks, "next_cursor": None}

    async def text() -> Any:
        return PlainTextResponse(TEXT, media_type="text/vtt")

    async def put(language: str, request: Request) -> Any:
        heard.append((language, dict(request.query_params), await request.body()))
        return track(language, language)

    async def automatic() -> Any:
        return {"state": "working", "progress": 0.4, "language": None}

    async def chapters() -> Any:
        found = [{"start_ms": 0, "title": "The way there"}, {"start_ms": 61_000, "title": "The sea"}]
        return {"chapters": found, "source": "owner"}

    async def ideas() -> Any:
        return {"state": "ready", "starts_ms": [0, 12_000]}

    async def posters() -> Any:
        found = [
            {
                "number": number,
                "url": f"/media/x/poster-{number}.jpg",
                "at_ms": poster_at_ms if number == 2 else number * 9_000,
                "thumbhash": "",
                "is_chosen": number == 2,
            }
            for number in (1, 2, 3)
        ]
        return {"items": found, "next_cursor": None}

    async def edits() -> Any:
        return {"items": [edit("applied", can_revert=True), edit("failed"), edit("cancelled")], "next_cursor": None}

    async def begin(request: Request) -> Any:
        heard.append(("edits", {}, await request.body()))
        return edit("queued")

    api.add_api_route(f"{root}/edits", edits)
    api.add_api_route(f"{root}/edits", begin, methods=["POST"], status_code=201)
    api.add_api_route(f"{root}/captions", listed)
    api.add_api_route(f"{root}/captions/automatic", automatic)
    api.add_api_route(f"{root}/captions/{{language}}/file", text)
    api.add_api_route(f"{root}/captions/{{language}}", put, methods=["PUT"])
    api.add_api_route(f"{root}/chapters", chapters)
    api.add_api_route(f"{root}/chapters/ideas", ideas)
    api.add_api_route(f"{root}/posters", posters)
    return heard
