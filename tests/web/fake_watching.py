"""A stand-in for the API's routes of positions, of how a player begins, and of how well videos play."""

from typing import Any

from fastapi import FastAPI, Request, Response

USUAL = {
    "quality": None,
    "speed_percent": 100,
    "captions": "default",
    "autoplay": True,
    "autoplay_next": True,
    "keep_positions": True,
}


class Watching:
    """What it knows; tests change it freely."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = dict(USUAL)
        self.positions: dict[str, int] = {}
        self.reports: list[dict[str, Any]] = []
        self.refuses: dict[str, Any] | None = None


def install(api: FastAPI) -> Watching:
    """Put the routes beside those of the stand-in; what they know is returned."""
    known = Watching()

    async def positions(video_ids: str) -> Any:
        asked = [each for each in video_ids.split(",") if each in known.positions]
        length = {"duration_ms": 30_000, "updated_at": "2026-11-24T12:00:00Z"}
        return {"positions": [{"video_id": each, "position_ms": known.positions[each], **length} for each in asked]}

    async def keep(video_id: str, request: Request) -> Any:
        known.positions[video_id] = (await request.json())["position_ms"]
        return {"video_id": video_id, "position_ms": known.positions[video_id], "duration_ms": 30_000}

    async def forget() -> Response:
        known.positions.clear()
        return Response(status_code=204)

    async def watching() -> Any:
        entries = [
            {"video": video, "position_ms": known.positions[video["id"]], "watched_at": "2026-11-24T12:00:00Z"}
            for video in api.state.world.videos
            if video["id"] in known.positions
        ]
        return {"items": entries, "next_cursor": None}

    async def settings() -> Any:
        return known.settings

    async def change(request: Request) -> Any:
        known.settings |= await request.json()
        return known.settings

    async def report(request: Request) -> Response:
        known.reports += (await request.json())["reports"]
        return Response(status_code=204)

    async def quality() -> Any:
        told = {"startup_ms": 640, "startup_slow_ms": 2_400, "stalled_share": 0.125, "stall_ratio": 0.0042}
        more = {"bitrate_kbps": 2_350, "switches": 1.5, "dropped_frames": 0.25, "failed_share": 0.0}
        errors = [{"code": "fragLoadError", "sessions": 3}]
        return {"since": "2026-10-27T12:00:00Z", "sessions": 48, **told, **more, "errors": errors}

    root = "/api/v1"
    api.add_api_route(f"{root}/me/positions", positions)
    api.add_api_route(f"{root}/me/positions", forget, methods=["DELETE"])
    api.add_api_route(f"{root}/me/positions/{{video_id}}", keep, methods=["PUT"])
    api.add_api_route(f"{root}/me/watching", watching)
    api.add_api_route(f"{root}/me/player", settings)
    api.add_api_route(f"{root}/me/player", change, methods=["PATCH"])
    api.add_api_route(f"{root}/analytics/playback", report, methods=["POST"])
    api.add_api_route(f"{root}/videos/{{key}}/playback-quality", quality)
    return known
