"""What the fake API says of the files of videos, and of itself."""

from typing import Any


async def files_of_video(key: str) -> Any:
    """One file, which is shown."""
    made = "2026-11-01T10:00:00Z"
    line = {
        "upload_id": key.replace("vid_", "upl_"),
        "asset_id": key.replace("vid_", "ast_"),
        "state": "current",
        "failure_code": None,
        "failure_detail": None,
        "created_at": made,
        "shown_at": made,
        "ended_at": None,
    }
    return {"pending": None, "files": [line]}


async def instance() -> Any:
    """What an installation says of itself."""
    return {
        "name": "Social Flow",
        "url": "http://localhost",
        "software": {"name": "Social Flow", "version": "0.1.0"},
        "api_version": "v1",
        "languages": ["en", "de"],
        "features": {"registration": True, "uploads": True, "hls": True, "dash": True},
        "sign_up": {"mode": "open", "minimum_age": 0, "terms_version": None, "terms_url": None},
        "limits": {"max_upload_bytes": 8 * 1024**3, "quota_bytes": 50 * 1024**3, "max_duration_ms": 43_200_000},
    }


async def no_pins(key: str) -> dict[str, Any]:
    """Nothing stands first on any channel's page."""
    del key
    return {"items": [], "next_cursor": None}
